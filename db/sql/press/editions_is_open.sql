create or replace function press.editions_is_open(edition press.editions)
  returns boolean
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.edition_closed_reason(edition, clock_timestamp()) is null;
end
$$;
comment on function press.editions_is_open is 'Whether the edition issues now: it was opened, and the moment is within its window.';
revoke all on function press.editions_is_open from public;
grant execute on function press.editions_is_open to press_anonymous, press_holder, press_operator, press_auditor;
