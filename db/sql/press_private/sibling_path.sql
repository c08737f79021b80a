/* From a node up to the root, its neighbour at every level: it may be complete, or the partial one at the right edge, or there is none and
   the node goes up alone. Inclusion and consistency proofs are both such paths. */
create or replace function press_private.sibling_path(level integer, index bigint, tree_size bigint)
  returns bytea[]
  language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
begin
  return (
    select coalesce(array_agg(
      case when (s.index + 1) << s.level <= sibling_path.tree_size
        then (select h.hash from press_private.subtree_hashes(s.level, s.index, s.index) h)
        else press_private.partial_root(s.level, sibling_path.tree_size) end
      order by s.level), '{}')
    from (
      select l.level, (sibling_path.index >> (l.level - sibling_path.level)) # 1 as index
      from generate_series(sibling_path.level, 61) l (level)
    ) s
    where s.index << s.level < sibling_path.tree_size
  );
end
$$;
comment on function press_private.sibling_path is 'The hashes that lead from a complete subtree, the index-th with 2^level leaves, to the root of the tree of that size.';
revoke all on function press_private.sibling_path from public;
