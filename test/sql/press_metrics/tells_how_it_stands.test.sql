select plan(12);
create temp view metrics as select * from press_gateway.press_metrics();
grant select on metrics to public;
select tests.as_login('press_gateway');
select results_eq('table metrics', 'values (0::bigint, 0::bigint, null::timestamptz, 0::bigint, null::bigint, null::timestamptz, false, false, null::timestamptz, null::jsonb, null::timestamptz, null::timestamptz, null::timestamptz,
  ''{"I1":0,"I2":0,"I3":0,"I4":0,"I5":0,"I6":0,"I8":0,"I9":0,"I10":0,"I11":0,"I12":0,"I13":0,"I14":0}''::jsonb)', 'a press in which nothing has happened');

select tests.as_superuser();
select tests.make_edition('raffle', 10, 10);
select press.issue_tickets('raffle', 3, recipient => 'alice') is not null;
select is((select inbox_waiting from metrics), 1::bigint, 'the opening has no place yet');
select is((select pending_since from metrics), (select min(issued_at) from press.tickets), 'the oldest ticket that awaits its signature');
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(1, 5) n;
select press_worker.integrate_ledger(3);
select press_worker.hold_event_stream('00000000-0000-4000-8000-000000000001', 60), press_worker.note_event_stream('00000000-0000-4000-8000-000000000001', 4, 'It is full.');
select press_worker.stop_press('A drill.') is not null;
select tests.as_login('press_gateway');
select results_eq('select ledger_size, checkpoint_size, inbox_waiting, stream_size, is_stream_held, is_stopped, pending_since from metrics',
  'values (9::bigint, 6::bigint, 2::bigint, 4::bigint, true, true, null::timestamptz)', 'the opening, three tickets and two keys are published, and three entries have places');
select ok(checkpoint_at between now() and clock_timestamp() and stream_seen_at between checkpoint_at and clock_timestamp(), 'and since when') from metrics;
select tests.as_superuser();
update press_private.event_stream set held_until = clock_timestamp();
select is((select is_stream_held from metrics), false, 'a lease that has run out is none');
delete from press_private.ledger_inbox where id = (select max(id) from press_private.ledger_inbox);
select is((select inbox_waiting from metrics), 1::bigint, 'one entry has no place');

-- The pool, and what waits for it.
select press.start_press('A drill.') is not null;
select tests.fund(3);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 3) n;
select tests.send_one() is not null, tests.claim_one() is not null;
select is((select pool from metrics), '{"available":{"count":1,"satoshis":1000},"reserved":{"count":1,"satoshis":1000},"unknown":{"count":1,"satoshis":1000}}', 'the coins that are not spent');
select is((select publications_queued_since from metrics), (select submitted_at from press.publications where nonce = 'a3'), 'since when the oldest record waits');
select is((select transactions_unknown_since from metrics), (select stored_at from press.chain_transactions where state = 'sending'), 'and since when a transaction was stored whose fate nobody knows');

-- What is promised.
select count(*) > 0 from press.invariants();
select ok(looked_at between now() and clock_timestamp(), 'when somebody looked last') from metrics;
alter table press.holders disable trigger _200_guard_identity;
select count(*) > 0 from press.invariants();
select is((select jsonb_object_agg(key, value) from metrics, jsonb_each(violations) where value <> '0'), '{"I11":1}', 'and what did not hold then');
select * from finish();
