/* Who is drawn from is decided by the order of the ledger, where edition.closed has one place for ever: a revocation that comes after it changes
   nothing, whenever it was asked for. To be inlined (it has no SET). */
create or replace function press_private.draw_entries(edition_id integer, closed_place bigint, attempt integer)
  returns setof integer
  language sql stable
begin atomic
  select e.ticket_number from press.ledger_entries e
  where e.edition_id = draw_entries.edition_id and e.type = 'ticket.issued' and e.ticket_number is not null and e.place < draw_entries.closed_place
    and not exists (
      select from press.ledger_entries r
      where r.edition_id = draw_entries.edition_id and r.ticket_number = e.ticket_number and r.type = 'ticket.revoked' and r.place < draw_entries.closed_place)
    and not exists (
      select from press.draws d
      where d.edition_id = draw_entries.edition_id and d.attempt < draw_entries.attempt and d.ticket_number = e.ticket_number)
  order by e.ticket_number;
end;
comment on function press_private.draw_entries is 'The numbers of the tickets that an attempt draws from, in their order: issued and not revoked before the closing, and not the winner of an earlier attempt.';
revoke all on function press_private.draw_entries from public;
