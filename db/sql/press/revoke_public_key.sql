/* Locks: an operator's holder, the key's row, then its queued records. */
create or replace function press.revoke_public_key(public_key text, reason text default null)
  returns press.publishing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_hidden.current_actor();
  v_key    press.publishing_keys;
begin
  perform press_private.require_running();
  perform press_private.refuse('NOT_SIGNED_IN') where v_actor.kind = 'nobody';
  perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.')
  where revoke_public_key.reason is not null and not press_private.is_one_line(revoke_public_key.reason, 500);
  v_key := press_private.key_for_caller(v_actor, revoke_public_key.public_key);
  perform press_private.refuse('UNKNOWN_KEY', 'No such key of yours is registered.') where v_key.id is null;
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_key := press_private.lock_publishing_key(v_key.id);
  perform press_private.require_running();

  if v_key.revoked_at is null then
    v_key := press_private.revoke_key(v_key.id, coalesce(press_private.issuer_label(v_actor), 'holder'), revoke_public_key.reason);
  end if;
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
comment on function press.revoke_public_key is 'Takes a key out of use, for good: the caller''s own, or as an operator any. Its records that wait fail; what is in a transaction already goes on. The reason (1 to 500 characters) is for its holder, operators and auditors. One that was revoked stays as it is. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (no such key of the caller is registered).';
revoke all on function press.revoke_public_key from public;
grant execute on function press.revoke_public_key to press_anonymous, press_holder, press_operator;
