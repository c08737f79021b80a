/* One question for all subscribers of a gateway, whenever the ledger has grown. It reads in proportion to the growth, whatever the subscribers
   hold: "offset 0" keeps the order entry, ticket, holder, each found by its index, and a plan is made for each call, since only an array that is
   known to the planner is hashed. */
create or replace function press_gateway.changed_tickets(first_place bigint, next_place bigint, subjects text[])
  returns table (subject text, ticket_id uuid)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_custom_plan set jit = off as $$
begin
  return query
  select distinct h.subject, t.id
  from press.ledger_entries e
  cross join lateral (
    select t.id, t.holder_id from press.tickets t where t.edition_id = e.edition_id and t.ticket_number = e.ticket_number offset 0) t
  cross join lateral (select h.subject from press.holders h where h.id = t.holder_id offset 0) h
  where e.place >= changed_tickets.first_place and e.place < changed_tickets.next_place and h.subject = any (changed_tickets.subjects);
end
$$;
comment on function press_gateway.changed_tickets is 'The tickets of these holders that the entries from first_place up to but not including next_place are about, each once, with the subject of its holder.';
revoke all on function press_gateway.changed_tickets from public;
grant execute on function press_gateway.changed_tickets to press_gateway;
