select plan(3);
select tests.make_edition('golden-ticket', 5, 1);
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null;
select is((select press.tickets_ledger_place(t) from press.tickets t), null::bigint, 'nowhere while it is pending');
select tests.sign_pending();
select is((select press.tickets_ledger_place(t) from press.tickets t), null::bigint, 'nowhere while it waits in the inbox');
select press_worker.integrate_ledger(1000) > 0;
select is((select press.tickets_ledger_place(t) from press.tickets t), (select place from press.ledger_entries where type = 'ticket.issued'), 'then where its entry is');
select * from finish();
