/* Makes a key known as its holder's. Who has it signs the text that key_registration_text gives: the gateway checks that before it asks here, and a worker again
   (press_worker.keys_to_verify) before the first record of the key goes out, so that what was registered beside the gateway without its owner publishes nothing.
   Locks: an operator's holder, the holder's row. */
create or replace function press.register_public_key(public_key text, signature text, recipient text default null)
  returns press.publishing_keys
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor   press_hidden.actor_record := press_hidden.current_actor();
  v_parts   bytea[];
  v_holder  press.holders;
  v_key     press.publishing_keys;
begin
  perform press_private.require_running();
  perform press.key_registration_text(register_public_key.public_key, register_public_key.recipient);
  v_parts := press_private.require_signature(register_public_key.signature);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_holder := press_private.lock_holder_of(press_private.recipient_of(v_actor, register_public_key.recipient));
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select k.* into v_key from press.publishing_keys k where k.public_key = register_public_key.public_key;
  perform press_private.refuse('NOT_ALLOWED', 'Another holder has registered this key.') where v_key.holder_id <> v_holder.id;
  perform press_private.require_few_keys(v_holder.id) where v_key.id is null;
  perform press_private.refuse('UNKNOWN_KEY', 'It was revoked, and stays so.') where v_key.revoked_at is not null;
  perform press_private.require_low_s(v_parts);

  if v_key.id is null then
    insert into press.publishing_keys (holder_id, public_key, possession_signature, registered_by)
    values (v_holder.id, register_public_key.public_key, register_public_key.signature, press_private.issuer_label(v_actor))
    returning * into v_key;
  elsif v_key.verified_at is null and v_key.possession_signature <> register_public_key.signature then
    -- Nobody has checked the one before; or it was over the name that the ledger had then.
    update press.publishing_keys k set possession_signature = register_public_key.signature where k.id = v_key.id returning k.* into v_key;
  end if;
  return v_key;
exception
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press.register_public_key is 'Registers a key that the caller, or the recipient whom an operator names, signs records with. public_key: a compressed point of secp256k1 in hex. signature: the key''s over the text of key_registration_text (ECDSA over SHA-256, low S; base64 of DER). The same key again is the same row. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (another recipient; another holder''s key), HOLDER_INACTIVE, INVALID_INPUT (also: the ledger has no name yet), RATE_LIMITED (twenty keys of the holder are in use, or were registered within an hour), LOCK_TIMEOUT, RETRY, UNKNOWN_KEY (it was revoked), SIGNATURE_INVALID.';
revoke all on function press.register_public_key from public;
grant execute on function press.register_public_key to press_anonymous, press_holder, press_operator;
