create or replace function press_private.inclusion_path(place bigint, tree_size bigint)
  returns bytea[]
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.sibling_path(0, inclusion_path.place, inclusion_path.tree_size);
end
$$;
comment on function press_private.inclusion_path is 'The proof that the entry at the place is among the first tree_size ones (RFC 9162, 2.1.3): the siblings from its leaf up to the root.';
revoke all on function press_private.inclusion_path from public;
