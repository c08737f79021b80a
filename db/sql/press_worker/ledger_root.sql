create or replace function press_worker.ledger_root(tree_size bigint)
  returns bytea
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select press_private.tree_root(ledger_root.tree_size) from press_private.ledger_head h
          where ledger_root.tree_size between 0 and h.tree_size);
end
$$;
comment on function press_worker.ledger_root is 'The root of the tree over the first tree_size entries of the ledger; null if it has fewer.';
revoke all on function press_worker.ledger_root from public;
grant execute on function press_worker.ledger_root to press_worker;
