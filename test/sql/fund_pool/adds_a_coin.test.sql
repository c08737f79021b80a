select plan(23);
create function pg_temp.fund(txid text default repeat('a', 64), output_index bigint default 1, satoshis bigint default 500, script text default tests.wallet()) returns press.utxos
  language sql as $$ select press.fund_pool(fund.txid, fund.output_index, fund.satoshis, fund.script) $$;
select tests.as_gateway('press_anonymous');
select throws_ok('select pg_temp.fund()', 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select pg_temp.fund()', 'PRDEN', null, 'NOT_ALLOWED: operators only');
select tests.as_gateway('press_operator', 'olga');
select results_eq('select state, txid, output_index, satoshis, wallet_script, depth, funded_by, from_transaction_id from pg_temp.fund()',
  $$values ('available'::press.utxo_state, repeat('a', 64), 1::bigint, 500::bigint, tests.wallet(), 0, 'operator:olga', null::bigint)$$, 'a coin that can be spent, and who said so');
select results_eq('select id, funded_by from pg_temp.fund()', 'select id, funded_by from press.utxos', 'told again, it is the same');
select throws_ok('select pg_temp.fund(satoshis => 501)', 'PRINV', null, 'INVALID_INPUT: it is there with other satoshis');
select throws_ok('select pg_temp.fund(script => tests.wallet(''b''))', 'PRINV', null, 'INVALID_INPUT: or for another wallet');
select isnt((select id from pg_temp.fund(output_index => 0)), (select min(id) from press.utxos), 'another output is another coin');
select tests.as_login(tests.operator_login());
select is((select funded_by from pg_temp.fund(repeat('b', 64))), 'login:' || tests.operator_login(), 'a login that is an operator may, too');
select throws_ok(format('select press.fund_pool(%L, %L, %L, %L)', txid, output_index, satoshis, script), 'PRINV', null, format('INVALID_INPUT for %s, %s, %s, %s', left(txid, 5), output_index, satoshis, left(script, 10)))
from (values (repeat('A', 64), 0, 1, tests.wallet()), ('a', 0, 1, tests.wallet()), (null, 0, 1, tests.wallet()), (repeat('a', 64), -1, 1, tests.wallet()), (repeat('a', 64), 4294967296, 1, tests.wallet()), (repeat('a', 64), null, 1, tests.wallet()),
  (repeat('a', 64), 2, 0, tests.wallet()), (repeat('a', 64), 2, 2100000000000001, tests.wallet()), (repeat('a', 64), 2, null, tests.wallet()), (repeat('a', 64), 2, 1, '76a914'), (repeat('a', 64), 2, 1, null)) bad (txid, output_index, satoshis, script);
-- What the press itself pays to its wallet comes into the pool by itself, or twice.
select tests.as_superuser();
select tests.queue_record('alice', 'a1') is not null;
create temp table sent as select tests.send_one() as id;
create temp table own as select t.txid, t.change_satoshis from press.chain_transactions t join sent s using (id);
select throws_ok('select pg_temp.fund(txid, 1, change_satoshis) from own', 'PRINV', null, 'INVALID_INPUT: the change of a transaction that may never be taken');
select tests.tell(id, 'accepted') from sent;
select is((select state::text from pg_temp.fund((select txid from own), 1, (select change_satoshis from own))), 'available', 'which is there when that was taken');
select is_empty('select * from tests.pool_findings()', 'once');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select pg_temp.fund()', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
