select plan(14);
create temp table publishers as select gen_random_uuid() as a, gen_random_uuid() as b;
grant all on publishers to public;
select tests.as_login('press_worker');
select throws_ok('select press_worker.note_event_stream(gen_random_uuid(), -1, null)', 'PRINV', null, 'INVALID_INPUT for less than nothing');
select is(press_worker.note_event_stream(a, 7, null), false, 'nobody has a lease') from publishers;
select press_worker.hold_event_stream(a, 60) from publishers;
select is(press_worker.note_event_stream(b, 7, null), false, 'another one has the lease') from publishers;
select is(press_worker.note_event_stream(null, 7, null), false, 'no one is nobody');
select is(stream_size, null, 'nothing was kept') from press_worker.event_stream();
select is(press_worker.note_event_stream(a, null, E'It is\n\x1b[31mfull.'), true, 'the stream could not be seen') from publishers;
select results_eq('select stream_size, seen_at, problem from press_worker.event_stream()', $$values (null::bigint, null::timestamptz, 'It is [31mfull.')$$,
  'the problem is one line for people');
select is(press_worker.note_event_stream(a, 0, null), true, 'it was seen, and is empty') from publishers;
select ok(stream_size = 0 and seen_at >= now() and problem is null, 'its size, when it was, and no problem') from press_worker.event_stream();
create temp table seen as select seen_at from press_worker.event_stream();
select is(press_worker.note_event_stream(a, null, repeat('x', 501)), true, 'it is away') from publishers;
select ok(s.stream_size = 0 and s.seen_at = seen.seen_at and s.problem = repeat('x', 500), 'what was seen stays, with its moment; a problem is kept as long as fits')
from press_worker.event_stream() s, seen;
select is(press_worker.note_event_stream(a, 9, ''), true, 'it is back') from publishers;
select ok(s.stream_size = 9 and s.seen_at > seen.seen_at and s.problem is null, 'and what is seen now is kept') from press_worker.event_stream() s, seen;
select tests.as_superuser();
update press_private.event_stream set held_until = clock_timestamp();
select tests.as_login('press_worker');
select is(press_worker.note_event_stream(a, 10, null), false, 'a lease that has run out is none') from publishers;
select * from finish();
