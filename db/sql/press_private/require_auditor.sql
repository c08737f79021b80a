create or replace function press_private.require_auditor()
  returns void
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if not pg_has_role(session_user, 'press_auditor', 'usage') then
    perform press_private.require_operator();
  end if;
end
$$;
comment on function press_private.require_auditor is 'Lets operators and the auditor''s login pass. Refuses: NOT_SIGNED_IN, NOT_ALLOWED.';
revoke all on function press_private.require_auditor from public;
