create or replace function press_private.is_list_of_today(document text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_moments  text[] := regexp_match(is_list_of_today.document, '"validFrom":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","validUntil":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"}$');
begin
  return (abs(extract(epoch from v_moments[1]::timestamptz - clock_timestamp())) <= 300
    and v_moments[2]::timestamptz - v_moments[1]::timestamptz = interval '24 hours') is true;
exception
  when data_exception then  -- a day or an hour that there is not
    return false;
end
$$;
comment on function press_private.is_list_of_today is 'Whether the signed status list is valid for 24 hours, from now on, give or take five minutes.';
revoke all on function press_private.is_list_of_today from public;
