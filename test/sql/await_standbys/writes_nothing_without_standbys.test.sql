/* With synchronous standbys test/crash/standby_away.test.ts has it, and the drill of a failover (drills/failover.ts): the setting is the server's, and a session cannot have another. */
select plan(2);
select tests.as_login('press_worker');
select is(press_worker.await_standbys(), false, 'there are none to wait for');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select press_worker.await_standbys()', '42501', null, 'it is the worker''s');
select * from finish();
