select plan(8);
select tests.make_edition('golden-ticket', 5, 1);

select tests.as_gateway('press_holder', 'alice');
select is((press.issue_ticket('golden-ticket')).ticket_number, 1, 'the first ticket has number 1');
select is((select recipient.subject from press.tickets join press.holders recipient on recipient.id = holder_id), 'alice', 'it belongs to the caller');
select is((select issued_by from press.tickets), null, 'it says that its holder issued it');
select is((select status::text from press.tickets), 'pending', 'it awaits its signature');

select tests.as_gateway('press_holder', 'bob');
select is((press.issue_ticket('golden-ticket')).ticket_number, 2, 'the next has number 2');
select is((select count(*) from press.tickets), 1::bigint, 'a holder sees their own tickets only');

select tests.as_superuser();
select is((select array_agg((cap, per_holder_limit)::text order by ticket_number) from press.tickets), array['(5,1)', '(5,1)'], 'tickets carry the terms of their edition');
select is((select bool_and(issued_at = date_trunc('milliseconds', issued_at)) from press.tickets), true, 'the moment of issuing is cut to milliseconds');
select * from finish();
