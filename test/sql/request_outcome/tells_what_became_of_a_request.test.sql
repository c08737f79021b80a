select plan(9);
select tests.make_edition('raffle', 5, 3);
select press.create_edition('draft', 'A draft', 1) is not null;

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.request_outcome('raffle', gen_random_uuid())$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');

select tests.as_gateway('press_holder', 'alice');
select is_empty($$select press.request_outcome('raffle', '00000000-0000-4000-8000-000000000001')$$, 'nothing before the request');
select count(*) from press.issue_tickets('raffle', 2, '00000000-0000-4000-8000-000000000001');
select results_eq($$select ticket_number from press.request_outcome('raffle', '00000000-0000-4000-8000-000000000001')$$, $$values (1), (2)$$, 'its tickets afterwards, in order');
select throws_ok($$select press.request_outcome('raffle', null)$$, 'PRINV', null, 'INVALID_INPUT without a key');
select throws_ok($$select press.request_outcome('nothing', gen_random_uuid())$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select throws_ok($$select press.request_outcome('draft', gen_random_uuid())$$, 'PRNOE', null, 'EDITION_NOT_FOUND for a draft');

select tests.as_gateway('press_holder', 'bob');
select is_empty($$select press.request_outcome('raffle', '00000000-0000-4000-8000-000000000001')$$, 'another holder''s request is not told');

select tests.as_gateway('press_operator', 'olga');
select count(*) from press.issue_ticket('raffle', '00000000-0000-4000-8000-000000000001', 'carol');
select results_eq($$select ticket_number from press.request_outcome('raffle', '00000000-0000-4000-8000-000000000001')$$, $$values (3)$$, 'an operator is told of their own request');
select is_empty($$select press.request_outcome('draft', gen_random_uuid())$$, 'an operator may ask about a draft');
select * from finish();
