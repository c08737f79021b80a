/* The one rule: what was sent goes on to other coins only when a coin of its transaction is known to be spent by another one. */
select plan(53);
create function pg_temp.state_of(id bigint) returns text language sql as $$ select t.state || coalesce(' ' || t.error_code, '') from press.chain_transactions t where t.id = state_of.id $$;
create temp table sent (name text primary key, id bigint);
create function pg_temp.sent(name text) returns bigint language sql as $$ select s.id from sent s where s.name = sent.name $$;
select tests.fund(8);

-- accepted
select tests.queue_record('alice', 'a1') is not null;
insert into sent select 'first', tests.send_one();
select is(tests.standing(), 'a1 processing', 'what is stored is on its way');
select is(tests.coins(), 'available 7, unknown 1', 'and its coin is not free');
select is(tests.tell(pg_temp.sent('first'), 'accepted'), 'recorded: accepted', 'the nodes have it');
select is(tests.standing(), 'a1 sent', 'so it is sent');
select is(tests.coins(), 'available 8, spent 1', 'its coin is spent, and its change a coin');
select results_eq($$select (leaf::jsonb) - 'at' from press_private.ledger_inbox where type = 'publication.sent'$$,
  $$select jsonb_build_object('type', 'publication.sent', 'publication_id', p.id, 'payload_hash', p.payload_hash, 'txid', t.txid) from press.publications p join press.chain_transactions t on t.id = p.transaction_id$$,
  'the ledger tells it');
select is(tests.tell(pg_temp.sent('first'), 'accepted'), 'recorded: accepted', 'told twice');
select is((select count(*) from press_private.ledger_inbox where type = 'publication.sent'), 1::bigint, 'the ledger tells it once');
select is(tests.tell(pg_temp.sent('first'), 'rejected'), 'ignored: accepted', 'an attempt is answered once');

-- unknown, and everything that is said without having looked
select tests.queue_record('alice', 'b1') is not null;
insert into sent select 'second', tests.send_one();
select is(tests.tell(pg_temp.sent('second'), 'unknown'), 'recorded: unknown', 'nobody knows');
select is(tests.standing(), 'a1 sent, b1 unknown', 'and the record says so');
select is(tests.send_again(), 1::bigint, 'it is sent again');
select is(tests.tell(pg_temp.sent('second'), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64))), 'recorded: unknown', 'a competitor in the nodes'' memory is not believed of what may be out');
select is((select competing_txid from press.chain_transactions where id = pg_temp.sent('second')), repeat('c', 64), 'but it is noted');
select tests.send_again();
select is(tests.tell(pg_temp.sent('second'), 'missing_inputs'), 'recorded: unknown', 'nor that its coin is not there');
select tests.send_again();
select is(tests.tell(pg_temp.sent('second'), 'rejected', jsonb_build_object('is_seen', null)), 'recorded: unknown', 'nor a refusal by who could not look');
select tests.send_again();
select is(tests.tell(pg_temp.sent('second'), 'conflict', jsonb_build_object('is_seen', true, 'is_final', true)), 'recorded: unknown', 'nor by who has seen it');
select is(tests.tell(pg_temp.sent('second'), 'conflict', jsonb_build_object('is_final', true)), 'ignored: unknown', 'nor by who has answered before');
select tests.send_again();
select is(tests.tell(pg_temp.sent('second'), 'conflict', jsonb_build_object('is_final', true, 'attempt', 1)), 'ignored: unknown', 'nor by who slept while others tried');
select is(tests.standing(), 'a1 sent, b1 unknown', 'all the time it stays where it is');
select is((select count(distinct raw) from press.chain_transactions where id = pg_temp.sent('second')), 1::bigint, 'as the same bytes');
select is(tests.tell(pg_temp.sent('second'), 'accepted', jsonb_build_object('attempt', 1)), 'recorded: accepted', 'that it was accepted counts whoever says so');
select is(tests.standing(), 'a1 sent, b1 sent', 'also after all that');
select is_empty('select * from tests.pool_findings()', 'and nothing is wrong');

-- a competitor that is itself
select tests.queue_record('alice', 'b2') is not null;
insert into sent select 'itself', tests.send_one();
select is(tests.tell(pg_temp.sent('itself'), 'conflict', jsonb_build_object('is_final', true, 'competing_txid', (select txid from press.chain_transactions where id = pg_temp.sent('itself')))), 'recorded: unknown', 'one that has met itself is not given up');
select is((select may_be_out from press.chain_transactions where id = pg_temp.sent('itself')), true, 'but somebody has it');
select tests.tell(pg_temp.sent('itself'), 'accepted');
delete from sent where name = 'itself';

-- a competitor that is a stranger
select tests.queue_record('alice', 'c1') is not null;
insert into sent select 'third', tests.send_one();
select is(tests.tell(pg_temp.sent('third'), 'conflict', jsonb_build_object('competing_txid', repeat('c', 64), 'detail', '258: txn-mempool-conflict')), 'recorded: conflicted', 'of what nobody can have a competitor is believed at once');
select results_eq('select state, competing_txid, dirty_reason, transaction_id from press.utxos where state = ''dirty''', $$values ('dirty'::press.utxo_state, repeat('c', 64), '258: txn-mempool-conflict', null::bigint)$$, 'the coin is dirty, with who has spent it');
select is(tests.standing(), 'a1 sent, b1 sent, b2 sent, c1 queued', 'the record waits again');
insert into sent select 'fourth', tests.send_one();
select isnt((select txid from press.chain_transactions where id = pg_temp.sent('fourth')), (select txid from press.chain_transactions where id = pg_temp.sent('third')), 'and goes out on another coin');
select is(tests.tell(pg_temp.sent('fourth'), 'unknown'), 'recorded: unknown', 'which nobody answers');
select tests.send_again();
select is(tests.tell(pg_temp.sent('fourth'), 'conflict', jsonb_build_object('competing_txid', repeat('d', 64), 'is_final', true)), 'recorded: conflicted', 'a block has the competitor: then it can never be mined');
select is(tests.standing(), 'a1 sent, b1 sent, b2 sent, c1 queued', 'and the record waits once more');
insert into sent select 'fifth', tests.send_one();
select tests.tell(pg_temp.sent('fifth'), 'accepted');
select is_empty('select * from tests.pool_findings()', 'nothing is lost');

-- a coin that is not there
select tests.queue_record('alice', 'd1') is not null;
insert into sent select 'sixth', tests.send_one();
select is(tests.tell(pg_temp.sent('sixth'), 'missing_inputs'), 'recorded: unknown', 'a coin of a transaction that no block has may only be late');
create temp view parent as select t.* from press.chain_transactions t where t.id = (press_private.unmined_parents(pg_temp.sent('sixth')))[1];
select ok((select retry_at <= clock_timestamp() from parent), 'so that one is sent again');
update press.chain_transactions set retry_at = clock_timestamp() + interval '1 minute' where id = pg_temp.sent('sixth'); -- that it waits is another test's
select bag_eq('select transaction_id from press_worker.transactions_to_send(10, 60)', 'select id from parent', 'before its child');
select tests.tell(id, 'accepted') from parent;
select is(tests.see(id, 'mined'), 'mined', 'a block has it') from parent;
select tests.send_again();
select is(tests.tell(pg_temp.sent('sixth'), 'missing_inputs'), 'recorded: conflicted', 'then a coin that is not there was spent by somebody');
select is(dirty_reason, 'It does not exist, or a transaction of somebody else has spent it.', 'nobody says by whom') from press.utxos where id = (select utxo_id from press_private.chain_inputs where transaction_id = pg_temp.sent('sixth'));
select is_empty('select * from tests.pool_findings()', 'nothing is lost');

-- what cannot be understood
select throws_ok(format('select press_worker.record_outcomes(%L)', bad), 'PRINV', null, 'INVALID_INPUT: ' || coalesce(bad, 'null'))
from unnest(array[null, '{}', '[{}]', '[1]', '[{"transaction_id":1,"attempt":1,"outcome":"lost"}]', '[{"transaction_id":"x","attempt":1,"outcome":"accepted"}]',
  '[{"transaction_id":1,"outcome":"accepted"}]', '[{"transaction_id":1,"attempt":1,"outcome":"conflict","competing_txid":"C"}]']) bad;
select is_empty('select press_worker.record_outcomes(''[]'')', 'no answers change nothing');
select results_eq($$select transaction_id, state, effect from press_worker.record_outcomes('[{"transaction_id":0,"attempt":1,"outcome":"accepted"}]')$$,
  $$values (null::bigint, null::press.chain_transaction_state, 'ignored')$$, 'nor do those to what never was');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.record_outcomes(''[]'')', '42501', null, 'nobody but the worker tells');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select press_worker.record_outcomes(''[]'')', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
