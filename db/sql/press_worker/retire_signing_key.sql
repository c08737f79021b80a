/* What the key signed before verifies for ever; what it had claimed goes to another key when the claim runs out. Also while the press is stopped:
   a stolen key must not wait. Locks: the key, against those who store what it has signed; its entry in the ledger is behind all of theirs. */
create or replace function press_worker.retire_signing_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k where k.key_id = retire_signing_key.key_id for no key update;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  if v_key.retired_at is null then
    update press.signing_keys k set retired_at = greatest(clock_timestamp(), k.activated_at)  -- a clock may have been set back
    where k.key_id = retire_signing_key.key_id
    returning k.* into v_key;
    perform press_private.append_entry('key.retired', null, null, press_private.key_leaf(v_key, 'key.retired'));
  end if;
  return v_key;
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
