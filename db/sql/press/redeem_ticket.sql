/* Uses a ticket up, once. The way of a request from here:
     1. an answer that was given before     press_private.redeemed_under
     2. form, key, signature, status        press.verify_ticket
     3. is it in the ledger?                press_private.proof_problem
     4. is it the caller's?                 its holder's; or an operator stands at the gate, was shown the envelope, and is recorded
     5. one at a time                       press_private.lock_edition                the first layer
     6. is it still there to be used?       its status, read again                    the second layer
     7. write it                            the unique keys of press.redemptions: the third; the ticket's status; the entry of the ledger
   Locks: the operator's row as a holder if it is new, or the row of a holder
   who was forgotten and returns; the edition, the ticket. A crash before the commit leaves nothing; after it the ticket is
   redeemed, and asking again under the same key gives the same answer. */
create or replace function press.redeem_ticket(envelope text, timechain_proof text, request_key uuid default null)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record := press_hidden.current_actor();
  v_by          text := coalesce(press_private.issuer_label(v_actor), 'holder');
  v_holder_id   uuid := press_hidden.current_holder_id();
  v_verdict     press.ticket_verdict := press.verify_ticket(redeem_ticket.envelope);
  v_problem     text;
  v_label       text;
  v_ticket      press.tickets;
  v_constraint  text;
begin
  perform press_private.require_running();
  perform press_private.require_redeemer(v_actor, v_verdict.ticket_id);
  if v_actor.kind = 'holder' and v_holder_id is null and press_private.return_holders(array[v_actor.subject]) then
    v_holder_id := press_hidden.current_holder_id();
    perform press_private.require_redeemer(v_actor, v_verdict.ticket_id);
  end if;
  if redeem_ticket.envelope is null or redeem_ticket.timechain_proof is null then
    perform press_private.refuse('INVALID_INPUT', 'A ticket is redeemed with its envelope and its proof; one of them is missing.');
  end if;
  v_ticket := press_private.redeemed_under(redeem_ticket.request_key, v_by, v_holder_id, redeem_ticket.envelope);
  if v_ticket.id is not null then
    return v_ticket;
  end if;

  perform press_private.refuse(v_verdict.refusal) where v_verdict.refusal not in ('TICKET_REVOKED', 'ALREADY_REDEEMED');
  select t.* into strict v_ticket from press.tickets t where t.id = v_verdict.ticket_id;
  v_problem := press_private.proof_problem(v_ticket, redeem_ticket.timechain_proof);
  perform press_private.refuse('PROOF_INVALID', v_problem) where v_problem is not null;
  perform press_private.refuse('NOT_THE_HOLDER') where v_actor.kind = 'holder' and v_ticket.holder_id is distinct from v_holder_id;

  v_label := press_private.ledger_label(v_actor);
  perform press_private.lock_edition(v_ticket.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select t.* into strict v_ticket from press.tickets t where t.id = v_verdict.ticket_id for update;
  if v_ticket.status = 'redeemed' and (press_private.redeemed_under(redeem_ticket.request_key, v_by, v_holder_id, redeem_ticket.envelope)).id is not null then
    return v_ticket;
  end if;
  perform press_private.refuse(case v_ticket.status when 'revoked' then 'TICKET_REVOKED' else 'ALREADY_REDEEMED' end)
  where v_ticket.status <> 'signed';
  return press_private.record_redemption(v_ticket, v_by, v_label, redeem_ticket.request_key);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when unique_violation then
    -- Of two requests with one key for two tickets, at once, the second comes here.
    get stacked diagnostics v_constraint = constraint_name;
    perform press_private.refuse(case v_constraint when 'redemptions_request_key' then 'REQUEST_KEY_REUSED' else 'RETRY' end);
    return null;
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.redeem_ticket is 'Uses a ticket up, for its holder, or for an operator who was shown its envelope. timechain_proof: as Ticket.timechainProof gives it. The same request key gives the same answer, for ever. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, HOLDER_INACTIVE, INVALID_INPUT, REQUEST_KEY_REUSED, LOCK_TIMEOUT, RETRY, TICKET_NOT_FOUND, TICKET_NOT_SIGNED, NOT_CANONICAL, UNKNOWN_KEY, SIGNATURE_INVALID, PROOF_INVALID, NOT_THE_HOLDER, TICKET_REVOKED, ALREADY_REDEEMED.';
revoke all on function press.redeem_ticket from public;
grant execute on function press.redeem_ticket to press_anonymous, press_holder, press_operator;
