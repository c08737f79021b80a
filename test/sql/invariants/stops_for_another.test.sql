/* What is known and cannot be mended stays known, up to a thousand of a kind; it never hides what is new. */
select plan(6);
select tests.make_edition('many', 1200, 1200);
select press.issue_tickets('many', 100, recipient => 'alice') is not null from generate_series(1, 12) n;
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
select count(*) from (
  select array_agg(ticket_id) as ids, array_agg(tests.signature(ticket_id::text)) as signatures from press_worker.tickets_to_sign(tests.key_id(), 1000, 60)) c,
  press_worker.attach_signatures(tests.key_id(), c.ids, c.signatures);
select count(*) from (
  select array_agg(ticket_id) as ids, array_agg(tests.signature(ticket_id::text)) as signatures from press_worker.tickets_to_sign(tests.key_id(), 1000, 60)) c,
  press_worker.attach_signatures(tests.key_id(), c.ids, c.signatures);
alter table press.tickets disable trigger user;
update press.tickets set status = 'redeemed';
select count(*) from press.invariants();
select count(*) from press.invariants();
create temp table many as select "check", count(*) from press_private.violations group by 1;
select is((select max(count) from many), 1000::bigint, 'a thousand of a kind are known, and no more');
select isnt(press.press_stop_reason(), null, 'the press is stopped');
select press.start_press('They are known.');
select count(*) from press.invariants();
select is(press.press_stop_reason(), null, 'and not once more for what is known');
alter table press.ledger_entries disable trigger user;
select press_private.append_entry('key.activated', null, null, '{"n":1}');
select press_worker.integrate_ledger(1000) > 0;
alter table press.ledger_entries drop constraint ledger_entries_leaf_hash_is_the_leafs;
select count(*) from press.invariants();
select press.start_press('Guards are off.');
update press.ledger_entries set leaf_hash = sha256('') where place = 0;
update press_private.looked_rows set last_number = null where relation = 'press.ledger_entries';
select count(*) from press.invariants();
select is((select count(*) from press_private.violations where "check" = 'the hash of an entry is computed from it'), 1::bigint, 'another promise is broken');
select matches(press.press_stop_reason(), '^I8', 'and the press is stopped for it');
select is((select max(count) from (select count(*) from press_private.violations group by "check") v), 1000::bigint, 'beside those that were known');
select * from finish();
