/* What the leaves say, and not the columns beside them: for whoever recomputes a draw as anybody can who has the ledger and nothing else. */
create or replace function press_private.told_tickets(edition_id integer, closed_place bigint)
  returns table (number integer, envelope_hash text, is_revoked boolean, is_contradicted boolean)
  language sql stable
begin atomic
  select (i.leaf::jsonb ->> 'ticket_number')::integer, i.leaf::jsonb ->> 'envelope_hash',
    exists (
      select from press.ledger_entries r
      where r.edition_id = told_tickets.edition_id and r.ticket_number = i.ticket_number and r.type = 'ticket.revoked'
        and r.place < told_tickets.closed_place and r.leaf::jsonb ->> 'ticket_number' = i.leaf::jsonb ->> 'ticket_number'),
    exists (
      select from press.ledger_entries r
      where r.edition_id = told_tickets.edition_id and r.ticket_number = i.ticket_number and r.type in ('ticket.redeemed', 'ticket.revoked')
        and r.leaf::jsonb ->> 'ticket_id' is distinct from i.leaf::jsonb ->> 'ticket_id')
  from press.ledger_entries i
  where i.edition_id = told_tickets.edition_id and i.type = 'ticket.issued' and i.ticket_number is not null and i.place < told_tickets.closed_place;
end;
comment on function press_private.told_tickets is 'The tickets that the entries of an edition tell of before its closing; whether they were revoked before it; and whether, at any time, another ticket was revoked or redeemed under their number.';
revoke all on function press_private.told_tickets from public;
