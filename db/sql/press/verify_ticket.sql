/* The whole verdict, for anybody who was shown an envelope. Each part is judged for itself, so that all of them can be seen; the refusal is what
   press.redeem_ticket would answer first. Whose ticket it is is not asked here. */
create or replace function press.verify_ticket(envelope text)
  returns press.ticket_verdict
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_envelope    press_private.envelope_record := press_private.read_envelope(verify_ticket.envelope);
  v_key         press.signing_keys;
  v_ticket      press.tickets;
  v_verdict     press.ticket_verdict;
begin
  select k.* into v_key from press.signing_keys k where k.key_id = v_envelope.key_id and k.purpose = 'ticket';
  select t.* into v_ticket from press.tickets t where t.id = v_envelope.ticket_id;

  v_verdict.ticket_id := v_envelope.ticket_id;
  v_verdict.is_canonical := v_envelope.ticket_id is not null;
  v_verdict.is_key_known := v_key.key_id is not null;
  v_verdict.is_key_revoked := case when v_verdict.is_key_known then v_key.revoked_at is not null end;
  v_verdict.is_signature_valid := press.ed25519_verify(
    decode(v_key.public_key, 'hex'), convert_to(v_envelope.message, 'UTF8'), decode(v_envelope.signature, 'hex'));
  v_verdict.is_ticket_known := coalesce(
    press_private.tickets_envelope_hash(v_ticket) = press_private.envelope_hash(verify_ticket.envelope), false);
  if v_verdict.is_ticket_known then
    v_verdict.status := v_ticket.status;
    v_verdict.ledger_place := press.tickets_ledger_place(v_ticket);
    v_verdict.checkpoint_tree_size := (press_private.covering_checkpoint(v_verdict.ledger_place)).tree_size;
  end if;

  v_verdict.refusal := case
    when not v_verdict.is_canonical          then 'NOT_CANONICAL'
    when v_ticket.id is null                 then 'TICKET_NOT_FOUND'
    when v_ticket.status = 'pending'         then 'TICKET_NOT_SIGNED'
    when not v_verdict.is_key_known          then 'UNKNOWN_KEY'
    when not v_verdict.is_signature_valid    then 'SIGNATURE_INVALID'
    when not v_verdict.is_ticket_known       then 'TICKET_NOT_FOUND'  -- signed, but off the books
    when v_ticket.status = 'revoked'         then 'TICKET_REVOKED'
    when v_ticket.status = 'redeemed'        then 'ALREADY_REDEEMED'
  end;
  return v_verdict;
end
$$;
comment on function press.verify_ticket is 'Says of any text whether it is the envelope of a ticket of this press, signed, known, in the ledger, and not used yet. Whoever asks is answered, and nothing is changed. For a verdict that does not rest on what this press says, verify the envelope and its proof offline.';
revoke all on function press.verify_ticket from public;
grant execute on function press.verify_ticket to press_anonymous, press_holder, press_operator, press_auditor;
