/* For the night in which a key is stolen. Whoever has it signs whatever they like, with any date, so its signature alone says nothing any more, of any ticket. What tells an
   honest ticket from the thief's is the ledger: nothing that the key signs gets into it from here on, because this waits for whoever stores under the key and its
   entry comes behind theirs. So tickets that are there stay good, and are redeemed with their proofs as ever. Also while the press is stopped: a stolen key must not wait.
   Locks: the key; then the operator's row as a holder. */
create or replace function press.revoke_signing_key(key_id text, reason text)
  returns press.signing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor  press_hidden.actor_record := press_private.require_operator();
  v_key    press.signing_keys;
  v_label  text;
begin
  if not press_private.is_one_line(revoke_signing_key.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_key := press_private.retire_key(revoke_signing_key.key_id);
  if v_key.revoked_at is null then
    v_label := press_private.ledger_label(v_actor);
    update press.signing_keys k
    set revoked_at = greatest(clock_timestamp(), k.retired_at), revoked_by = v_label, revocation_reason = revoke_signing_key.reason
    where k.key_id = v_key.key_id
    returning k.* into v_key;
    perform press_private.append_entry('key.revoked', null, null, press_private.key_leaf(v_key, 'key.revoked'));
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
comment on function press.revoke_signing_key is 'Says of a key of the press that somebody else has it: it is retired, and its signature alone is worth nothing any more, of whatever it signed and whenever. Tickets that are in the ledger stay good, and are redeemed with their proofs; the key is left out of what is published to verify by signature alone. For ever: one that was revoked stays as it is. The reason (1 to 500 characters) is published in the ledger, where everybody can read it: it should name nobody. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press.revoke_signing_key from public;
grant execute on function press.revoke_signing_key to press_anonymous, press_holder, press_operator;
