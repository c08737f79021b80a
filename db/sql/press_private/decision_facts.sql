/* All that the decision rests on, so that it can be made again without the evidence, which is gone then. What the worker could not find out is not there. Whether a
   proof has given a credential is asked only for whoever has shown that it is theirs: others would learn who was here. */
create or replace function press_private.decision_facts(attestation press.attestations, facts jsonb, problem text, proof_digest text, nonce text)
  returns jsonb
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_is_nonce_right  boolean := exists (
    select from press_private.attestation_work w where w.attestation_id = attestation.id and w.nonce = decision_facts.nonce);
begin
  return decision_facts.facts
    || jsonb_build_object(
      'address_checks', attestation.address_checks,
      'checked_at', press_private.rfc3339(attestation.submitted_at),
      'holder_is_active', (select h.is_active from press.holders h where h.id = attestation.holder_id))
    || case when decision_facts.problem is not null and decision_facts.nonce is null then '{}'
       else jsonb_build_object('nonce_is_right', v_is_nonce_right) end
    || case when decision_facts.proof_digest is null or not v_is_nonce_right then '{}' else jsonb_build_object(
      'proof_is_new', press_private.renewed_attestation(attestation.holder_id, decision_facts.proof_digest) is not null or not exists (
        select from press.attestations a where a.proof_digest = decision_facts.proof_digest and a.status = 'verified')) end;
end
$$;
comment on function press_private.decision_facts is 'The facts that the decision rests on: those of the worker, and what is known here of the holder, their number, the proof (new: it gave no credential, or its holder''s has ended) and the address. To be called under the attestation''s lock.';
revoke all on function press_private.decision_facts from public;
