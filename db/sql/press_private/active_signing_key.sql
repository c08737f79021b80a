/* Locks: the key, shared, until the transaction ends. So whoever takes a key out of use waits until everything that was stored under it is committed, and whoever
   comes later finds it gone: nothing is stored under a key after its retirement. */
create or replace function press_private.active_signing_key(key_id text, purpose text)
  returns press.signing_keys
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_key  press.signing_keys;
begin
  select k.* into v_key from press.signing_keys k
  where k.key_id = active_signing_key.key_id and k.purpose = active_signing_key.purpose and k.retired_at is null
  for share;
  if v_key.key_id is null then
    select k.* into v_key from press.signing_keys k where k.key_id = active_signing_key.key_id;
    perform press_private.refuse('UNKNOWN_KEY', case
      when v_key.revoked_at is not null then format('The key %s was revoked: %s', v_key.key_id, v_key.revocation_reason)
      when v_key.retired_at is not null then format('The key %s was retired.', v_key.key_id) end);
  end if;
  return v_key;
end
$$;
comment on function press_private.active_signing_key is 'The key, if it is in use for the purpose; it stays so until the transaction ends. Refuses: UNKNOWN_KEY.';
revoke all on function press_private.active_signing_key from public;
