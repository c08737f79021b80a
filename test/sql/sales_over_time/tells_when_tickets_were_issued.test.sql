select plan(14);
select tests.make_edition('raffle', 1000);
select tests.make_edition('empty', 10);
select press.create_edition('draft', 'A draft', 3) is not null;
select press.issue_tickets('raffle', 100, recipient => 'alice') is not null from generate_series(1, 2);
select press.issue_tickets('raffle', 50, recipient => 'alice') is not null;

select tests.as_gateway('press_anonymous');
select throws_ok($$select * from press.sales_over_time('raffle')$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select * from press.sales_over_time('raffle')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');
select tests.as_gateway('press_operator', 'olga');
select throws_ok(format($$select * from press.sales_over_time('raffle', %L)$$, points), 'PRINV', null, format('INVALID_INPUT for %s points', coalesce(points::text, 'no')))
from unnest(array[0, -1, 1001, null]) points;
select throws_ok($$select * from press.sales_over_time('nothing')$$, 'PRNOE', null, 'EDITION_NOT_FOUND');
select is_empty($$select * from press.sales_over_time('empty')$$, 'where nothing was issued there is nothing to tell');
select is_empty($$select * from press.sales_over_time('draft')$$, 'nor of a draft');

select is((select array_agg(issued_count) from press.sales_over_time('raffle', 5)), array[50, 100, 150, 200, 250], 'even steps, and the last ticket');
select is((select array_agg(issued_count) from press.sales_over_time('raffle', 3)), array[84, 167, 250], 'rounded up where they are not whole');
select is((select count(*) from press.sales_over_time('raffle')), 100::bigint, 'a hundred points unless told otherwise');
select is((select array_agg(issued_count) from press.sales_over_time('raffle', 1000)), array(select generate_series(1, 250)), 'never more than there are tickets');
select results_eq($$select issued_at, issued_count from press.sales_over_time('raffle', 1000)$$, 'select issued_at::timestamptz, ticket_number from press.tickets order by ticket_number', 'each with its moment');
select * from finish();
