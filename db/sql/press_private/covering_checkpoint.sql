create or replace function press_private.covering_checkpoint(place bigint)
  returns press.checkpoints
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_checkpoint  press.checkpoints;
begin
  select c.* into v_checkpoint from press.checkpoints c
  where c.tree_size > covering_checkpoint.place order by c.tree_size desc limit 1;
  return v_checkpoint;
end
$$;
comment on function press_private.covering_checkpoint is 'The last checkpoint, if it covers the place; else nulls.';
revoke all on function press_private.covering_checkpoint from public;
