create or replace function press_worker.due_editions()
  returns setof integer
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select e.id from press.editions e where e.status = 'open' and e.closes_at <= clock_timestamp() and press_private.stop_reason() is null order by e.id;
end
$$;
comment on function press_worker.due_editions is 'The ids of the open editions whose closes_at has passed, to be closed one by one; none while the press is stopped.';
revoke all on function press_worker.due_editions from public;
grant execute on function press_worker.due_editions to press_worker;
