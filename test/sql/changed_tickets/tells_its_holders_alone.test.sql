select plan(8);
select tests.make_edition('raffle', 10, 10);
select press.issue_tickets('raffle', 2, recipient => 'alice') is not null;
select press.issue_ticket('raffle', recipient => 'bob') is not null;
select press.issue_ticket('raffle', recipient => 'carol') is not null;
select tests.sign_pending();
select press_worker.integrate_ledger(100) > 0;
select press.revoke_ticket(id, 'A mistake.') is not null from press.tickets where ticket_number = 1;
select press_worker.integrate_ledger(100) > 0;
create temp table tickets as
select t.ticket_number, t.id, h.subject, i.place as issued, (select max(place) + 1 from press.ledger_entries) as size
from press.tickets t join press.holders h on h.id = t.holder_id
join press.ledger_entries i on i.type = 'ticket.issued' and i.ticket_number = t.ticket_number;
grant select on tickets to public;

select tests.as_login('press_gateway');
select bag_eq($$select * from press_gateway.changed_tickets(0, 1000, array['alice', 'dora', 'carol'])$$,
  $$select subject, id from tickets where subject in ('alice', 'carol')$$, 'the tickets of those who ask, each once, whatever happened to it');
select bag_eq($$select c.* from tickets t, press_gateway.changed_tickets(t.size - 1, t.size, array['alice', 'bob']) c where t.ticket_number = 1$$,
  'select subject, id from tickets where ticket_number = 1', 'what happened in the range, which its end is not in');
select is_empty($$select c.* from tickets t, press_gateway.changed_tickets(t.issued + 1, t.size, array['carol']) c where t.subject = 'carol'$$, 'nothing has happened to it since');
select bag_eq($$select ticket_id from press_gateway.changed_tickets(0, 1000, array['bob', 'bob', null] || array(select 'holder ' || n from generate_series(1, 1000) n))$$,
  $$select id from tickets where subject = 'bob'$$, 'many ask, one of them twice');
select is_empty($$select press_gateway.changed_tickets(0, 1000, array['Alice', 'alic', ''])$$, 'a subject is exactly that');
select is_empty($$select press_gateway.changed_tickets(0, 1000, '{}')$$, 'nobody asks');
select is_empty('select press_gateway.changed_tickets(0, 1000, null)', 'no list asks for nothing');
select is_empty($$select press_gateway.changed_tickets(null, null, array['alice'])$$, 'no range has no tickets');
select * from finish();
