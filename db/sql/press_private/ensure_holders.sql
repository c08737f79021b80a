/* Makes holders of people who are new here, or were a moment ago; who was forgotten and is here again gets their old row. */
create or replace function press_private.ensure_holders(subjects text[])
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.return_holders(ensure_holders.subjects) where exists (select from press_private.erased_holders);
  perform press_private.insert_holders(ensure_holders.subjects);
end
$$;
comment on function press_private.ensure_holders is 'Gives each subject a holder: the one who was forgotten, or one who is new. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.ensure_holders from public;
