select plan(43);
create function pg_temp.split(low integer default 5, target integer default 10, each bigint default 1000, seed text default 'a') returns setof press_private.unsigned_transaction_record language sql as $$
  select * from press_worker.split_to_make(tests.wallet(split.seed), split.low, split.target, split.each, 100, 300) $$;
create temp table made (n integer, claimed press_private.unsigned_transaction_record);
select is_empty('select * from pg_temp.split()', 'an empty pool has nothing to split');
select tests.fund(1, 100000);
select tests.fund(2, 500);
select is_empty('select * from pg_temp.split(3)', 'a pool that is not low is left alone');
insert into made select 1, s from pg_temp.split() s;
select is((select split_count || ' of ' || split_satoshis || ' from ' || (inputs -> 0 ->> 'satoshis') || ', change and fee ' || (change_satoshis + fee_satoshis) from made, lateral (select (claimed).*) c), '7 of 1000 from 100000, change and fee 93000', 'the largest coin is split into as many as are lacking');
select is_empty('select * from pg_temp.split()', 'once at a time');
select throws_ok($$insert into press.chain_transactions (reserved_until, wallet_script, is_split, split_count, split_satoshis, fee_satoshis, fee_satoshis_per_kb, change_satoshis) values (now(), tests.wallet(), true, 1, 1, 0, 0, 0)$$, '23505', null, 'also for who does not look');
select is(tests.store(claimed), 'stored', 'it is signed and stored as any other') from made where n = 1;
select is_empty('select * from pg_temp.split()', 'and the next waits for it');
select is(tests.tell((select max(id) from press.chain_transactions), 'accepted'), 'recorded: accepted', 'it is taken');
select is((select string_agg(c, ', ' order by c) from (select satoshis || ' x' || count(*) as c from press.utxos where state = 'available' group by satoshis) x), '1000 x7, 500 x2, ' || (select (claimed).change_satoshis from made) || ' x1', 'then its parts are coins, and its change');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select is_empty('select * from pg_temp.split()', 'and the pool is not low');
-- as much as there is
insert into made select 2, s from pg_temp.split(11, 1000, 10000) s;
select is((select (claimed).split_count from made where n = 2), 9, 'no more parts than the coin has satoshis for, beside the fee');
select ok((select (claimed).fee_satoshis >= (length(tests.build(claimed)) / 2 + 1) * 0.1 from made where n = 2), 'which is paid');
select is(tests.store(claimed), 'stored', 'stored') from made where n = 2;
select is(tests.tell((select max(id) from press.chain_transactions), 'rejected'), 'recorded: rejected', 'it is refused');
select is(tests.coins(), 'available 10, spent 1', 'the coin is there again');
select is_empty('select * from pg_temp.split(11, 1000, 10000)', 'and nobody tries again at once');
select is_empty('select * from pg_temp.split(11, 1000, 50000)', 'one that cannot be split in two is left alone');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
-- paying too little
select tests.fund(1, 50000, 'b');
insert into made select 3, s from pg_temp.split(5, 10, 1000, 'b') s;
select is(tests.store(claimed), 'stored', 'another wallet''s split') from made where n = 3;
select is(tests.tell((select max(id) from press.chain_transactions), 'fee_too_low'), 'recorded: replaced', 'pays too little');
select tests.let_leases_end();
insert into made select 4, c from tests.claim(seed => 'b') c;
select is((select (c.claimed).split_count || ' ' || ((c.claimed).fee_satoshis > (o.claimed).fee_satoshis) || ' ' || ((c.claimed).inputs = (o.claimed).inputs) from made c, made o where c.n = 4 and o.n = 3), '9 true true', 'it is made again on the same coin, and pays more');
select is(tests.store(claimed), 'stored', 'stored') from made where n = 4;
select is(tests.tell((select max(id) from press.chain_transactions), 'accepted'), 'recorded: accepted', 'and taken');
select is((select count(*) from press.utxos where wallet_script = tests.wallet('b') and satoshis = 1000), 9::bigint, 'its parts are that wallet''s');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
-- what is left of coins that were spent again and again
select tests.fund(40, 99, 'd');
select tests.fund(1, 50000, 'd');
select is((select split_count from pg_temp.split(seed => 'd')), 9, 'coins that do not pay for a kilobyte are none');
select tests.let_leases_end();
select tests.fund(3, 100, 'd');
select is((select split_count from pg_temp.split(seed => 'd')), 6, 'those that do are');
select tests.let_leases_end();
select is_empty('select * from pg_temp.split(each => 99, seed => ''d'')', 'so are those that have as much as each is to have');
select is((select count(*) from press.utxos where wallet_script = tests.wallet('d') and state = 'available'), 44::bigint, 'all are there, for whoever spends several');
-- one that nobody signs
select tests.fund(1, 50000, 'c');
select is((select count(*) from pg_temp.split(seed => 'c')), 1::bigint, 'one is handed out, and never signed');
select tests.let_leases_end();
select is((select split_count || ' from ' || (inputs -> 0 ->> 'satoshis') from pg_temp.split(seed => 'c')), '9 from 50000', 'when its reservation is over, another one is made of its coin');
select throws_ok(format('select press_worker.split_to_make(tests.wallet(), %s)', bad), 'PRINV', null, 'INVALID_INPUT: ' || bad)
from unnest(array['0, 10, 1000, 100, 300', '11, 10, 1000, 100, 300', '5, 10001, 1000, 100, 300', '5, 10, 0, 100, 300', '5, 10, 100000001, 100, 300', 'null, 10, 1000, 100, 300', '5, 10, 1000, -1, 300', '5, 10, 1000, 100, 0']) bad;
select throws_ok('select press_worker.split_to_make(''76'', 5, 10, 1000, 100, 300)', 'PRINV', null, 'INVALID_INPUT for a script that is none');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.split_to_make(tests.wallet(), 5, 10, 1000, 100, 300)', '42501', null, 'nobody but the worker');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select pg_temp.split()', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
