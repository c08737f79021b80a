/* Begins at the last complete subtree of the older tree: its hash, unless it is the whole older tree, whose root the verifier knows. The way from
   there to the newer root passes everything else that the older root was made of. */
create or replace function press_private.consistency_path(old_size bigint, new_size bigint)
  returns bytea[]
  language plpgsql stable set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_level  integer := 0;
  v_index  bigint;
begin
  if consistency_path.old_size = consistency_path.new_size then
    return '{}'::bytea[];
  end if;
  while (consistency_path.old_size >> v_level) & 1 = 0 loop
    v_level := v_level + 1;
  end loop;
  v_index := (consistency_path.old_size >> v_level) - 1;
  return array(select h.hash from press_private.subtree_hashes(v_level, v_index, v_index) h where v_index > 0)
      || press_private.sibling_path(v_level, v_index, consistency_path.new_size);
end
$$;
comment on function press_private.consistency_path is 'The proof that the tree of the older size (at least 1) is the beginning of that of the newer one (RFC 9162, 2.1.4).';
revoke all on function press_private.consistency_path from public;
