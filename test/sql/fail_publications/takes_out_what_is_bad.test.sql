select plan(29);
create temp table handed (claimed press_private.unsigned_transaction_record);
create function pg_temp.fail(claimed press_private.unsigned_transaction_record, nonces text[], epoch integer default null) returns setof press_private.unsigned_transaction_record language sql as $$
  select * from press_worker.fail_publications((claimed).transaction_id, coalesce(fail.epoch, (claimed).epoch), array(select coalesce(p.id, gen_random_uuid()) from unnest(nonces) n left join press.publications p on p.nonce = n),
    array(select 'SIGNATURE_INVALID' from unnest(nonces)), array(select 'of ' || n from unnest(nonces) n)) $$;
select tests.fund(1, 1000);
select tests.queue_record('alice', 'a' || n, '1 hour') is not null from generate_series(1, 4) n;
insert into handed select row(c.*)::press_private.unsigned_transaction_record from tests.claim(1000) c;
select is_empty('select f.* from handed h, pg_temp.fail(h.claimed, ''{a1}'', 2) f', 'not under another epoch');
select is(tests.standing(), 'a1 processing, a2 processing, a3 processing, a4 processing', 'then nothing happens');
create temp table left_over as select f.* from handed h, pg_temp.fail(h.claimed, '{a1,a3,none}') f;
select is(tests.standing(), 'a1 failed(SIGNATURE_INVALID), a2 processing, a3 failed(SIGNATURE_INVALID), a4 processing', 'what is bad has failed');
select is((select error_detail from press.publications where nonce = 'a3'), 'of a3', 'with why');
select results_eq('select p ->> ''payload'', (p ->> ''output_index'')::integer from left_over, jsonb_array_elements(publications) p', 'select payload, (case nonce when ''a2'' then 0 else 1 end) from press.publications where state = ''processing'' order by nonce', 'the rest closes ranks');
select ok(l.change_satoshis > (h.claimed).change_satoshis and l.change_satoshis + l.fee_satoshis = 1000, 'and pays less') from left_over l, handed h;
select is(tests.store(row(l.*)::press_private.unsigned_transaction_record), 'stored', 'and is stored as it is now') from left_over l;
select is_empty('select f.* from handed h, pg_temp.fail(h.claimed, ''{a2}'') f', 'what is stored stays');
select is(tests.standing(), 'a1 failed(SIGNATURE_INVALID), a2 processing, a3 failed(SIGNATURE_INVALID), a4 processing', 'nothing happens');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select tests.tell(id, 'accepted') from press.chain_transactions;
-- all of it
select tests.queue_record('alice', 'b1') is not null;
truncate handed;
insert into handed select tests.claim_one();
select is_empty('select f.* from handed h, pg_temp.fail(h.claimed, ''{b1}'') f', 'when nothing is left there is nothing to sign');
select is(tests.coins(), 'available 1, spent 1', 'and the coin is free');
select is((select state from press.chain_transactions order by id desc limit 1), 'released', 'the transaction is given up');
-- of one that replaces another
select tests.queue_record('alice', 'c' || n, '1 hour') is not null from generate_series(1, 3) n;
create temp table bundle as select tests.send_one(window_ms => 1000) as id;
select is(tests.tell(id, 'rejected'), 'recorded: replaced', 'a bundle is refused') from bundle;
truncate handed;
insert into handed select row(c.*)::press_private.unsigned_transaction_record from tests.claim() c;
select is_empty('select f.* from handed h, pg_temp.fail(h.claimed, ''{c1,c2}'') f', 'and all of its half is found bad');
select is((select string_agg(nonce || ' ' || state, ', ' order by nonce) from press.publications where nonce ~ '^c'), 'c1 failed, c2 failed, c3 processing', 'then the other half goes on');
select is((select count(distinct utxo_id) from press_private.chain_inputs i where i.transaction_id >= b.id), 1::bigint, 'on the same coin, because it may be out') from bundle b;
select is(tests.store(c), 'stored', 'and is stored') from tests.claim() c;
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select throws_ok(format('select press_worker.fail_publications(1, 1, array[gen_random_uuid()], %s)', bad), 'PRINV', null, 'INVALID_INPUT: ' || bad)
from unnest(array['null, null', '''{}'', ''{}''', '''{A}'', ''{x}''', '''{bad}'', ''{x}''', '''{null}'', ''{x}''', '''{BAD}'', array[repeat(''x'', 1001)]', '''{BAD}'', array[E''\n'']']) bad;
select lives_ok('select press_worker.fail_publications(1, 1, array[gen_random_uuid()], ''{BAD_ONE}'', ''{null}'')', 'a detail may be missing');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.fail_publications(1, 1, ''{}'', ''{}'', ''{}'')', '42501', null, 'nobody but the worker');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select press_worker.fail_publications(1, 1, ''{}'', ''{}'', ''{}'')', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
