/* What the key signed before verifies for ever; what it had claimed goes to another key when the claim runs out. Also while the press is stopped:
   a stolen key must not wait. */
create or replace function press_worker.retire_signing_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return press_private.retire_key(retire_signing_key.key_id);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.retire_signing_key is 'Takes the key out of use: nothing is signed with it any more. A retired key stays as it is. Refuses: LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.retire_signing_key from public;
grant execute on function press_worker.retire_signing_key to press_worker;
