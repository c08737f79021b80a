select plan(18);
select tests.make_edition('raffle', 5);
select press.issue_ticket('raffle', recipient => who) is not null from unnest(array['alice', 'bob', 'carol']) who;
create temp table claimed (ticket_id uuid, payload text);
grant all on claimed to public;
create function pg_temp.attach(signature text, key_seed text default 'a') returns setof text language sql as $$
  select outcome from press_worker.attach_signatures(tests.key_id(key_seed), array(select ticket_id from claimed), array[attach.signature]) $$;

select tests.as_login('press_worker');
select press_worker.register_signing_key(tests.public_key(seed), 'ticket') is not null from unnest(array['a', 'b']) seed;
insert into claimed select * from press_worker.tickets_to_sign(tests.key_id(), 1, 60);

select throws_ok(format('select pg_temp.attach(%L)', bad), 'PRINV', null, format('INVALID_INPUT for the signature %L', left(bad, 10)))
from unnest(array['', 'abc', repeat('A', 128), repeat('a', 130), null]) bad;
select throws_ok($$select press_worker.attach_signatures(tests.key_id(), array(select ticket_id from claimed), '{}')$$, 'PRINV', null, 'INVALID_INPUT for a missing signature');
select throws_ok($$select press_worker.attach_signatures('0000000000000000', array(select ticket_id from claimed), array[tests.signature('x')])$$, 'PRKEY', null, 'UNKNOWN_KEY');

select results_eq($$select pg_temp.attach(tests.signature('x'), 'b')$$, $$values ('refused')$$, 'a signature under another key than the claim''s is refused');
select results_eq($$select pg_temp.attach(tests.signature('x'))$$, $$values ('attached')$$, 'the first signature is attached');
select results_eq($$select pg_temp.attach(tests.signature('x'))$$, $$values ('repeated')$$, 'the same again is fine');
select results_eq($$select pg_temp.attach(tests.signature('y'))$$, $$values ('refused')$$, 'another is refused');
select results_eq($$select outcome from press_worker.attach_signatures(tests.key_id(), array[gen_random_uuid()], array[tests.signature('x')])$$, $$values ('refused')$$, 'a ticket that does not exist is refused');
select results_eq($$select outcome from press_worker.attach_signatures(tests.key_id(), '{}', '{}')$$, $$select 'x' where false$$, 'an empty batch is fine');

select tests.as_superuser();
select is((select id from press.tickets where status = 'pending' and ticket_number > 1 order by ticket_number limit 1) is not null, true, 'others are still pending');
select results_eq($$select outcome from press_worker.attach_signatures(tests.key_id(), array(select id from press.tickets where status = 'pending'), array[tests.signature('p'), tests.signature('q')])$$,
  $$values ('refused'), ('refused')$$, 'what nobody claimed is not signed');
select is((select array_agg(t.envelope) from press.tickets t where t.status = 'signed'),
  (select array_agg(replace(c.payload, ',"ticket_id"', format(',"signature":"%s","ticket_id"', tests.signature('x')))) from claimed c), 'the envelope is the payload with the signature in its place');
select is((select count(*) from press.tickets where status = 'signed'), 1::bigint, 'one ticket was signed');
create temp table twice as select ticket_id from press_worker.tickets_to_sign(tests.key_id(), 1, 60);
select bag_eq($$select outcome from press_worker.attach_signatures(tests.key_id(), array(select ticket_id from twice, generate_series(1, 2)), array[tests.signature('p'), tests.signature('q')])$$,
  $$values ('attached'), ('refused')$$, 'of two signatures for one ticket in one call, one is attached');
select * from finish();
