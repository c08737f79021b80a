/* Decides about an attestation, once, in one transaction. What the database cannot find out the worker brings: what was proved, which number it names, and the facts.
     1. is it of its form?                 press_private.is_attestation_proof, press_private.facts_problem
     2. one at a time                      press_private.lock_attestation: the attestation's row, then the holder's    the first layer
     3. was it decided?                    press_private.require_undecided, read under the lock                        the second layer
     4. what follows from the facts?       press_private.decision_facts, press_private.violations_of
     5. write it                           press_private.decide_attestation; under the keys of press.credentials and
                                           press.attestations, and the triggers that let a decision be written once   the third
   A crash before the commit leaves nothing, and the attestation is handed out again when its lease has run out. */
create or replace function press_worker.verify_attestation(attestation_id uuid, proof text, nonce text, facts jsonb, problem text default null)
  returns press.attestations
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_attestation   press.attestations;
  v_proof_digest  text := encode(press_private.keyed_hash('proof', verify_attestation.proof), 'hex');
begin
  perform press_private.require_running();
  select a.* into v_attestation from press.attestations a where a.id = verify_attestation.attestation_id;
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from coalesce(
    case when v_attestation.id is null then 'There is no such attestation.' end,
    case when verify_attestation.proof is null and verify_attestation.problem is null then 'What was proved is missing.' end,
    case when verify_attestation.proof is not null and not press_private.is_attestation_proof(v_attestation.kind, verify_attestation.proof) then
      'What was proved is not written as it has to be: {"issuer":…,"kind":"oidc","subject":…} or {"account_id":…,"kind":"repository","service":…}, canonical.' end,
    press_private.facts_problem(v_attestation.kind, verify_attestation.facts, verify_attestation.problem)) p (problem)
  where p.problem is not null;
  perform press_private.lock_attestation(v_attestation.id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the locks were granted.
  select a.* into strict v_attestation from press.attestations a where a.id = verify_attestation.attestation_id;
  perform press_private.require_undecided(v_attestation);
  return press_private.decide_attestation(
    v_attestation,
    press_private.decision_facts(v_attestation, verify_attestation.facts, verify_attestation.problem, v_proof_digest, verify_attestation.nonce),
    v_proof_digest, verify_attestation.nonce);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    -- unique_violation: somebody else's attestation with the same proof was verified a moment ago; when this one is judged again, that is seen.
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.verify_attestation is 'Decides about an attestation: verified, with its one credential, or rejected, with every violation. proof: the canonical text of what was proved; nonce: the number that the evidence names (null: none); facts: of a repository repository_created_at, repository_size_kb and account_created_at. problem: evidence_invalid, with a sentence as the fact "problem"; what is not known then is null or missing. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, ALREADY_VERIFIED, EVIDENCE_REJECTED (it was rejected; the detail has its violations).';
revoke all on function press_worker.verify_attestation from public;
grant execute on function press_worker.verify_attestation to press_worker;
