/* For readers of the public ledger; a ticket's own proof is press.timechain_proof. */
create or replace function press_gateway.ledger_proof(place bigint, tree_size bigint)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_entry       press.ledger_entries;
  v_checkpoint  press.checkpoints := press_private.covering_checkpoint(ledger_proof.place);
begin
  if ledger_proof.tree_size is not null then
    select c.* into v_checkpoint from press.checkpoints c where c.tree_size = ledger_proof.tree_size and c.tree_size > ledger_proof.place;
  end if;
  select e.* into v_entry from press.ledger_entries e where e.place = ledger_proof.place;
  return press_private.proof_document(v_entry, v_checkpoint);
end
$$;
comment on function press_gateway.ledger_proof is 'The proof that the entry at the place is in the ledger (C2SP tlog-proof), under the checkpoint of that size, or the last one (null); null when there is no such checkpoint, or it does not cover the place.';
revoke all on function press_gateway.ledger_proof from public;
grant execute on function press_gateway.ledger_proof to press_gateway;
