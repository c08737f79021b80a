/* A bundle that is refused is halved, on the same coins, until what is to blame fails alone. */
select plan(43);
create function pg_temp.tell_latest(outcome text, more jsonb default '{}') returns text language sql as $$ select tests.tell((select max(t.id) from press.chain_transactions t where t.raw is not null), outcome, more) $$;
create function pg_temp.inputs_of(id bigint) returns bigint[] language sql as $$ select array_agg(i.utxo_id order by i.input_index) from press_private.chain_inputs i where i.transaction_id = inputs_of.id $$;
select tests.fund(3, 100000);
select tests.queue_record('alice', 'a' || n, '1 hour') is not null from generate_series(1, 5) n;
create temp table first as select tests.send_one(window_ms => 1000) as id;
select is(tests.standing(), 'a1 processing, a2 processing, a3 processing, a4 processing, a5 processing', 'five in one');
select is(pg_temp.tell_latest('rejected', '{"detail":"no"}'), 'recorded: replaced', 'it is refused');
select is(tests.standing(), 'a1 processing, a2 processing, a3 processing, a4 queued waits, a5 queued waits', 'the first half goes on, the second waits');
select is((select pg_temp.inputs_of(t.id) from press.chain_transactions t where t.replaces_id = f.id), pg_temp.inputs_of(f.id), 'on the same coins') from first f;
select is_empty('select * from tests.pool_findings()', 'nothing is wrong meanwhile');
select results_eq('select jsonb_array_length(publications), epoch from tests.claim(1000)', 'values (3, 2)', 'it is handed out to be signed, and nothing else is');
select is_empty('select * from tests.claim(1000)', 'once, as long as the reservation runs');
select tests.let_leases_end();
select is(press_worker.release_expired(), 0, 'which is never given up');
select is(tests.standing(), 'a1 processing, a2 processing, a3 processing, a4 queued waits, a5 queued waits', 'because what it replaces may be out');
select is(tests.store(c), 'stored', 'it is handed out again') from tests.claim(1000) c;
select is(pg_temp.tell_latest('rejected'), 'recorded: replaced', 'refused again');
select is(tests.standing(), 'a1 processing, a2 processing, a3 queued waits, a4 queued waits, a5 queued waits', 'halved again');
select is(tests.store(c), 'stored', 'stored') from tests.claim(1000) c;
select is(pg_temp.tell_latest('rejected'), 'recorded: replaced', 'and again');
select is(tests.store(c), 'stored', 'stored') from tests.claim(1000) c;
select is(pg_temp.tell_latest('rejected', '{"detail":"a1 is bad"}'), 'recorded: rejected', 'one alone is refused');
select is(tests.standing(), 'a1 failed(BROADCAST_REJECTED), a2 processing, a3 queued waits, a4 queued waits, a5 queued waits', 'it fails, and who waits goes on with its coins, as few at a time');
select is((select error_detail from press.publications where nonce = 'a1'), 'a1 is bad', 'with what was said');
select is(tests.store(c), 'stored', 'stored') from tests.claim(1000) c;
select is(pg_temp.tell_latest('accepted'), 'recorded: accepted', 'the next is taken');
select is(tests.standing(), 'a1 failed(BROADCAST_REJECTED), a2 sent, a3 queued, a4 queued, a5 queued', 'that spent the coin of the first bundle, so the rest is free');
select is((select count(distinct utxo_id) from press_private.chain_inputs), 1::bigint, 'one coin was spent for all of it');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select is(tests.store(c), 'stored', 'then they go out') from tests.claim(1000) c;
select tests.tell(id, 'accepted') from press.chain_transactions where state = 'sending';
select is(tests.standing(), 'a1 failed(BROADCAST_REJECTED), a2 sent, a3 sent, a4 sent, a5 sent', 'only what was to blame has failed');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- The first bundle was taken after all, whatever was said.
select tests.queue_record('bob', 'b' || n, '1 hour') is not null from generate_series(1, 2) n;
create temp table bundle as select tests.send_one(window_ms => 1000) as id;
select is(pg_temp.tell_latest('rejected'), 'recorded: replaced', 'another bundle is refused');
select is(tests.store(c), 'stored', 'its half is stored') from tests.claim(1000) c;
select is(tests.tell((select max(id) from press.chain_transactions), 'conflict', jsonb_build_object('competing_txid', (select txid from press.chain_transactions where id = b.id))), 'recorded: conflicted',
  'the competitor of the half is the whole') from bundle b;
select results_eq('select nonce, state, transaction_id from press.publications where nonce ~ ''^b'' order by 1', 'select nonce, ''sent''::press.publication_state, id from bundle, unnest(array[''b1'', ''b2'']) nonce', 'which is on the chain with all that is in it');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');

-- One that may be out is refused three times before it is believed, and comes back all the same.
select tests.queue_record('carol', 'c1') is not null;
create temp table single as select tests.send_one() as id;
select is(tests.tell(id, 'unknown'), 'recorded: unknown', 'one that may be out') from single;
select tests.send_again();
select is(tests.tell(id, 'rejected', '{"detail":"16: bad"}'), 'recorded: unknown', 'refused once') from single;
select is(t.error_code || ' ' || t.error_detail, 'BROADCAST_REJECTED 16: bad', 'which is noted') from press.chain_transactions t join single s on s.id = t.id;
select ok(t.retry_at < clock_timestamp() + interval '10 s', 'and it is asked for again within seconds, not when the attempt would have been over') from press.chain_transactions t join single s on s.id = t.id;
select tests.send_again();
select is(tests.tell(id, 'rejected'), 'recorded: unknown', 'twice') from single;
select tests.send_again();
select is(tests.tell(id, 'rejected'), 'recorded: rejected', 'three times: nobody has it') from single;
select is((select state || ' ' || error_code from press.publications where nonce = 'c1'), 'failed BROADCAST_REJECTED', 'it has failed');
select is_empty('select * from press.utxos where state in (''reserved'', ''unknown'')', 'its coin is back');
select is(tests.see(id, 'mined'), 'mined', 'then a block has it') from single;
select is((select state from press.publications where nonce = 'c1'), 'sent', 'and what the chain says is true');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
