/* Anybody may have the proof of any ticket: all that is in it is in the public ledger. */
create or replace function press.timechain_proof(ticket_id uuid)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket  press.tickets;
  v_proof   text;
begin
  select t.* into v_ticket from press.tickets t where t.id = timechain_proof.ticket_id;
  if v_ticket.id is null then
    perform press_private.refuse('TICKET_NOT_FOUND');
  end if;
  if v_ticket.status = 'pending' then
    perform press_private.refuse('TICKET_NOT_SIGNED');
  end if;

  v_proof := press.tickets_timechain_proof(v_ticket);
  if v_proof is null then
    perform press_private.refuse('TICKET_NOT_SIGNED', 'It has its envelope, and its entry in the ledger awaits the signature of a checkpoint.');
  end if;
  return v_proof;
end
$$;
comment on function press.timechain_proof is 'The proof that the ticket is in the ledger (C2SP tlog-proof), under the last checkpoint. Refuses: TICKET_NOT_FOUND, TICKET_NOT_SIGNED (also while no checkpoint covers it).';
revoke all on function press.timechain_proof from public;
grant execute on function press.timechain_proof to press_anonymous, press_holder, press_operator, press_auditor;
