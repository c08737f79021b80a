/* One that was given up is taken after all. What is reserved meanwhile for the same record, or on the same coin, and is not signed yet, is taken back. */
select plan(35);
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;

-- Its record was to go out alone.
select tests.fund(2);
select tests.queue_record('alice', 'a1') is not null;
insert into sent select 'a', tests.send_one();
select is(tests.tell(pg_temp.sent('a'), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64))), 'recorded: conflicted', 'one is given up');
insert into sent select 'again', tests.send_one();
select is(tests.tell(pg_temp.sent('again'), 'fee_too_low'), 'recorded: replaced', 'its record goes out in another one, which pays too little');
select is(tests.coins(), 'unknown 1, dirty 1', 'what is to take the place of that has its coin');
select is(tests.tell(pg_temp.sent('a'), 'accepted'), 'recorded: accepted', 'the first was taken after all');
select is(tests.standing(), 'a1 sent', 'with the record');
select is((select state::text from press.chain_transactions where replaces_id = pg_temp.sent('again')), 'released', 'so there is nothing to be signed');
select is(tests.coins(), 'available 2, spent 1', 'and the coin is free');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- Another record waits for what it was to go out in.
select tests.queue_record('bob', 'b1', '2 hours') is not null;
insert into sent select 'b', tests.send_one();
select is(tests.tell(pg_temp.sent('b'), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64))), 'recorded: conflicted', 'another one is given up');
select tests.queue_record('bob', 'b2', '1 hour') is not null;
insert into sent select 'bundle', tests.send_one(window_ms => 1000);
select is(tests.tell(pg_temp.sent('bundle'), 'rejected'), 'recorded: replaced', 'its record goes out with a second one, and both are refused');
select is(tests.standing(), 'a1 sent, b1 processing, b2 queued waits', 'the first is to go alone, and the second waits');
select is(tests.tell(pg_temp.sent('b'), 'accepted'), 'recorded: accepted', 'the one that was given up was taken after all');
select is(tests.standing(), 'a1 sent, b1 sent, b2 processing', 'the first is sent, and the second goes on');
select is((select count(distinct i.utxo_id) from press_private.chain_inputs i where i.transaction_id >= pg_temp.sent('bundle')), 1::bigint, 'on the coin of the bundle, because that may be out');
select is(tests.store(c), 'stored', 'it is stored') from tests.claim() c;
select tests.tell((select max(id) from press.chain_transactions), 'accepted');
select is(tests.standing(), 'a1 sent, b1 sent, b2 sent', 'and sent');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- Its record was the first of two.
select tests.queue_record('carol', 'c1', '2 hours') is not null;
insert into sent select 'c', tests.send_one();
select is(tests.tell(pg_temp.sent('c'), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64))), 'recorded: conflicted', 'a third one is given up');
select tests.queue_record('carol', 'c2', '1 hour') is not null;
insert into sent select 'both', tests.send_one(window_ms => 1000);
select is((select string_agg(p.nonce, ' ' order by p.output_index) from press.publications p where p.transaction_id = pg_temp.sent('both')), 'c1 c2', 'its record goes out before a second one');
select is(tests.tell(pg_temp.sent('both'), 'fee_too_low'), 'recorded: replaced', 'together they pay too little');
select is(tests.tell(pg_temp.sent('c'), 'accepted'), 'recorded: accepted', 'and it was taken after all');
create temp table rest as select c as given from tests.claim() c;
select results_eq('select p ->> ''id'', (p ->> ''output_index'')::integer from rest, jsonb_array_elements((given).publications) p', 'select id::text, 0 from press.publications where nonce = ''c2''',
  'the second is handed out alone, in the first output');
select is(tests.store(given), 'stored', 'it is stored') from rest;
select is_empty('select * from tests.pool_findings()', 'and is where its row says');
select tests.tell((select max(id) from press.chain_transactions), 'accepted');
select is(tests.standing(), 'a1 sent, b1 sent, b2 sent, c1 sent, c2 sent', 'each is sent once');

-- What has its coin carries a record that was in one that may be out, of which a block has taken the coin.
select tests.fund(1, 5000, 'b');
select tests.queue_record('dora', 'd1') is not null;
insert into sent select 'd', tests.send_one('b');
select is(tests.tell(pg_temp.sent('d'), 'rejected'), 'recorded: rejected', 'a coin comes back from one that was refused');
select tests.fund(1, 1000, 'b');
select tests.queue_record('erin', 'e1') is not null;
insert into sent select 'e', tests.send_one('b');
select tests.tell(pg_temp.sent('e'), 'unknown');
select tests.send_again();
select is(tests.tell(pg_temp.sent('e'), 'fee_too_low'), 'recorded: replaced', 'one that may be out pays too little');
select tests.let_leases_end();
select is(tests.store(c), 'stored', 'what takes its place is stored') from tests.claim(seed => 'b') c;
select is(tests.tell((select max(id) from press.chain_transactions), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64), 'is_final', true)), 'recorded: conflicted', 'and a block has a stranger that spends the coin of both');
select is((select string_agg(i ->> 'satoshis', ' ') from tests.claim(seed => 'b') c, jsonb_array_elements(c.inputs) i), '5000', 'their record has the coin that came back');
select is(tests.tell(pg_temp.sent('d'), 'accepted'), 'recorded: accepted', 'which the refused one has spent after all');
select is(tests.standing(), 'a1 sent, b1 sent, b2 sent, c1 sent, c2 sent, d1 sent, e1 queued', 'the record waits for no block of that, because nothing that it was in can be mined');
select is(tests.store(c), 'stored', 'it goes out') from tests.claim(seed => 'b') c;
select tests.tell((select max(id) from press.chain_transactions), 'accepted');
select is(tests.standing(), 'a1 sent, b1 sent, b2 sent, c1 sent, c2 sent, d1 sent, e1 sent', 'and is sent');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
