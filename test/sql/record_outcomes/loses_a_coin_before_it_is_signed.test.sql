/* A transaction that is to take the place of one that may be out loses a coin, or what it publishes, to a third one, before anybody has signed it. */
select plan(24);
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;
create function pg_temp.states() returns text language sql as $$ select string_agg(s.name || ' ' || t.state, ', ' order by s.name) from sent s join press.chain_transactions t on t.id = s.id $$;

-- The coin that it was given beside its own is spent by one that was refused, and is taken after all.
select tests.fund(1, 60);
select tests.queue_record('zoe', 'z1') is not null;
insert into sent select 'z', tests.send_one();
select is(tests.tell(pg_temp.sent('z'), 'rejected'), 'recorded: rejected', 'a coin comes back from one that was refused');
select tests.fund(1, 45);
select tests.queue_record('alice', 'a1') is not null;
insert into sent select 'a', tests.send_one();
select tests.tell(pg_temp.sent('a'), 'unknown');
select tests.send_again();
select is(tests.tell(pg_temp.sent('a'), 'fee_too_low'), 'recorded: replaced', 'one that may be out pays too little');
select tests.let_leases_end();
create temp table claimed as select c.transaction_id as id, c.inputs, c as given from tests.claim() c;
select is((select string_agg(i ->> 'satoshis', ', ' order by n) from claimed, jsonb_array_elements(inputs) with ordinality e (i, n)), '45, 60', 'what takes its place gets that coin beside its own');
select is(tests.tell(pg_temp.sent('z'), 'accepted'), 'recorded: accepted', 'and loses it again');
select is(tests.standing(), 'a1 processing, z1 sent', 'its record does not go back to the queue: it may be out');
select is((select string_agg(u.satoshis::text, ', ') from press.publications p join press_private.chain_inputs i using (transaction_id) join press.utxos u on u.id = i.utxo_id where p.nonce = 'a1'), '45', 'but goes on, on the coin that is its own');
select is((select state::text from press.chain_transactions t join claimed c using (id)), 'released', 'in another row');
select is(tests.store(c.given), 'refused', 'whoever has it in hand stores nothing') from claimed c;
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select tests.fund(1, 70);
select is(tests.store(c), 'stored', 'when there is another coin it is signed') from tests.claim() c;
select tests.tell((select max(id) from press.chain_transactions), 'accepted');
select is(tests.standing(), 'a1 sent, z1 sent', 'and sent');
select is(tests.tell(pg_temp.sent('a'), 'accepted'), 'ignored: replaced', 'the first one never can be any more');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- What it publishes is on the chain in an earlier one, that was believed to have lost its coin.
select tests.fund(3, 100000);
select tests.queue_record('bob', 'b1') is not null;
insert into sent select 'b', tests.send_one();
select is(tests.tell(pg_temp.sent('b'), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64))), 'recorded: conflicted', 'one is given up');
select tests.queue_record('bob', 'b2', '1 hour') is not null;
insert into sent select 'both', tests.send_one(window_ms => 1000);
select is(tests.tell(pg_temp.sent('both'), 'fee_too_low'), 'recorded: replaced', 'the next, with another record, pays too little');
select tests.let_leases_end();
truncate claimed;
insert into claimed select c.transaction_id as id, c.inputs, c as given from tests.claim() c;
select is((select jsonb_array_length((given).publications) from claimed), 2, 'what takes its place has both');
select is(tests.tell(pg_temp.sent('b'), 'accepted'), 'recorded: accepted', 'the first was taken after all');
select is((select string_agg(p.nonce || ' ' || p.state, ', ' order by p.nonce) from press.publications p where p.nonce ~ '^b'), 'b1 sent, b2 processing', 'and what it has is taken out of the third');
select is(tests.store(c.given), 'refused', 'which nobody stores as it was') from claimed c;
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select is(tests.store(c), 'stored', 'it is handed out without it') from tests.claim() c;
select is(tests.tell(id, 'accepted'), 'recorded: accepted', 'and taken') from claimed;
select is((select string_agg(p.nonce || ' ' || p.state, ', ' order by p.nonce) from press.publications p where p.nonce ~ '^b'), 'b1 sent, b2 sent', 'each once');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
