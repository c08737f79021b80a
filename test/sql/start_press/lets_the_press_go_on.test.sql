select plan(12);
select tests.make_edition('raffle', 10, 10);
select press_worker.stop_press('Restored from a backup.');

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.start_press('Never mind.')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.start_press('Never mind.')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');
select throws_ok($$select press.issue_ticket('raffle')$$, 'PRSTO', 'PRESS_STOPPED: The press is stopped: nothing is issued, signed or changed.', 'it is still stopped');
select tests.as_gateway('press_operator', 'olga');
select throws_ok(format('select press.start_press(%L)', reason), 'PRINV', null, format('INVALID_INPUT for the reason %L', left(reason, 5)))
from unnest(array['', repeat('x', 501), null]) reason;
select is(press.start_press('It was the standby, and it is complete.'), true, 'an operator starts it');
select is(press.start_press('Once more.'), false, 'a press that runs is left as it is');
select is(press.press_stop_reason(), null, 'nothing stops it any more');
select tests.as_gateway('press_holder', 'alice');
select is((press.issue_ticket('raffle')).ticket_number, 1, 'it issues again');

select tests.as_superuser();
select results_eq('select is_stopped, reason, changed_by from press_private.press_state order by id', $$
  values (true, 'Restored from a backup.', 'login:' || session_user collate "default"), (false, 'It was the standby, and it is complete.', 'operator:olga')$$,
  'who stopped and started it, and why, is kept');
select throws_ok('update press_private.press_state set reason = ''Other''', 'PRDEN', null, 'and does not change, for anybody');
select * from finish();
