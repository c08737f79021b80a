/* What waits is not sent any more. What is in a transaction may be out already, and counts as before; so do what comes back from one to the queue and what waits
   there for a transaction that it was in. */
create or replace function press_private.revoke_key(key_id uuid, revoked_by text, reason text)
  returns press.publishing_keys
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  update press.publishing_keys k
  set revoked_at = clock_timestamp(), revoked_by = revoke_key.revoked_by, revocation_reason = revoke_key.reason
  where k.id = revoke_key.key_id
  returning k.* into v_key;
  perform press_private.fail_queued_records(v_key.id);
  return v_key;
end
$$;
comment on function press_private.revoke_key is 'Takes the key out of use, and fails its records that wait. To be called under the key''s lock.';
revoke all on function press_private.revoke_key from public;
