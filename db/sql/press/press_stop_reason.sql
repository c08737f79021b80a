create or replace function press.press_stop_reason()
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.stop_reason();
end
$$;
comment on function press.press_stop_reason is 'Why the press is stopped, so that every request to change something is refused; null while it runs.';
revoke all on function press.press_stop_reason from public;
grant execute on function press.press_stop_reason to press_anonymous, press_holder, press_operator, press_auditor;
