select plan(11);
select tests.as_login('press_worker');
select is(press_worker.record_tip(5, repeat('a', 64)), true, 'the first');
select is(press_worker.record_tip(5, repeat('a', 64)), false, 'the same');
select is(press_worker.record_tip(4, repeat('b', 64)), true, 'a lower one counts, too: the chain says what is so');
select tests.as_login('press_auditor');
select results_eq('select height, hash from press_private.chain_tip', $$values (4, repeat('b', 64))$$, 'there is one');
select tests.as_superuser();
select throws_ok(format('select press_worker.record_tip(%L, %L)', height, hash), 'PRINV', null, format('INVALID_INPUT for %L, %L', height, hash))
from (values (-1, repeat('a', 64)), (null, repeat('a', 64)), (1, repeat('A', 64)), (1, 'a'), (1, null)) bad (height, hash);
select tests.as_gateway('press_operator', 'olga');
select throws_ok($$select press_worker.record_tip(1, repeat('a', 64))$$, '42501', null, 'nobody but the worker tells');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select throws_ok($$select press_worker.record_tip(1, repeat('a', 64))$$, 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
