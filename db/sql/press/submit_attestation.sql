/* Takes a claim with its evidence, for a worker to check. The way of a request from here:
     1. who, for whom, from where             press_private.require_attester, press_private.caller_address
     2. what, whatever its spelling           press_private.canonical_evidence
     3. one at a time for this person         press_private.lock_holder_of
     4. an answer that was given before       press_private.submitted_under
     5. are there too many already?           press_private.require_few_attestations
     6. the how-manieth of its address        press_private.take_address_slot, judged later with the other rules
     7. is it being checked, or verified?     press_private.require_unverified, under the lock
   Nothing of the outside world is asked here: press_worker.attestations_to_verify hands it to who does. Locks: the holder's row, then a slot of the address.
   A crash before the commit leaves nothing; after it the attestation waits until it is decided.
   The limits keep load away, and nothing rests on them: at REPEATABLE READ a caller with an old snapshot may count too few. */
create or replace function press.submit_attestation(
    kind press.attestation_kind, evidence text, request_key uuid default null, recipient text default null, client_address text default null)
  returns press.attestations
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_actor        press_hidden.actor_record := press_hidden.current_actor();
  v_canonical    text := press_private.canonical_evidence(submit_attestation.kind, submit_attestation.evidence);
  v_address      text;
  v_holder       press.holders;
  v_digest       text;
  v_checks       integer;
  v_attestation  press.attestations;
begin
  perform press_private.require_running();
  perform press_private.require_attester(v_actor, submit_attestation.recipient, submit_attestation.client_address);
  if v_canonical is null then
    perform press_private.refuse('INVALID_INPUT', case submit_attestation.kind
      when 'oidc' then 'The evidence is an ID token: a compact JWS of at most 20000 characters, three parts of base64url without padding or white space.'
      when 'repository' then 'The evidence is a repository, OWNER/NAME as the hosting service spells them.'
      else 'Say what the attestation rests on, oidc or repository, and give its evidence.' end);
  end if;
  v_address := press_private.caller_address(submit_attestation.client_address);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  v_holder := press_private.lock_holder_of(press_private.recipient_of(v_actor, submit_attestation.recipient));
  perform press_private.require_running();
  -- With the holder: of the name of a repository everybody can submit the same, and would find in the ledger whose it is.
  v_digest := encode(press_private.keyed_hash('evidence', v_holder.id || E'\n' || submit_attestation.kind || ':' || v_canonical), 'hex');

  -- Statements from here on see all that was committed before the lock was granted.
  v_attestation := press_private.submitted_under(
    submit_attestation.request_key, press_private.issuer_label(v_actor), v_holder.id, submit_attestation.kind, v_digest);
  if v_attestation.id is not null then
    return v_attestation;
  end if;
  perform press_private.require_few_attestations(v_holder.id);
  v_checks := press_private.take_address_slot(v_address);
  perform press_private.require_unverified(v_holder.id, v_digest);

  insert into press.attestations (holder_id, kind, evidence_digest, submitted_by, request_key, address_checks)
  values (v_holder.id, submit_attestation.kind, v_digest, press_private.issuer_label(v_actor), submit_attestation.request_key, v_checks)
  returning * into v_attestation;
  -- With the number that is valid now: what the holder is given later is not what this evidence names.
  insert into press_private.attestation_work (attestation_id, kind, evidence, nonce)
  values (v_attestation.id, v_attestation.kind, submit_attestation.evidence, (
    select n.nonce from press_private.attestation_nonces n
    where n.holder_id = v_attestation.holder_id and n.kind = v_attestation.kind and n.expires_at > v_attestation.submitted_at));
  return v_attestation;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.submit_attestation is 'Submits evidence about the caller, or about the recipient that an operator names; begin_attestation comes first. evidence: of oidc an ID token, a compact JWS of at most 20000 characters; of repository OWNER/NAME. The answer is submitted; a worker decides, verified or rejected. client_address: the network address it comes from, for an operator to name. The same request key gives the same attestation, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (another recipient or an address; only an operator may name them), HOLDER_INACTIVE, INVALID_INPUT, REQUEST_KEY_REUSED, RATE_LIMITED (five of the holder are not decided yet, ten of them were submitted within an hour, or ten too many of the address), LOCK_TIMEOUT, RETRY, ALREADY_VERIFIED (it was for the same holder, whose credential has not ended, or is being checked).';
revoke all on function press.submit_attestation from public;
grant execute on function press.submit_attestation to press_anonymous, press_holder, press_operator;
