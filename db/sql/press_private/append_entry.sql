/* What happens is dropped into the inbox by the transaction in which it happens: it is in the ledger if and only if it happened, and nobody
   waits for the ledger's head. What came to be after the commit of something else has a higher id, so the ledger never tells it earlier. */
create or replace function press_private.append_entry(type text, edition_id integer, ticket_number integer, leaf text)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf)
  values (append_entry.type, append_entry.edition_id, append_entry.ticket_number, append_entry.leaf);
end
$$;
comment on function press_private.append_entry is 'Drops an entry into the ledger''s inbox; the integrator gives it a place. The leaf is canonical JSON (RFC 8785).';
revoke all on function press_private.append_entry from public;
