create or replace function press_worker.latest_checkpoint()
  returns press.checkpoints
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_checkpoint  press.checkpoints;
begin
  select c.* into v_checkpoint from press.checkpoints c order by c.tree_size desc limit 1;
  return v_checkpoint;
end
$$;
comment on function press_worker.latest_checkpoint is 'The checkpoint of the largest tree; nulls before the first.';
revoke all on function press_worker.latest_checkpoint from public;
grant execute on function press_worker.latest_checkpoint to press_worker;
