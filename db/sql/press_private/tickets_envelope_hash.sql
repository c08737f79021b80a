create or replace function press_private.tickets_envelope_hash(ticket press.tickets)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(
    press_private.envelope_hash(ticket.envelope),
    (select e.envelope_hash from press_private.erased_envelopes e
     where e.edition_id = ticket.edition_id and e.ticket_number = ticket.ticket_number));
end
$$;
comment on function press_private.tickets_envelope_hash is 'The hash of the ticket''s envelope, also of one that was removed; null while it is pending.';
revoke all on function press_private.tickets_envelope_hash from public;
