/* The whole tree again, from the texts of the entries, a level at a time: nothing that was stored is believed. */
create or replace function press_private.audit_tree()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the hash of an entry is computed from it', format('press.ledger_entries (%s)', e.place), format('It has the hash %s.', e.leaf_hash)
  from press.ledger_entries e
  where e.leaf_hash is distinct from press_private.leaf_hash(e.leaf);

  return query
  with recursive tree (level, index, hash) as (
    select 0, e.place, press_private.leaf_hash(e.leaf) from press.ledger_entries e
    union all
    select p.level + 1, p.index >> 1, press_private.node_hash(p.left_hash, p.hash)
    from (select t.level, t.index, t.hash, lag(t.hash) over (order by t.index) as left_hash from tree t) p
    where p.index & 1 = 1
  )
  select 'a node is computed from the entries below it, and every complete subtree has one',
    format('press_private.ledger_nodes (%s,%s)', coalesce(n.level, t.level), coalesce(n.index, t.index)),
    format('It has the hash %s; computed, it is %s.', coalesce(n.hash::text, '(none)'), coalesce(t.hash::text, '(none)'))
  from press_private.ledger_nodes n
  full join (select i.* from tree i where i.level > 0) t on t.level = n.level and t.index = n.index
  where n.hash is distinct from t.hash;
end
$$;
comment on function press_private.audit_tree is 'What does not hold of the ledger''s Merkle tree.';
revoke all on function press_private.audit_tree from public;
