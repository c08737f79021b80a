/* What the key signed before verifies for ever; what it had claimed goes to another key when the claim runs out. Also while the press is stopped:
   a stolen key must not wait. */
create or replace function press_worker.retire_signing_key(key_id text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key  press.signing_keys;
begin
  update press.signing_keys k set retired_at = greatest(clock_timestamp(), k.activated_at)  -- a clock may have been set back
  where k.key_id = retire_signing_key.key_id and k.retired_at is null
  returning k.* into v_key;
  if v_key.key_id is not null then
    perform press_private.append_entry('key.retired', null, null, press_private.key_leaf(v_key, 'key.retired'));
    return v_key;
  end if;

  select k.* into v_key from press.signing_keys k where k.key_id = retire_signing_key.key_id;
  if v_key.key_id is null then
    perform press_private.refuse('UNKNOWN_KEY');
  end if;
  return v_key;
end
$$;
comment on function press_worker.retire_signing_key is 'Takes the key out of use: nothing is signed with it any more. A retired key stays as it is. Refuses: UNKNOWN_KEY.';
revoke all on function press_worker.retire_signing_key from public;
grant execute on function press_worker.retire_signing_key to press_worker;
