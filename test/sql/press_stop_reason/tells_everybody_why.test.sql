select plan(6);
select tests.as_gateway('press_anonymous');
select is(press.press_stop_reason(), null, 'null while it runs');
select tests.as_login('press_worker');
select is(press_worker.stop_press('Restored from a backup.'), true, 'the worker stops it');
select is(press_worker.stop_press('Another reason.'), false, 'a second stop changes nothing');
select tests.as_gateway('press_anonymous');
select is(press.press_stop_reason(), 'Restored from a backup.', 'everybody is told the first reason');
select tests.as_login('press_worker');
select throws_ok(format('select press_worker.stop_press(%L)', reason), 'PRINV', null, format('INVALID_INPUT for the reason %L', left(reason, 5)))
from unnest(array['', E'two\nlines']) reason;
select * from finish();
