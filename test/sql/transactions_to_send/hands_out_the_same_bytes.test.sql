select plan(22);
select tests.fund(3);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 3) n;
create temp table sent (n integer, id bigint);
insert into sent select 1, tests.send_one();
insert into sent select 2, tests.send_one();
insert into sent select 3, tests.send_one();
select tests.as_login('press_worker');
select is_empty('select * from press_worker.transactions_to_send(10, 60)', 'what somebody is sending is nobody else''s');
select tests.as_superuser();
update press.chain_transactions set retry_at = clock_timestamp() - make_interval(secs => 10 - n) from sent where sent.id = chain_transactions.id and n <= 2;
select results_eq('select transaction_id, attempt, txid, raw, state from press_worker.transactions_to_send(1, 60)', $$select t.id, 2, t.txid, encode(t.raw, 'hex'), 'sending'::press.chain_transaction_state from press.chain_transactions t join sent s on s.id = t.id and s.n = 1$$,
  'what has waited longest, when its time is over, as it was stored');
select is((select may_be_out from press.chain_transactions t join sent s on s.id = t.id and n = 1), true, 'whoever had it and did not answer may have sent it');
select results_eq('select attempt from press_worker.transactions_to_send(10, 60)', 'values (2)', 'then the next');
select is_empty('select * from press_worker.transactions_to_send(10, 60)', 'each once as long as the attempt lasts');
create temp table told as select clock_timestamp() as at;
select is(tests.tell(id, 'conflict'), 'recorded: unknown', 'who answered of a competitor is not believed then') from sent where n = 1;
select is((select retry_at between told.at + '4 s' and clock_timestamp() + '4 s' from told, press.chain_transactions t join sent s on s.id = t.id and n = 1), true, 'it is sent again in four seconds');
update told set at = clock_timestamp();
select tests.send_again(), tests.tell(id, 'unknown') from sent where n = 1;
select is((select retry_at between told.at + '8 s' and clock_timestamp() + '8 s' from told, press.chain_transactions t join sent s on s.id = t.id and n = 1), true, 'then in eight');
update press.chain_transactions t set attempts = 20 from sent s where s.id = t.id and n = 1;
update told set at = clock_timestamp();
select tests.send_again(), tests.tell(id, 'unknown') from sent where n = 1;
select is((select retry_at between told.at + '300 s' and clock_timestamp() + '300 s' from told, press.chain_transactions t join sent s on s.id = t.id and n = 1), true, 'and at last each five minutes');
update press.chain_transactions t set retry_at = clock_timestamp() + interval '1 hour';
select is_empty('select * from press_worker.transactions_to_send(10, 60)', 'or for an hour, the longest attempt');
-- what waits longer than any may was made before the clock was set back
update press.chain_transactions t set retry_at = clock_timestamp() + interval '10 years' from sent s where s.id = t.id;
select bag_eq('select transaction_id from press_worker.transactions_to_send(10, 60)', 'select id from sent', 'and at once when the clock was set back: nothing waits for so long');
-- parents first, and only what is open
select tests.tell(id, 'accepted') from sent;
select is_empty('select * from press_worker.transactions_to_send(10, 60)', 'what was accepted is not sent again');
select tests.queue_record('alice', 'b1') is not null;
insert into sent select 4, tests.send_one();
update press.chain_transactions t set retry_at = clock_timestamp() - make_interval(secs => t.id) where t.state in ('sending', 'accepted');
select results_eq('select transaction_id from press_worker.transactions_to_send(10, 60)', 'select id from sent order by id', 'unless the nodes have lost it; parents before children, whoever waited longer');
select is((select count(distinct raw) from press.chain_transactions), 4::bigint, 'the bytes are what they were');
select throws_ok(format('select press_worker.transactions_to_send(%L, %L)', batch_size, seconds), 'PRINV', null, format('INVALID_INPUT for %L, %L', batch_size, seconds))
from (values (0, 60), (1001, 60), (null, 60), (1, 0), (1, 3601), (1, null)) bad (batch_size, seconds);
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.transactions_to_send(1, 60)', '42501', null, 'nobody but the worker');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok('select press_worker.transactions_to_send(1, 60)', 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
