/* A C2SP tlog-proof: what a holder keeps beside the envelope, so that anybody can see without us that the ticket is in the ledger. */
create or replace function press.tickets_timechain_proof(ticket press.tickets)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_entry  press.ledger_entries := press_private.issued_entry(ticket);
begin
  return press_private.proof_document(v_entry, press_private.covering_checkpoint(v_entry.place));
end
$$;
comment on function press.tickets_timechain_proof is 'The proof that the ticket is in the ledger (C2SP tlog-proof), under the last checkpoint; null until that covers it.';
revoke all on function press.tickets_timechain_proof from public;
grant execute on function press.tickets_timechain_proof to press_anonymous, press_holder, press_operator, press_auditor;
