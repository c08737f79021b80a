/* A list is valid for a day, and is made anew after half of it, when a credential was revoked, and when its key was retired. */
create or replace function press_worker.status_lists_to_make()
  returns table (list integer, revoked_indices integer[])
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return query
  select n.list, r.indices
  from generate_series(1, (select max(c.status_list) from press.credentials c)) n (list)
  cross join lateral (
    select array(select c.status_index from press.credentials c where c.status_list = n.list and c.status = 'revoked' order by c.status_index)) r (indices)
  left join press_private.status_lists s on s.list = n.list
  left join press.signing_keys k on k.key_id = s.key_id
  where press_private.stop_reason() is null
    and (s.list is null or s.made_at <= statement_timestamp() - interval '12 hours' or s.revoked_count <> cardinality(r.indices) or k.retired_at is not null)
  order by n.list;
end
$$;
comment on function press_worker.status_lists_to_make is 'The status lists that are to be signed now, each with the places of what was revoked: 0 to 131071. None while the press is stopped.';
revoke all on function press_worker.status_lists_to_make from public;
grant execute on function press_worker.status_lists_to_make to press_worker;
