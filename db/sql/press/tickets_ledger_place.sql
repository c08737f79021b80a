create or replace function press.tickets_ledger_place(ticket press.tickets)
  returns bigint
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (press_private.issued_entry(ticket)).place;
end
$$;
comment on function press.tickets_ledger_place is 'The place of the ticket''s ticket.issued in the ledger, from 0; null while it has none.';
revoke all on function press.tickets_ledger_place from public;
grant execute on function press.tickets_ledger_place to press_anonymous, press_holder, press_operator, press_auditor;
