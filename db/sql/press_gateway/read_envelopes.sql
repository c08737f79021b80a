/* For clients who wait for the envelope of the ticket that they were just issued: one question for all of them. */
create or replace function press_gateway.read_envelopes(ticket_ids uuid[])
  returns table (ticket_id uuid, envelope text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select t.id, t.envelope from press.tickets t where t.id = any (read_envelopes.ticket_ids) and t.envelope is not null;
end
$$;
comment on function press_gateway.read_envelopes is 'The envelopes of those of the tickets that are signed by now.';
revoke all on function press_gateway.read_envelopes from public;
grant execute on function press_gateway.read_envelopes to press_gateway;
