/* The tree of RFC 6962 cut into complete subtrees: the index-th of those with 2^level leaves has its leaves from index * 2^level on. Their
   hashes never change, so they are kept: those of single leaves with the entries. Inlined into its callers' plans (it has no SET), which
   are generic: with the level known PostgreSQL would leave one table out, and take that for a reason to plan every call anew. */
create or replace function press_private.subtree_hashes(level integer, first_index bigint, last_index bigint)
  returns table (index bigint, hash bytea)
  language sql stable
begin atomic
  select e.place, e.leaf_hash from press.ledger_entries e
  where subtree_hashes.level = 0 and e.place between subtree_hashes.first_index and subtree_hashes.last_index
  union all
  select n.index, n.hash from press_private.ledger_nodes n
  where n.level = subtree_hashes.level and n.index between subtree_hashes.first_index and subtree_hashes.last_index;
end;
comment on function press_private.subtree_hashes is 'The hashes of the complete subtrees with 2^level leaves, from the first index to the last.';
revoke all on function press_private.subtree_hashes from public;
