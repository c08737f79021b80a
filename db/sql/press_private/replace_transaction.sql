/* A transaction in the place of one that is given up. It has the same coins, so of the two the chain takes one at most, whoever has what in hand: that is why publications may
   go over from one to the other without anybody knowing for sure what became of the first. */
create or replace function press_private.replace_transaction(transaction press.chain_transactions, publication_ids uuid[], not_before timestamptz)
  returns bigint
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_id  bigint;
begin
  insert into press.chain_transactions (reserved_until, wallet_script, is_split, split_count, split_satoshis, has_checkpoint, replaces_id,
    fee_satoshis, fee_satoshis_per_kb, dust_satoshis, change_satoshis, depth)
  values (replace_transaction.not_before, transaction.wallet_script, transaction.is_split, transaction.split_count, transaction.split_satoshis,
    exists (select from press.publications p where p.id = any (replace_transaction.publication_ids) and p.kind = 'checkpoint'), transaction.id,
    transaction.fee_satoshis, transaction.fee_satoshis_per_kb, transaction.dust_satoshis, transaction.change_satoshis, transaction.depth)
  returning id into v_id;

  update press_private.chain_inputs i set is_live = false where i.transaction_id = transaction.id and i.is_live;
  with moved as (
    update press.utxos u
    set transaction_id = v_id, state = 'unknown', spent_by_txid = null, reserved_until = null
    from press_private.chain_inputs i
    where i.transaction_id = transaction.id and u.id = i.utxo_id and u.transaction_id = transaction.id
    returning u.id, i.input_index
  )
  insert into press_private.chain_inputs (transaction_id, input_index, utxo_id)
  select v_id, row_number() over (order by m.input_index) - 1, m.id from moved m;
  perform press_private.put_publications(array_fill(v_id, array[cardinality(publication_ids)]), publication_ids);
  update press.publications p set after_transaction_id = v_id where p.after_transaction_id = transaction.id and p.state = 'queued';
  return v_id;
end
$$;
comment on function press_private.replace_transaction is 'Hands the coins of a transaction, which has its last state already, on to a new one with these publications, that is signed from then on; those that wait for the one wait for the other.';
revoke all on function press_private.replace_transaction from public;
