/* Forgets a person. What says who they are goes: the subject, the text of envelopes, evidence, the facts that decisions rest on, records that never went out, what
   their keys have signed over their name, the reasons why they were deactivated, or something of theirs revoked, unless those are in the ledger. What was published
   on the chain nobody takes back. What nobody can read it from stays: the opaque id, numbers and slots, and hashes, so that no limit is met anew, the ledger
   can be verified, and an envelope in somebody's hand is still known by its hash. A ticket that awaits its signature is signed for
   press_private.envelope_recipient. A keyed hash of the subject tells when the same person returns: press_private.return_holders.
   Operators cannot be forgotten: press_private.hold_operators keeps those who act right now.
   Locks, in this order: the claims of workers, so that no envelope with the name comes after this; the operator's holder, the attestations, the holder, the keys
   and records, the transactions that are not signed yet, the tickets, the credentials. */
create or replace function press.erase_holder(holder_id uuid)
  returns press.holders
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor   press_hidden.actor_record;
  v_holder  press.holders;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  perform press_private.doubt_claims(array[erase_holder.holder_id]);
  perform press_private.hold_operators(array[v_actor.subject]) where v_actor.kind = 'operator';
  perform from press.attestations a where a.holder_id = erase_holder.holder_id order by a.id for update;
  v_holder := press_private.lock_holder(erase_holder.holder_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the locks were granted.
  perform press_private.refuse('NOT_ALLOWED', 'They have acted as an operator, and what operators did stays under their names.')
  where case when v_holder.subject is null then press_private.is_forgotten_operator(v_holder.id) else press_private.is_recorded_operator(v_holder.subject) end;
  if v_holder.subject is null then
    return v_holder;
  end if;

  insert into press_private.erased_holders (holder_id, subject_hash)
  values (v_holder.id, press_private.keyed_hash('subject', v_holder.subject));
  -- Who forgets themselves leaves no name.
  perform press_private.erase_publications(v_holder.id, case when v_actor.kind = 'operator' and v_actor.subject = v_holder.subject then 'holder' else press_private.issuer_label(v_actor) end);
  perform press_private.erase_envelopes(v_holder.id);
  perform press_private.erase_evidence(v_holder.id);
  perform press_private.erase_reasons(v_holder.id);
  update press.holders h set subject = null, deactivation_reason = null where h.id = v_holder.id returning h.* into v_holder;
  return v_holder;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation or serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.erase_holder is 'Forgets a person: their subject, the text of their envelopes, their evidence and their records that were not published yet are removed, for good, and their keys are revoked; what is on the public chain stays there, and numbers, limits and the ledger stay as they are. Who was deactivated stays so. The same person returning is known again, and meets the old limits. One who was forgotten stays as they are. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED (also: they have acted as an operator), INVALID_INPUT (there is no such holder, or at another isolation level than READ COMMITTED), LOCK_TIMEOUT, RETRY.';
revoke all on function press.erase_holder from public;
grant execute on function press.erase_holder to press_anonymous, press_holder, press_operator;
