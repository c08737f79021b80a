/* Compared with what it was read as, because PostgreSQL also reads an hour 24 and a second 60. */
create or replace function press_private.moment_of(written text)
  returns timestamptz
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_moment  timestamptz;
begin
  if (written collate "C" ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$') is not true then
    return null;
  end if;
  v_moment := written::timestamptz;
  return case when press_private.rfc3339(v_moment) = left(written, 19) || rpad(substr(rtrim(written, 'Z'), 20), 4, case when length(written) = 20 then '.000' else '0' end) || 'Z' then v_moment end;
exception
  when data_exception then
    return null;
end
$$;
comment on function press_private.moment_of is 'The moment that is written as RFC 3339, in UTC with Z, to the millisecond at most; null: it is not.';
revoke all on function press_private.moment_of from public;
