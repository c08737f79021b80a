/* Who may see an attestation may have its decision made again: from the facts and the rules that its row names, and nothing else. */
create or replace function press.replay_decision(attestation_id uuid)
  returns press.decision_replay
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_actor        press_hidden.actor_record := press_hidden.current_actor();
  v_is_auditor   boolean := pg_has_role(session_user, 'press_auditor', 'usage');
  v_attestation  press.attestations;
  v_replayed     text[];
begin
  perform press_private.refuse('NOT_SIGNED_IN') where v_actor.kind = 'nobody' and not v_is_auditor;
  select a.* into v_attestation from press.attestations a
  where a.id = replay_decision.attestation_id
    and (v_is_auditor or v_actor.kind in ('operator', 'login') or a.holder_id = press_hidden.current_holder_id());
  if v_attestation.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is no such attestation, or it is another holder''s.');
  end if;
  perform press_private.refuse('INVALID_INPUT', 'It was not decided yet.') where v_attestation.status = 'submitted';

  if v_attestation.facts is not null then
    v_replayed := press_private.violations_of(v_attestation.kind, v_attestation.facts, v_attestation.rule_set_id);
  end if;
  return (v_attestation.id, v_attestation.status, v_attestation.violations, v_replayed, v_replayed = v_attestation.violations);
end
$$;
comment on function press.replay_decision is 'Makes a decision again, from its facts and its rules, for its holder, operators and auditors. agrees: whether it comes out the same; null where the facts are gone because the holder was forgotten. Refuses: NOT_SIGNED_IN, INVALID_INPUT (there is no such attestation to see, or it was not decided yet).';
revoke all on function press.replay_decision from public;
grant execute on function press.replay_decision to press_anonymous, press_holder, press_operator, press_auditor;
