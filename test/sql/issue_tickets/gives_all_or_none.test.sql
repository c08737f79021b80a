select plan(11);
select tests.make_edition('raffle', 5, 3);

select tests.as_gateway('press_holder', 'alice');
select results_eq($$select ticket_number, holder_slot, request_position from press.issue_tickets('raffle', 2, '00000000-0000-4000-8000-000000000001')$$,
  $$values (1, 1, 1), (2, 2, 2)$$, 'tickets come with consecutive numbers, slots and positions');
select results_eq($$select ticket_number from press.issue_tickets('raffle', 2, '00000000-0000-4000-8000-000000000001')$$, $$values (1), (2)$$, 'a replay gives them all again, in order');
select throws_ok($$select press.issue_tickets('raffle', 2)$$, 'PRLIM', null, 'HOLDER_LIMIT_REACHED: two more are one too many');
select throws_ok($$select press.issue_tickets('raffle', 0)$$, 'PRINV', null, 'INVALID_INPUT for none');
select throws_ok($$select press.issue_tickets('raffle', -1)$$, 'PRINV', null, 'INVALID_INPUT for a negative quantity');
select throws_ok($$select press.issue_tickets('raffle', 1001)$$, 'PRINV', null, 'INVALID_INPUT for more than 1000');
select throws_ok($$select press.issue_tickets('raffle', 2147483647)$$, 'PRINV', null, 'INVALID_INPUT for the largest integer');
select throws_ok($$select press.issue_tickets('raffle', null)$$, 'PRINV', null, 'INVALID_INPUT without a quantity');
select is((select count(*) from press.issue_tickets('raffle', 1)), 1::bigint, 'one is within the limit');

select tests.as_gateway('press_holder', 'bob');
select throws_ok($$select press.issue_tickets('raffle', 3)$$, 'PRCAP', null, 'CAP_REACHED: three are asked for, two remain');
select is((select count(*) from press.issue_tickets('raffle', 2)), 2::bigint, 'two can be had');
select * from finish();
