/* A number gives one credential: other evidence that names it names nothing then. One that was rejected costs the number as well, but not what was submitted under it and
   still waits. */
create or replace function press_private.decide_attestation(attestation press.attestations, facts jsonb, proof_digest text, nonce text)
  returns press.attestations
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_rules        press.rule_sets := press_private.rules_in_force();
  v_violations   text[] := press_private.violations_of(attestation.kind, decide_attestation.facts, v_rules.id);
  v_attestation  press.attestations;
begin
  update press.attestations a
  set status = (case when v_violations = '{}' then 'verified' else 'rejected' end)::press.attestation_status,
      decided_at = date_trunc('milliseconds', clock_timestamp()), rule_set_id = v_rules.id, facts = decide_attestation.facts,
      violations = v_violations, proof_digest = case when v_violations = '{}' then decide_attestation.proof_digest end,
      renewed_id = case when v_violations = '{}' then press_private.renewed_attestation(a.holder_id, decide_attestation.proof_digest) end
  where a.id = attestation.id
  returning a.* into v_attestation;

  if v_attestation.status = 'verified' then
    perform press_private.mint_credential(v_attestation);
    set constraints press._200_require_credential immediate;
    set constraints press._200_require_credential deferred;
    update press_private.attestation_work w set nonce = null from press.attestations a
    where a.holder_id = v_attestation.holder_id and a.status = 'submitted' and w.attestation_id = a.id and w.nonce = decide_attestation.nonce;
  end if;
  delete from press_private.attestation_work w where w.attestation_id = v_attestation.id;
  delete from press_private.attestation_nonces n
  where n.holder_id = v_attestation.holder_id and n.kind = v_attestation.kind and n.nonce = decide_attestation.nonce;
  perform press_private.append_entry('attestation.decided', null, null,
    press_private.attestation_decided_leaf(v_attestation, v_rules.rule_set_hash));
  return v_attestation;
end
$$;
comment on function press_private.decide_attestation is 'Writes what follows from the facts: the verdict, the credential if there is no violation, and the entry of the ledger; the evidence is removed, and the number that it named. To be called under the locks of the attestation and its holder.';
revoke all on function press_private.decide_attestation from public;
