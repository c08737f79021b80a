create or replace function press_private.tree_root(tree_size bigint)
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(press_private.partial_root(63, tree_root.tree_size), sha256(''));
end
$$;
comment on function press_private.tree_root is 'The root of the Merkle tree over the first tree_size entries of the ledger (RFC 6962, 2.1), which has at least so many.';
revoke all on function press_private.tree_root from public;
