create or replace function press_worker.checkpoint_to_sign()
  returns table (tree_size bigint, root_hash bytea)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select h.tree_size, press_private.tree_root(h.tree_size) from press_private.ledger_head h
  where h.tree_size > coalesce((select max(c.tree_size) from press.checkpoints c), 0) and press_private.stop_reason() is null;
end
$$;
comment on function press_worker.checkpoint_to_sign is 'The size and root of the ledger, if it has grown since its last checkpoint and the press runs; else no row.';
revoke all on function press_worker.checkpoint_to_sign from public;
grant execute on function press_worker.checkpoint_to_sign to press_worker;
