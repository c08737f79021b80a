/* Takes a record that a client has signed, for a worker to publish. The way of a request from here:
     1. who, and with whose key               press_private.key_for_caller
     2. what is signed, to the byte           press_private.require_record, press_private.require_signature
     3. one at a time for this key            press_private.lock_publishing_key
     4. an answer that was given before       press_private.submitted_record, for ever: also when the record has expired, or its key was revoked since
     5. are there too many already?           press_private.require_quota
     6. was the nonce used, is it too late?   under the lock
   Whether the key signed it the gateway has seen, and a worker sees again: press_private.require_low_s. Nothing is notified and no job is added: what is queued is the
   queue. Locks: an operator's holder, the key's row. A crash before the commit leaves nothing; after it the record waits until it is sent or fails.
   The quota keeps load away, and nothing rests on it: at REPEATABLE READ a caller with an old snapshot may count too few. */
create or replace function press.submit_record(signed_payload text, signature text, pubkey text)
  returns press.publications
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_actor        press_hidden.actor_record := press_hidden.current_actor();
  v_key          press.publishing_keys := press_private.key_for_caller(v_actor, submit_record.pubkey);
  v_parts        bytea[];
  v_record       jsonb;
  v_hash         text := press_private.envelope_hash(submit_record.signed_payload);
  v_publication  press.publications;
begin
  perform press_private.require_running();
  perform press_private.refuse('NOT_SIGNED_IN') where v_actor.kind = 'nobody';
  perform press_private.refuse('HOLDER_INACTIVE') from press.holders h
  where h.id = case v_actor.kind when 'holder' then press_hidden.current_holder_id() else v_key.holder_id end and not h.is_active;
  perform press_private.require_public_key(submit_record.pubkey);
  v_parts := press_private.require_signature(submit_record.signature);
  v_record := press_private.require_record(submit_record.signed_payload);
  perform press_private.refuse('UNKNOWN_KEY', 'No such key of yours is registered.') where v_key.id is null;
  perform press_private.require_low_s(v_parts);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_key := press_private.lock_publishing_key(v_key.id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  v_publication := press_private.submitted_record(v_key.id, v_record ->> 'nonce');
  if v_publication.payload_hash = v_hash then
    return v_publication;
  end if;
  perform press_private.require_quota(v_key);
  perform press_private.refuse('UNKNOWN_KEY', 'It was revoked.') where v_key.revoked_at is not null;
  perform press_private.refuse('NONCE_REUSED') where v_publication.id is not null;
  perform press_private.refuse('EXPIRED', format('It was to be sent until %s.', v_record ->> 'expires_at'))
  where press_private.moment_of(v_record ->> 'expires_at') <= clock_timestamp();

  insert into press.publications (kind, key_id, holder_id, submitted_by, nonce, expires_at, payload, payload_hash, signature)
  values ('record', v_key.id, v_key.holder_id, press_private.issuer_label(v_actor), v_record ->> 'nonce',
    press_private.moment_of(v_record ->> 'expires_at'), submit_record.signed_payload, v_hash, submit_record.signature)
  returning * into v_publication;
  return v_publication;
exception
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press.submit_record is 'Submits a record for the public chain. signed_payload: canonical JSON (RFC 8785) of at most 10000 bytes, an object with the members nonce (1 to 128 characters, used once with the key: it is the request key) and expires_at (RFC 3339 in UTC, at most seven days ahead: what was not sent until then fails). signature: of exactly these bytes (ECDSA over SHA-256, low S; base64 of DER) by the key pubkey (compressed, in hex), which register_public_key has made known. The answer is queued; a worker sends it. The same payload again has the same answer, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, HOLDER_INACTIVE, INVALID_INPUT, RATE_LIMITED (the quota of the key is used up), LOCK_TIMEOUT, RETRY, NOT_CANONICAL, UNKNOWN_KEY (it is not registered, was revoked, or is another holder''s), SIGNATURE_INVALID, NONCE_REUSED, EXPIRED.';
revoke all on function press.submit_record from public;
grant execute on function press.submit_record to press_anonymous, press_holder, press_operator;
