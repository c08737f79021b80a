/* The first layer: who submits records of one key, and who revokes it, stand in one line. Issuing and the worker do not wait for it: a record refers to the key, and
   that needs a lock that this one lets pass. Order of locks: after the holder, before publications. */
create or replace function press_private.lock_publishing_key(key_id uuid)
  returns press.publishing_keys
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_key  press.publishing_keys;
begin
  select k.* into strict v_key from press.publishing_keys k where k.id = lock_publishing_key.key_id for no key update;
  return v_key;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_private.lock_publishing_key is 'The key''s row, locked until the transaction ends. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_publishing_key from public;
