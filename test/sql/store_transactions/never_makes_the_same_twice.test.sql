/* Signatures follow from what is signed: the same coins for the same publications at the same fee are the same bytes, and those were given up. */
select plan(18);
create function pg_temp.fee_of(id bigint) returns bigint language sql as $$ select t.fee_satoshis from press.chain_transactions t where t.id = fee_of.id $$;
select tests.fund(1, 1000);
select tests.queue_record('alice', 'a1') is not null;
create temp table first as select tests.send_one() as id;
select is(tests.tell(id, 'missing_inputs'), 'recorded: conflicted', 'a coin that no node knows yet') from first;
select is((select tests.standing() || '; ' || tests.coins()), 'a1 queued; dirty 1', 'is not spent');
select is((press.release_utxo(u.txid, u.output_index, 'It was late.')).state::text, 'available', 'an operator has seen it') from press.utxos u;
create temp table second as select tests.send_one() as id;
select is(pg_temp.fee_of(s.id), pg_temp.fee_of(f.id) + 1, 'the record goes out on the same coin, for a satoshi more') from first f, second s;
select is(tests.tell(id, 'accepted'), 'recorded: accepted', 'and is taken') from second;
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- One that was refused for its fee, and then lost what it was given beside its coin.
select tests.fund(1, 45), tests.fund(1, 50);
update press.utxos set depth = 20 where state = 'available' and satoshis > 50;
select tests.queue_record('bob', 'b1') is not null;
create temp table poor as select tests.send_one() as id;
select is(tests.tell(id, 'fee_too_low'), 'recorded: replaced', 'too little') from poor;
select tests.let_leases_end();
select is(tests.store(c), 'stored', 'more') from tests.claim() c;
select is(tests.tell(t.id, 'conflict', jsonb_build_object('competing_txid', repeat('c', 64), 'outpoints', array[u.txid || ':' || u.output_index])), 'recorded: conflicted', 'a stranger has spent the coin that it was given')
from press.chain_transactions t, press.utxos u where t.state = 'sending' and u.transaction_id = t.id and u.satoshis = 50;
select tests.let_leases_end();
select is_empty('select * from tests.claim()', 'with its own alone it would be the one that was refused');
select is((select error_code from press.chain_transactions where state = 'reserved'), 'POOL_EMPTY', 'so it waits for another coin');
select tests.fund(1, 60);
select tests.let_leases_end();
select is(tests.store(c), 'stored', 'and goes out with that') from tests.claim() c;
select tests.tell(id, 'accepted') from press.chain_transactions where state = 'sending';
select is(tests.standing(), 'a1 sent, b1 sent', 'it is sent');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- A competitor that is one of ours and has nothing to do with it.
select tests.fund(1, 1000);
select tests.queue_record('carol', 'c1') is not null;
create temp table third as select tests.send_one() as id;
select is(tests.tell(t.id, 'conflict', jsonb_build_object('competing_txid', o.txid)), 'recorded: unknown', 'a competitor of ours that spends no coin of it is none')
from third t, second s join press.chain_transactions o on o.id = s.id;

-- What would be another one's bytes is thrown away alone.
select tests.queue_record('dora', 'd' || n) is not null from generate_series(1, 2) n;
select tests.fund(2, 1000);
create temp table claimed as select c.transaction_id as id, c.epoch, tests.build(c) as raw from tests.claim() c;
select tests.let_leases_end();
select bag_eq($$select r.outcome, r.detail from (select array_agg(c.id) as ids, array_agg(c.epoch) as epochs, array_agg(tests.txid(encode(t.raw, 'hex'))) as txids, array_agg(encode(t.raw, 'hex')) as raws
    from (select (press_private.unsigned_transactions(array(select id from claimed))).*) u join claimed c on c.id = u.transaction_id, press.chain_transactions t join second s on s.id = t.id) g,
  press_worker.store_transactions(g.ids, g.epochs, g.txids, g.raws, 60) r$$, $$values ('refused', null), ('refused', null)$$, 'after the reservation nothing is stored');
update press.chain_transactions set reserved_until = clock_timestamp() + interval '1 minute' where state = 'reserved';
select bag_eq($$select r.outcome, r.detail from (select array_agg(c.id) as ids, array_agg(c.epoch) as epochs,
    array_agg(tests.txid(x.raw)) as txids, array_agg(x.raw) as raws
    from claimed c, lateral (select case when c.id = (select min(id) from claimed) then c.raw else (select encode(t.raw, 'hex') from press.chain_transactions t join second s on s.id = t.id) end as raw) x) g,
  press_worker.store_transactions(g.ids, g.epochs, g.txids, g.raws, 60) r$$, $$values ('stored', null), ('invalid', 'It is another transaction, which was stored before.')$$, 'the other one is stored');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
