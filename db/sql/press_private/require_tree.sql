create or replace function press_private.require_tree(tree_size bigint)
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('INVALID_INPUT', format('The ledger has %s entries.', h.tree_size))
  from press_private.ledger_head h where h.tree_size < require_tree.tree_size;
end
$$;
comment on function press_private.require_tree is 'Refuses: INVALID_INPUT (the ledger has fewer entries).';
revoke all on function press_private.require_tree from public;
