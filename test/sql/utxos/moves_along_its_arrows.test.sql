select plan(27);
select tests.fund(5);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 4) n;
select tests.tell(tests.send_one(), 'missing_inputs');
select tests.send_one() is not null, tests.claim_one() is not null;
select tests.fund(1, 900);
select tests.tell(tests.send_one(), 'accepted');
create temp table coin as select distinct on (state) state, id, transaction_id from press.utxos order by state, id;
select is((select string_agg(state::text, ' ' order by state) from coin), 'available reserved unknown dirty spent', 'one in each state');
create function pg_temp.move(id bigint, state text) returns text language plpgsql as $$
begin
  update press.utxos u set state = move.state::press.utxo_state where u.id = move.id;
  raise exception using errcode = 'P0099';
exception
  when sqlstate 'P0099' or check_violation then return 'moves';
  when sqlstate 'PRDEN' then return 'refused';
end $$;
select is((select string_agg(s::text, ' ' order by s) from unnest(enum_range(null::press.utxo_state)) s where s <> c.state and pg_temp.move(c.id, s::text) = 'moves'), onwards, format('from %s', c.state))
from coin c join (values ('available', 'reserved dirty spent'), ('reserved', 'available unknown dirty spent'), ('unknown', 'available dirty spent'), ('dirty', 'available spent'), ('spent', 'available unknown dirty')) a (state, onwards) on a.state = c.state::text;
select throws_ok(format('update press.utxos set transaction_id = %s where id = %s', (select max(transaction_id) from coin where state = 'spent'), id), 'PRDEN', null, 'a reserved one is not given to another') from coin where state = 'reserved';
select throws_ok(format('insert into press_private.chain_inputs (transaction_id, input_index, utxo_id) select %s, 9, %s', (select transaction_id from coin where state = 'spent'), id), '23505', null, 'no second transaction has it alive') from coin where state = 'reserved';
select throws_ok(format('select press_private.claim_coins(array[%s], array[%s], clock_timestamp())', (select transaction_id from coin where state = 'reserved'), id), '40001', null, format('nobody claims one that is %s', state))
from coin where state <> 'available';
select throws_ok(format('update press.utxos set %s where id = %s', change, id), 'PRDEN', null, format('nobody changes what it is: %s', change))
from coin, unnest(array['txid = repeat(''0'', 64)', 'output_index = 77', 'satoshis = satoshis + 1', 'wallet_script = tests.wallet(''x'')', 'from_transaction_id = (select max(id) from press.chain_transactions), funded_by = null', 'created_at = now()']) change where state = 'available';
select throws_ok(format('update press.utxos set %s where id = %s', change, id), '23514', null, format('a coin is whole: %s', change))
from coin, unnest(array['transaction_id = (select max(id) from press.chain_transactions)', 'dirty_reason = ''x''', 'spent_by_txid = repeat(''0'', 64)', 'reserved_until = now()', 'funded_by = null', 'depth = -1']) change where state = 'available';
select throws_ok('insert into press.utxos (txid, output_index, satoshis, wallet_script, funded_by) select txid, output_index, satoshis, wallet_script, ''x'' from press.utxos', '23505', null, 'an output is one coin');
create temp table stamp as select id, updated_at from press.utxos;
select pg_sleep(0.002);
update press.utxos set depth = depth;
select is_empty('select from press.utxos u join stamp s using (id) where u.updated_at <= s.updated_at', 'every change has its moment');
-- Another transaction has all that are available, whatever their state says.
insert into press_private.chain_inputs (transaction_id, input_index, utxo_id)
select c.transaction_id, 9 + row_number() over (order by u.id), u.id from coin c cross join press.utxos u where c.state = 'reserved' and u.state = 'available';
select throws_ok('select * from tests.claim()', '40001', null, 'who claims one that another transaction has is told to try again');
select * from finish();
