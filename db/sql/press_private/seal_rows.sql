create or replace function press_private.seal_rows(relation text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
begin
  execute (
    select format('insert into press_private.row_seals (hash) select press_private.row_seal(%L, row(%s)::text) from %s where %s',
      s.relation, s.columns, s.relation, s.condition)
    from press_private.sealed_columns() s
    where s.relation = seal_rows.relation);
end
$$;
comment on function press_private.seal_rows is 'Makes the seals of the rows that are there: for migrations, when a table comes to be sealed, or other columns of it.';
revoke all on function press_private.seal_rows from public;
