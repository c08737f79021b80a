/* Of the signature that was looked at: a holder may have registered another one meanwhile. What does not hold is revoked, and its records fail. Locks: the key's row, then
   its queued records. */
create or replace function press_worker.note_verified_key(key_id uuid, signature text, is_genuine boolean)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  perform press_private.require_running();
  if note_verified_key.is_genuine is null or not exists (select from press.publishing_keys k where k.id = note_verified_key.key_id) then
    perform press_private.refuse('INVALID_INPUT', 'There is no such key, or nothing was said of it.');
  end if;
  v_key := press_private.lock_publishing_key(note_verified_key.key_id);
  if v_key.verified_at is not null or v_key.revoked_at is not null or v_key.possession_signature is distinct from note_verified_key.signature then
    return false;
  end if;
  if note_verified_key.is_genuine then
    update press.publishing_keys k set verified_at = clock_timestamp() where k.id = v_key.id;
  else
    perform press_private.revoke_key(v_key.id, 'worker', 'The signature that its holder registered it with is not one of the key.');
  end if;
  return true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.note_verified_key is 'Notes whether the key made the signature that it was registered with: it is verified, or revoked. The answer is whether anything was noted: not of a key that was verified or revoked, or registered by another signature since. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.note_verified_key from public;
grant execute on function press_worker.note_verified_key to press_worker;
