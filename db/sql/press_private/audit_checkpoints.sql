/* Two checkpoints that have the roots of one tree are consistent: this tree is the proof. */
create or replace function press_private.audit_checkpoints(tree_sizes bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_tree_size  bigint := case when audit_checkpoints.tree_sizes is null then (select count(*) from press.ledger_entries)
                         else (select coalesce(max(e.place) + 1, 0) from press.ledger_entries e) end;
  -- The name that most of them have, and those that operators had the ledger go on under.
  v_origins    text[] := array(
    select mode() within group (order by split_part(c.note, E'\n', 1)) from press.checkpoints c where audit_checkpoints.tree_sizes is null
    union all
    select a.origin from press_private.ledger_adoptions a);
begin
  return query
  select 'a checkpoint has the root of the tree of its size', format('press.checkpoints (%s)', c.tree_size),
    format('It has the root %s, and there are %s entries.', c.root_hash, v_tree_size)
  from press.checkpoints c
  where (audit_checkpoints.tree_sizes is null or c.tree_size = any (audit_checkpoints.tree_sizes))
    and (c.tree_size > v_tree_size or c.root_hash is distinct from press_private.tree_root(c.tree_size));

  return query
  select 'the note of a checkpoint says its size and root, by a key for checkpoints, under a name of the ledger', format('press.checkpoints (%s)', f.tree_size),
    case when f.public_key is null then 'Its key is none for checkpoints.'
         when f.signature is null then 'Its note says something else, or is not by its key.'
         else format('It has the origin %s.', f.origin) end
  from press_private.checkpoint_facts() f
  where audit_checkpoints.tree_sizes is null and (f.signature is null or f.origin <> all (v_origins));
end
$$;
comment on function press_private.audit_checkpoints is 'What does not hold of checkpoints, but for their signatures: of the roots of those with the sizes, or of all, and of their notes (null).';
revoke all on function press_private.audit_checkpoints from public;
