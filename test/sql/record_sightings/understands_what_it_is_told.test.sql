select plan(14);
select throws_ok(format('select press_worker.record_sightings(%L)', bad), 'PRINV', null, 'INVALID_INPUT: ' || coalesce(bad, 'null'))
from unnest(array[null, '{}', '[{}]', '[{"transaction_id":1,"sighting":"somewhere"}]', '[{"transaction_id":1,"sighting":"mined"}]', '[{"transaction_id":1,"sighting":"mined","block_hash":"b","block_height":1}]',
  '[{"transaction_id":"x","sighting":"unseen"}]', '[{"transaction_id":1,"sighting":"unseen","header":"00"}]', '[{"transaction_id":1,"sighting":"unseen","merkle_hashes":["0"]}]',
  '[{"transaction_id":1,"sighting":"conflicted","competing_txid":"C"}]']) bad;
select results_eq($$select * from press_worker.record_sightings('[{"transaction_id":0,"sighting":"unseen"}]')$$, 'values (null::bigint, null::press.chain_transaction_state)', 'what never was has no state');
select tests.fund(1);
select tests.queue_record('alice', 'a1') is not null;
select tests.claim_one() is not null;
select is(tests.see(id, 'mined'), 'reserved', 'what is not stored cannot have been seen') from press.chain_transactions;
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.record_sightings(''[]'')', '42501', null, 'nobody but the worker tells');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select press_worker.record_sightings(''[]'')', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
