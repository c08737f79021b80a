/* What is right of the last complete subtree of a level is smaller ones, at most one of each size, in falling order: the binary 1s of
   tree_size. Their common root is folded from the right. */
create or replace function press_private.partial_root(level integer, tree_size bigint)
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_root  bytea;
  v_left  bytea;
begin
  for v_left in
    select (select h.hash from press_private.subtree_hashes(l.level, (partial_root.tree_size >> l.level) - 1, (partial_root.tree_size >> l.level) - 1) h)
    from generate_series(0, partial_root.level - 1) l (level)
    where (partial_root.tree_size >> l.level) & 1 = 1
    order by l.level
  loop
    v_root := coalesce(press_private.node_hash(v_left, v_root), v_left);
  end loop;
  return v_root;
end
$$;
comment on function press_private.partial_root is 'The root over the leaves of the tree that are right of its last complete subtree with 2^level leaves; null where there are none.';
revoke all on function press_private.partial_root from public;
