select plan(13);
create temp table publishers as select gen_random_uuid() as a, gen_random_uuid() as b;
grant all on publishers to public;
select tests.as_login('press_worker');
select throws_ok(format('select press_worker.hold_event_stream(%s)', arguments), 'PRINV', null, 'INVALID_INPUT: ' || arguments)
from unnest(array['null, 10', 'gen_random_uuid(), null', 'gen_random_uuid(), 0', 'gen_random_uuid(), 3601']) arguments;
select results_eq('select * from press_worker.event_stream()', 'values (null::uuid, null::timestamptz, null::bigint, null::timestamptz, null::text)', 'nobody sends events yet');
select is(press_worker.hold_event_stream(a, 10), true, 'one begins') from publishers;
select is(press_worker.hold_event_stream(b, 10), false, 'another one waits') from publishers;
select is(press_worker.hold_event_stream(a, 3600), true, 'the first one goes on') from publishers;
select ok(s.publisher = p.a and s.held_until between clock_timestamp() + interval '59 minutes' and clock_timestamp() + interval '1 hour', 'for so long from now')
from press_worker.event_stream() s, publishers p;

select tests.as_superuser();
update press_private.event_stream set held_until = clock_timestamp();
select press_worker.stop_press('A drill.') is not null;
select tests.as_login('press_worker');
select is(publisher, null, 'its lease has run out: nobody sends events') from press_worker.event_stream();
select is(press_worker.hold_event_stream(b, 10), true, 'then another one does, also while the press is stopped') from publishers;
select is(press_worker.hold_event_stream(a, 10), false, 'and the first one waits') from publishers;

-- a claim that lasts longer than any may was made before the clock was set back
select tests.as_superuser();
update press_private.event_stream set held_until = clock_timestamp() + interval '62 minutes';
select is(press_worker.hold_event_stream(a, 10), true, 'a lease that nobody could have is over: the clock was set back') from publishers;
select * from finish();
