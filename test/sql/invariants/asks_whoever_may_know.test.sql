select plan(22);
select tests.make_edition('golden-ticket', 3, 2);
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null;

-- Who may ask, and what is written then.
select tests.as_gateway('press_anonymous');
select throws_ok('select * from press.invariants()', 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select * from press.invariants()', 'PRDEN', null, 'NOT_ALLOWED for a holder');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select * from press.invariants(0)', 'PRINV', null, 'INVALID_INPUT: overdue at once');
select throws_ok('select * from press.invariants(null)', 'PRINV', null, 'INVALID_INPUT: overdue never');
select is_empty('select from press.invariants() where not is_ok', 'operators may ask');
select tests.as_login(tests.operator_login());
select is_empty('select from press.invariants(10) where not is_ok', 'so may logins that are operators');
select tests.as_login('press_worker');
select throws_ok('select * from press.invariants()', '42501', null, 'the worker asks otherwise');
select is_empty('select * from press_worker.watch_invariants(600)', 'and hears what is broken only');
select throws_ok('select * from press_worker.watch_invariants(0)', 'PRINV', null, 'INVALID_INPUT: overdue at once, for the worker too');
select throws_ok('select * from press_worker.watch_invariants(null)', 'PRINV', null, 'INVALID_INPUT: overdue never');
select throws_ok('select * from press_worker.watch_invariants(600, -1)', 'PRINV', null, 'INVALID_INPUT: a rest of less than nothing');
select throws_ok('select * from press_worker.watch_invariants(600, null)', 'PRINV', null, 'INVALID_INPUT: a rest of nobody knows how long');
select tests.as_superuser();
select isnt((select looked_at from press_private.last_look), null, 'when somebody looked is known');

-- What is found stays until it is mended, stops the press once, and is told to everybody.
alter table press.editions disable trigger _200_guard_terms;
select tests.as_login('press_worker');
select is_empty('select from press_worker.watch_invariants(600, 3600000)', 'where somebody has looked a moment ago a worker does not');
select results_eq('select invariant, subject, is_stopping from press_worker.watch_invariants(600)', $$values ('I11', 'press.editions', true)$$, 'a worker finds what is broken');
select tests.as_superuser();
select matches(press.press_stop_reason(), '^I11 is broken: .* press.editions: The trigger _200_guard_terms is off', 'and the press is stopped, with what was found for a reason');
select results_eq('select invariant, subject, finding from press.invariants() where not is_ok and found_at between now() and clock_timestamp()', $$values ('I11', 'press.editions', 'The trigger _200_guard_terms is off, or not always on.')$$, 'everybody hears of it');
select ok(press.start_press('It is known.'), 'an operator may start the press all the same');
select is((select count(*) from press.invariants() where not is_ok), 1::bigint, 'it stays known');
select is(press.press_stop_reason(), null, 'and is no reason to stop again');
select tests.as_login('press_gateway');
select is((select violations ->> 'I11' || ' ' || (violations ->> 'I1') from press_gateway.press_metrics()), '1 0', 'the metrics count it');
select tests.as_superuser();
set local transaction_read_only = on;
select tests.as_login('press_auditor');
select is((select count(*) from press.invariants() where not is_ok), 1::bigint, 'an auditor hears of it, in a transaction that is read-only');
select * from finish();
