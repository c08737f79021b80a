select plan(15);
select tests.make_edition('raffle', 5);
select press.issue_ticket('raffle', recipient => who) is not null from unnest(array['alice', 'Bob "the builder" \ é 😀', 'carol']) who;
create temp table claimed (ticket_id uuid, payload text);
grant all on claimed to public;

select tests.as_login('press_worker');
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
select throws_ok($$select press_worker.tickets_to_sign('0000000000000000', 10, 60)$$, 'PRKEY', null, 'UNKNOWN_KEY');
select throws_ok($$select press_worker.tickets_to_sign(null, 10, 60)$$, 'PRKEY', null, 'UNKNOWN_KEY without one');
select throws_ok($$select press_worker.tickets_to_sign(tests.key_id(), 0, 60)$$, 'PRINV', null, 'INVALID_INPUT for an empty batch');
select throws_ok($$select press_worker.tickets_to_sign(tests.key_id(), null, 60)$$, 'PRINV', null, 'INVALID_INPUT without a batch size');
select throws_ok($$select press_worker.tickets_to_sign(tests.key_id(), 10, 0)$$, 'PRINV', null, 'INVALID_INPUT for no lease');

insert into claimed select * from press_worker.tickets_to_sign(tests.key_id(), 2, 60);
select is((select count(*) from claimed), 2::bigint, 'a batch is as large as asked for');
insert into claimed select * from press_worker.tickets_to_sign(tests.key_id(), 10, 60);
select is((select count(distinct ticket_id) from claimed), 3::bigint, 'the next gets the rest');
select is_empty($$select press_worker.tickets_to_sign(tests.key_id(), 10, 60)$$, 'then there is nothing left to claim');

select tests.as_superuser();
select is((select array_agg(c.payload order by t.ticket_number) from claimed c join press.tickets t on t.id = c.ticket_id),
  (select array_agg(format('{"edition":"raffle","key_id":"%s","recipient":%s,"ticket_id":"%s","ticket_number":%s,"timestamp":"%s","type":"golden-press/ticket/v1"}',
     tests.key_id(), case h.subject when 'alice' then '"alice"' when 'carol' then '"carol"' else '"Bob \"the builder\" \\ é 😀"' end, t.id, t.ticket_number,
     to_char(t.issued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by t.ticket_number)
   from press.tickets t join press.holders h on h.id = t.holder_id), 'the bytes to sign are the canonical envelope');

set local timezone = 'Asia/Kathmandu';
set local datestyle = 'german';
update press_private.signing_claims set claimed_until = now() - interval '1 second';
select tests.as_login('press_worker');
select bag_eq($$select * from press_worker.tickets_to_sign(tests.key_id(), 10, 60)$$, 'select * from claimed', 'when the lease has run out they are handed out again: the same bytes, in any time zone');

select tests.as_superuser();
update press_private.signing_claims set claimed_until = clock_timestamp() + interval '1 hour';
select is_empty($$select press_worker.tickets_to_sign(tests.key_id(), 10, 60)$$, 'the longest lease holds');
-- a claim that lasts longer than any may was made before the clock was set back
update press_private.signing_claims set claimed_until = clock_timestamp() + interval '10 years';
select bag_eq($$select * from press_worker.tickets_to_sign(tests.key_id(), 10, 60)$$, 'select * from claimed', 'one that no lease could have is over: the clock was set back');
select tests.as_login('press_worker');

select is((select bool_and(outcome = 'attached') from press_worker.attach_signatures(tests.key_id(), array(select ticket_id from claimed), array(select tests.signature('x') from claimed))), true, 'they are signed');
select is_empty($$select press_worker.tickets_to_sign(tests.key_id(), 10, 60)$$, 'what is signed is not handed out');
select tests.as_superuser();
select is_empty('select from press_private.signing_claims', 'and no claim is left');
select * from finish();
