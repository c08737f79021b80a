create or replace function press_private.audit_rows()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex' as $$
declare
  v_sealed  record;
begin
  for v_sealed in select * from press_private.sealed_columns() loop
    return query execute format($query$
      select 'a row is as the press wrote it', '%1$s ' || row(%2$s)::text, 'It has no seal: it was written or changed by somebody else.'
      from %1$s
      where %4$s and not exists (
        select from press_private.row_seals s where s.hash = press_private.row_seal('%1$s', row(%3$s)::text))
    $query$, v_sealed.relation, v_sealed.key, v_sealed.columns, v_sealed.condition);
  end loop;
end
$$;
comment on function press_private.audit_rows is 'The rows that the press did not write as they are.';
revoke all on function press_private.audit_rows from public;
