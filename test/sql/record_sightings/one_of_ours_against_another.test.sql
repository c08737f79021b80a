/* Two of our own transactions have spent one coin: a refused one that was taken after all, and the one that had its coin then. */
select plan(26);
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;
create function pg_temp.txid(name text) returns text language sql as $$ select t.txid from press.chain_transactions t where t.id = pg_temp.sent(txid.name) $$;
create function pg_temp.states() returns text language sql as $$ select string_agg(s.name || ' ' || t.state, ', ' order by s.name) from sent s join press.chain_transactions t on t.id = s.id $$;
select tests.fund(1, 100);
select tests.queue_record('alice', 'a1') is not null;
insert into sent select 'refused', tests.send_one();
select is(tests.tell(pg_temp.sent('refused'), 'rejected'), 'recorded: rejected', 'it is refused, and nobody else can have it');
select is(tests.coins(), 'available 1', 'so its coin is free');
select tests.queue_record('bob', 'b1') is not null;
insert into sent select 'other', tests.send_one();
select is(tests.tell(pg_temp.sent('other'), 'unknown'), 'recorded: unknown', 'another one spends it, and may be out');
select tests.send_again();
select is(tests.tell(pg_temp.sent('other'), 'conflict', jsonb_build_object('competing_txid', pg_temp.txid('refused'))), 'recorded: unknown', 'its competitor is the first');
select is(pg_temp.states(), 'other unknown, refused accepted', 'which is taken then; the other is not given up before a block says so');
select is(tests.standing(), 'a1 sent, b1 unknown', 'and what it publishes stays with it');
select is_empty('select * from tests.pool_findings()', 'the coin has one transaction all the time');
select is(tests.tell(pg_temp.sent('other'), 'accepted'), 'ignored: unknown', 'of two that are said to be taken the first counts');
select is(pg_temp.states(), 'other unknown, refused accepted', 'and nothing changes');
select is(tests.see(pg_temp.sent('refused'), 'mined'), 'mined', 'a block has one');
select is(pg_temp.states(), 'other conflicted, refused mined', 'so the other can never be mined');
select is(tests.standing(), 'a1 sent, b1 queued', 'and what it publishes goes elsewhere');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- The other way round: the block has the later one.
select tests.fund(1, 50);
insert into sent select 'again', tests.send_one();
select tests.tell(pg_temp.sent('again'), 'unknown');
select is(tests.tell(pg_temp.sent('other'), 'accepted'), 'ignored: conflicted', 'what a block has cannot be contradicted by hearsay');
select is(tests.see(pg_temp.sent('other'), 'mined'), 'mined', 'but by another block');
select is(pg_temp.states(), 'again unknown, other mined, refused conflicted', 'then the first has lost its place');
select is(tests.standing(), 'a1 queued, b1 unknown', 'and its record waits, while the other one has been sent in another as well');
select is(tests.see(pg_temp.sent('again'), 'mined'), 'mined', 'which a block has, too');
select bag_eq('select distinct "check" from tests.pool_findings()', $$values ('a publication stands on the chain once')$$, 'so it is there twice, because two blocks have contradicted each other, and the audit says it');
select results_eq('select "check" from press.invariants() where not is_ok', array['a publication stands on the chain once'], 'whoever watches the press says it too');
select is(press.press_stop_reason(), null, 'and does not stop it: it is of nobody''s doing here');

-- A reservation that has the coin of one that is taken after all.
select tests.fund(1, 55);
select tests.queue_record('carol', 'c1') is not null;
create temp table c1 as select tests.send_one() as id;
select is(tests.tell(id, 'rejected'), 'recorded: rejected', 'refused') from c1;
create temp table claimed as select * from tests.claim();
select is((select count(*) from press.utxos u where u.state = 'reserved' and u.satoshis = 55), 1::bigint, 'its coin is reserved for another');
select is(tests.tell(id, 'accepted'), 'recorded: accepted', 'it is taken after all') from c1;
select is((select t.state from press.chain_transactions t where t.id = c.transaction_id), 'released', 'the reservation is over') from claimed c where c.inputs -> 0 ->> 'satoshis' = '55';
select is((select string_agg(r.outcome, ',') from claimed c, lateral (select tests.build((c.transaction_id, c.epoch, c.wallet_script, c.inputs, c.publications, c.split_count, c.split_satoshis, c.change_satoshis, c.fee_satoshis)::press_private.unsigned_transaction_record) as raw) b,
  press_worker.store_transactions(array[c.transaction_id], array[c.epoch], array[tests.txid(b.raw)], array[b.raw], 60) r where c.inputs -> 0 ->> 'satoshis' = '55'), 'refused', 'and whoever had it stores nothing');
select * from finish();
