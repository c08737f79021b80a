/* Withdraws a ticket. Its number and its holder's slot stay taken: five golden tickets exist, ever. Locks: the operator's row as a
   holder if it is new, the edition, the ticket. */
create or replace function press.revoke_ticket(ticket_id uuid, reason text)
  returns press.tickets
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_actor       press_hidden.actor_record;
  v_label       text;
  v_ticket      press.tickets;
  v_revocation  press.revocations;
begin
  perform press_private.require_running();
  v_actor := press_private.require_operator();
  if not press_private.is_one_line(revoke_ticket.reason, 500) then
    perform press_private.refuse('INVALID_INPUT', 'A reason has 1 to 500 characters, none of them a control character.');
  end if;
  v_label := press_private.ledger_label(v_actor);

  select t.* into v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id;
  if v_ticket.id is null then
    perform press_private.refuse('TICKET_NOT_FOUND');
  end if;
  perform press_private.lock_edition(v_ticket.edition_id);
  perform press_private.require_running();

  select t.* into strict v_ticket from press.tickets t where t.id = revoke_ticket.ticket_id for update;
  perform press_private.refuse(case v_ticket.status
    when 'pending' then 'TICKET_NOT_SIGNED' when 'revoked' then 'TICKET_REVOKED' else 'ALREADY_REDEEMED' end)
  where v_ticket.status <> 'signed';

  insert into press.revocations (edition_id, ticket_number, reason, revoked_by)
  values (v_ticket.edition_id, v_ticket.ticket_number, revoke_ticket.reason, press_private.issuer_label(v_actor))
  returning * into v_revocation;

  update press.tickets t set status = 'revoked' where t.id = v_ticket.id returning t.* into v_ticket;
  perform press_private.append_entry('ticket.revoked', e.id, v_ticket.ticket_number,
    press_private.ticket_revoked_leaf(v_ticket, e.slug, v_label, v_revocation.reason, v_revocation.revoked_at))
  from press.editions e where e.id = v_ticket.edition_id;
  return v_ticket;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press.revoke_ticket is 'Withdraws a signed ticket. Its number is never given out again. The reason (1 to 500 characters) is published in the ledger, where everybody can read it, for ever: it should name nobody. Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, TICKET_NOT_FOUND, TICKET_NOT_SIGNED, TICKET_REVOKED, ALREADY_REDEEMED.';
revoke all on function press.revoke_ticket from public;
grant execute on function press.revoke_ticket to press_anonymous, press_holder, press_operator;
