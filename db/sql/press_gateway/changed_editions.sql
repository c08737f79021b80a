/* One question for all subscribers of a gateway, whenever the ledger has grown. A plan is made for each: what was right while the ledger was
   small would stay in a session that lives for months. */
create or replace function press_gateway.changed_editions(first_place bigint, next_place bigint)
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_custom_plan set jit = off as $$
begin
  return query
  select distinct e.edition_id from press.ledger_entries e
  where e.place >= changed_editions.first_place and e.place < changed_editions.next_place and e.edition_id is not null;
end
$$;
comment on function press_gateway.changed_editions is 'The ids of the editions that the entries from first_place up to but not including next_place are about, each once.';
revoke all on function press_gateway.changed_editions from public;
grant execute on function press_gateway.changed_editions to press_gateway;
