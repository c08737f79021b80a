create or replace function press_private.issued_entry(ticket press.tickets)
  returns press.ledger_entries
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_entry  press.ledger_entries;
begin
  select e.* into v_entry from press.ledger_entries e
  where e.edition_id = ticket.edition_id and e.ticket_number = ticket.ticket_number and e.type = 'ticket.issued';
  return v_entry;
end
$$;
comment on function press_private.issued_entry is 'The ticket''s ticket.issued in the ledger; nulls while it has no place there.';
revoke all on function press_private.issued_entry from public;
