/* The verifier's side of an inclusion proof (RFC 9162, 2.1.3.2): v_index and v_last are those of the node that was reached, and of the last one on
   its level. */
create or replace function press_private.root_of_inclusion(leaf_hash bytea, place bigint, tree_size bigint, path bytea[])
  returns bytea
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  v_hash     bytea := root_of_inclusion.leaf_hash;
  v_index    bigint := root_of_inclusion.place;
  v_last     bigint := root_of_inclusion.tree_size - 1;
  v_sibling  bytea;
begin
  if (v_index between 0 and v_last and octet_length(v_hash) = 32 and root_of_inclusion.path is not null) is not true then
    return null;
  end if;
  foreach v_sibling in array root_of_inclusion.path loop
    if v_last = 0 or octet_length(v_sibling) is distinct from 32 then
      return null;
    end if;
    if v_index & 1 = 1 or v_index = v_last then
      v_hash := press_private.node_hash(v_sibling, v_hash);
      while v_index & 1 = 0 and v_index > 0 loop  -- the last node of a level goes up alone
        v_index := v_index >> 1;
        v_last := v_last >> 1;
      end loop;
    else
      v_hash := press_private.node_hash(v_hash, v_sibling);
    end if;
    v_index := v_index >> 1;
    v_last := v_last >> 1;
  end loop;
  return case when v_last = 0 then v_hash end;
end
$$;
comment on function press_private.root_of_inclusion is 'The root of the tree that the path proves the leaf to be in, to compare with a checkpoint''s. Null where the path is not one of that place in a tree of that size.';
revoke all on function press_private.root_of_inclusion from public;
