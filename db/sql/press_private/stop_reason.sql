create or replace function press_private.stop_reason()
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (select case when s.is_stopped then s.reason end from press_private.press_state s order by s.id desc limit 1);
end
$$;
comment on function press_private.stop_reason is 'Why the press is stopped; null while it runs.';
revoke all on function press_private.stop_reason from public;
