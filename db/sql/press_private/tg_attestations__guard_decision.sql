/* A claim is what was submitted, and is decided once. The facts of a decision go when its holder is forgotten. */
create or replace function press_private.tg_attestations__guard_decision()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (NEW.id, NEW.holder_id, NEW.kind, NEW.evidence_digest, NEW.submitted_at, NEW.submitted_by, NEW.request_key, NEW.address_checks)
    is distinct from
     (OLD.id, OLD.holder_id, OLD.kind, OLD.evidence_digest, OLD.submitted_at, OLD.submitted_by, OLD.request_key, OLD.address_checks) then
    perform press_private.refuse('NOT_ALLOWED', 'What was submitted never changes.');
  end if;

  if OLD.status <> 'submitted'
     and (NEW.status, NEW.decided_at, NEW.rule_set_id, NEW.violations, NEW.proof_digest)
       is distinct from (OLD.status, OLD.decided_at, OLD.rule_set_id, OLD.violations, OLD.proof_digest) then
    perform press_private.refuse('NOT_ALLOWED', 'An attestation is decided once.');
  end if;

  if OLD.status <> 'submitted' and NEW.facts is distinct from OLD.facts
     and not (NEW.facts is null and exists (select from press_private.erased_holders e where e.holder_id = OLD.holder_id)) then
    perform press_private.refuse('NOT_ALLOWED', 'What a decision rests on never changes, and goes only when its holder is forgotten.');
  end if;
  return NEW;
end
$$;
comment on function press_private.tg_attestations__guard_decision is 'Refuses every change of an attestation but its decision, once, and the removal of facts of a holder who was forgotten. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_attestations__guard_decision from public;

create or replace trigger _200_guard_decision before update on press.attestations
  for each row execute function press_private.tg_attestations__guard_decision();
alter table press.attestations enable always trigger _200_guard_decision;
