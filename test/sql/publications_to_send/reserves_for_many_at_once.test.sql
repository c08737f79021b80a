select plan(13);
create temp table claimed (transaction_id bigint, outcome text);
create function pg_temp.pairs() returns text language sql as $$
  select string_agg(p.nonce || ' ' || u.satoshis, ', ' order by p.nonce)
  from press.publications p join press_private.chain_inputs i on i.transaction_id = p.transaction_id and i.is_live join press.utxos u on u.id = i.utxo_id where p.state = 'processing' and p.nonce < 'd' $$;

-- A large record needs 90 satoshis, the small ones 39.
select tests.fund(1, 40), tests.fund(1, 100), tests.fund(1, 300), tests.fund(1, 9000);
select tests.queue_record('alice', nonce, byte_count => bytes) is not null from (values ('a', 100), ('b', 600), ('c', 100)) r (nonce, bytes);
insert into claimed select c.transaction_id, tests.store(c) from tests.claim() c;
select is(pg_temp.pairs(), 'a 40, b 300, c 100', 'each has the smallest coin that suffices and that nobody needs more');
select results_eq('select transaction_id from claimed', 'select id from press.chain_transactions order by id', 'in the order of their turn');
select is((select string_agg(p.nonce, ' ' order by p.transaction_id) from press.publications p), 'a b c', 'which is that of the queue');
select is_empty($$select from claimed c join press.chain_transactions t on t.id = c.transaction_id
  where not exists (
    select from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id join press.publications p on p.transaction_id = i.transaction_id
      cross join lateral press_private.transaction_change(u.satoshis, 1, 1, press_private.publication_output_bytes(p), 100, 1) h (satoshis)
    where i.transaction_id = t.id and (t.fee_satoshis, t.change_satoshis, t.depth, t.has_checkpoint) is not distinct from (u.satoshis - h.satoshis, h.satoshis, u.depth + 1, false))$$, 'priced as one alone is');
select is((select string_agg(outcome, ' ') from claimed), 'stored stored stored', 'and they are what can be signed');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- Not each has one of its own: what is first in turn is paid for first, with several coins where it needs them.
select tests.fund(4, 36, 'd');
select tests.queue_record('alice', nonce, byte_count => bytes) is not null from (values ('d', 600), ('e', 100), ('f', 100)) r (nonce, bytes);
select is((select string_agg(jsonb_array_length(inputs)::text, ' ' order by transaction_id) from tests.claim(seed => 'd')), '4', 'the first takes all that there are');
select is(tests.standing(), 'a processing, b processing, c processing, d processing, e queued(POOL_EMPTY), f queued(POOL_EMPTY)', 'and nobody behind it is served before it');
select is((select count(*) from press.publications where error_code = 'POOL_EMPTY'), 2::bigint, 'they wait for coins');
select tests.let_leases_end();
select press_worker.release_expired();

-- Coins that came back.
select is(press_private.pick_coin_each(tests.wallet('d'), array[150, 150], 100) is not null, true, 'coins that came back unsigned are picked');
select is(press_private.pick_coin_each(tests.wallet('d'), array[150, 150, 150, 150, 150], 100), null, 'five do not find four');
select is(press_private.pick_coin_each(tests.wallet('d'), array[150, 5000], 100), null, 'nor does what is too large for each');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
