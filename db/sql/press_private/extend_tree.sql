/* A level at a time, from the bottom: the new pairs of the level below are the new nodes of this one. lag() reads the new range once, where
   a join of left and right children would read it twice. */
create or replace function press_private.extend_tree(old_size bigint, new_size bigint)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_first  bigint;
  v_end    bigint;
begin
  for v_level in 1 .. 62 loop
    v_first := extend_tree.old_size >> v_level;
    v_end := extend_tree.new_size >> v_level;
    exit when v_first = v_end;

    insert into press_private.ledger_nodes (level, index, hash)
    select v_level, c.index >> 1, press_private.node_hash(c.left_hash, c.hash)
    from (
      select s.index, s.hash, lag(s.hash) over (order by s.index) as left_hash
      from press_private.subtree_hashes(v_level - 1, 2 * v_first, 2 * v_end - 1) s
    ) c
    where c.index & 1 = 1;
  end loop;
end
$$;
comment on function press_private.extend_tree is 'Makes the nodes that are complete in the tree of the new size and were not in that of the old one. The entries are there already.';
revoke all on function press_private.extend_tree from public;
