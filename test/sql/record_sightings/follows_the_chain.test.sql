select plan(33);
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;
create function pg_temp.states() returns text language sql as $$ select string_agg(s.name || ' ' || t.state, ', ' order by s.name) from sent s join press.chain_transactions t on t.id = s.id $$;
create function pg_temp.depths() returns text language sql as $$ select string_agg(s.name || ' ' || t.depth, ', ' order by s.name) from sent s join press.chain_transactions t on t.id = s.id $$;
select tests.fund(1, 100000);
-- A line of three, each spending the change of the one before.
select tests.queue_record('alice', 'a1') is not null;
insert into sent select 'a', tests.send_one();
select tests.tell(pg_temp.sent('a'), 'accepted');
select tests.queue_record('alice', 'a2') is not null;
insert into sent select 'b', tests.send_one();
select tests.tell(pg_temp.sent('b'), 'accepted');
select tests.queue_record('alice', 'a3') is not null;
insert into sent select 'c', tests.send_one();
select is(pg_temp.depths(), 'a 1, b 2, c 3', 'each is as deep as its line is long');
select is(tests.see(pg_temp.sent('a'), 'mined', jsonb_build_object('header', repeat('0', 160), 'merkle_index', 1, 'merkle_hashes', array[repeat('e', 64)])), 'mined', 'a block has the first');
select results_eq('select block_hash, block_height, block_header, merkle_index, merkle_hashes, mined_at is not null from press.chain_transactions where id = pg_temp.sent(''a'')',
  $$values (repeat('b', 64), 100, decode(repeat('0', 160), 'hex'), 1::bigint, array[repeat('e', 64)], true)$$, 'with all that proves it');
select is(pg_temp.depths(), 'a 0, b 1, c 2', 'and the line is shorter');
select tests.see(pg_temp.sent('a'), 'mined');
select is((select merkle_index from press.chain_transactions where id = pg_temp.sent('a')), 1::bigint, 'who sees it again, without the proof, takes none away');
select is(tests.tell(pg_temp.sent('a'), 'accepted'), 'ignored: mined', 'and that nodes have it is no news any more');
select is(tests.see(pg_temp.sent('c'), 'mempool'), 'accepted', 'who sees one that nobody has answered of, has seen that it was taken');
select is(tests.standing(), 'a1 sent, a2 sent, a3 sent', 'all is sent');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- The block loses its place.
select is(tests.see(pg_temp.sent('a'), 'unseen'), 'accepted', 'what no block has any more is as before');
select is(pg_temp.depths(), 'a 1, b 2, c 3', 'and so is the line');
select bag_eq('select transaction_id from press_worker.transactions_to_send(10, 60)', array[pg_temp.sent('a')], 'and is sent again, the same bytes');
select tests.tell(pg_temp.sent('a'), 'accepted');
select is(tests.see(pg_temp.sent('b'), 'unseen'), 'accepted', 'one that the nodes have lost');
select bag_eq('select transaction_id from press_worker.transactions_to_send(10, 60)', array[pg_temp.sent('b')], 'is sent again');
select is(tests.tell(pg_temp.sent('b'), 'rejected'), 'recorded: accepted', 'and what was taken once is not refused any more');
select is(tests.see(pg_temp.sent('b'), 'unknown'), 'accepted', 'who sees nothing changes nothing');
select is((select count(*) from press_private.ledger_inbox where type = 'publication.sent'), 3::bigint, 'the ledger tells each once');

-- A stranger has spent the coin of the first, in a block: the whole line is dead.
select is(tests.see(pg_temp.sent('a'), 'conflicted', jsonb_build_object('competing_txid', repeat('c', 64))), 'accepted', 'a competitor without a block is not believed of what was taken');
select is(tests.standing(), 'a1 sent, a2 sent, a3 sent', 'nothing moves');
select is(tests.see(pg_temp.sent('a'), 'conflicted', jsonb_build_object('competing_txid', repeat('c', 64), 'competing_is_mined', true)), 'conflicted', 'one with a block is');
select is(pg_temp.states(), 'a conflicted, b conflicted, c conflicted', 'and who spends its change can never be mined');
select is(tests.standing(), 'a1 queued, a2 queued, a3 queued', 'what they publish waits again');
select is(tests.coins(), 'dirty 4', 'the coin is somebody else''s, and the changes do not exist');
select is((select string_agg(coalesce(competing_txid, '-'), ',' order by id) from press.utxos), repeat('c', 64) || ',-,-,-', 'of one it is known who has it');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select tests.fund(3, 500);
select is(tests.store(c), 'stored', 'all of it goes out on other coins') from tests.claim() c;
select tests.tell(id, 'accepted') from press.chain_transactions where state = 'sending';
select is(tests.standing(), 'a1 sent, a2 sent, a3 sent', 'and is sent');
select is((select count(*) from press_private.ledger_inbox where type = 'publication.sent'), 6::bigint, 'the ledger tells of the other transactions');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- And then that was not so: the chain has the first after all.
select is(tests.see(pg_temp.sent('a'), 'mined'), 'mined', 'a block has it nevertheless');
select bag_eq('select "check" from tests.pool_findings()', $$values ('a publication stands on the chain once')$$, 'the audit says that one stands there twice: somebody told of a block that there was not');
select * from finish();
