/* What is known and cannot be mended stays known, up to a thousand of a kind; it never hides what is new. */
select plan(5);
select tests.fund(1200);
alter table press.utxos disable trigger user;
update press.utxos set state = 'spent', spent_by_txid = repeat('0', 64);
select count(*) from press.invariants();
select count(*) from press.invariants();
create temp table many as select "check", count(*) from press_private.violations group by 1;
select is((select max(count) from many), 1000::bigint, 'a thousand of a kind are known, and no more');
select isnt(press.press_stop_reason(), null, 'the press is stopped');
select press.start_press('They are known.');
select count(*) from press.invariants();
select is(press.press_stop_reason(), null, 'and not once more for what is known');
update press_private.event_stream set stream_size = 1000000, seen_at = now();
select count(*) from press.invariants();
select matches(press.press_stop_reason(), '^I9 is broken', 'another promise is broken, and the press is stopped for it');
select is((select max(count) from (select count(*) from press_private.violations group by "check") v), 1000::bigint, 'beside those that were known');
select * from finish();
