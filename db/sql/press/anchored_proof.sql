/* Anybody may have it, as the proof that it goes on from: all that is in it is in the public ledger and on the public chain. */
create or replace function press.anchored_proof(ticket_id uuid)
  returns text
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_ticket       press.tickets;
  v_entry        press.ledger_entries;
  v_anchor       press.publications;
  v_checkpoint   press.checkpoints;
  v_transaction  press.chain_transactions;
begin
  perform press.timechain_proof(anchored_proof.ticket_id);
  select t.* into v_ticket from press.tickets t where t.id = anchored_proof.ticket_id;
  v_entry := press_private.issued_entry(v_ticket);
  v_anchor := press_private.anchor_of(v_entry.place);
  if v_anchor.id is null then
    perform press_private.refuse('TICKET_NOT_SIGNED', 'It is in the ledger, and no checkpoint that covers it is on the chain yet.');
  end if;
  select c.* into strict v_checkpoint from press.checkpoints c where c.tree_size = v_anchor.checkpoint_size;
  select t.* into strict v_transaction from press.chain_transactions t where t.id = v_anchor.transaction_id;

  return press_private.canonical_json(jsonb_build_object(
    'type', 'golden-press/anchor/v1',
    'proof', press_private.proof_document(v_entry, v_checkpoint),
    'checkpoint', v_anchor.payload,
    'transaction', encode(v_transaction.raw, 'hex'),
    'txid', v_transaction.txid,
    'block', case when v_transaction.state = 'mined' then jsonb_build_object(
      'hash', v_transaction.block_hash,
      'height', v_transaction.block_height,
      'header', encode(v_transaction.block_header, 'hex'),
      'merkle_path', case when v_transaction.merkle_hashes is not null then
        jsonb_build_object('index', v_transaction.merkle_index, 'hashes', v_transaction.merkle_hashes) end) end));
end
$$;
comment on function press.anchored_proof is 'The proof that the ticket is in the ledger under a checkpoint that is on the public chain: canonical JSON of the type golden-press/anchor/v1, with the members proof (C2SP tlog-proof), checkpoint (the note as it was published), transaction (its bytes in hex) and txid, and block: null until it is mined, then hash, height, header (hex or null) and merkle_path (index and hashes from the transaction up, or null). Refuses: TICKET_NOT_FOUND, TICKET_NOT_SIGNED (also while no checkpoint on the chain covers it).';
revoke all on function press.anchored_proof from public;
grant execute on function press.anchored_proof to press_anonymous, press_holder, press_operator, press_auditor;
