/* terms: its wallet, fee, dust, split and end of reservation; all else is decided here. Nothing is signed yet, so a crash before the commit leaves nothing. */
create or replace function press_private.reserve_transaction(terms press.chain_transactions, publication_ids uuid[], output_bytes bigint, utxo_ids bigint[])
  returns bigint
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_paid    bigint;
  v_depth   integer;
  v_change  bigint;
  v_id      bigint;
begin
  select sum(u.satoshis), max(u.depth) + 1 into v_paid, v_depth from press.utxos u where u.id = any (reserve_transaction.utxo_ids);
  v_paid := v_paid - terms.split_count * terms.split_satoshis;
  v_change := press_private.transaction_change(v_paid, cardinality(utxo_ids), cardinality(publication_ids) + terms.split_count, output_bytes,
    terms.fee_satoshis_per_kb, terms.dust_satoshis, press_private.fee_floor(utxo_ids, publication_ids));
  insert into press.chain_transactions (reserved_until, wallet_script, is_split, split_count, split_satoshis, has_checkpoint,
    fee_satoshis, fee_satoshis_per_kb, dust_satoshis, change_satoshis, depth)
  values (terms.reserved_until, terms.wallet_script, terms.is_split, terms.split_count, terms.split_satoshis,
    exists (select from press.publications p where p.id = any (reserve_transaction.publication_ids) and p.kind = 'checkpoint'),
    v_paid - v_change, terms.fee_satoshis_per_kb, terms.dust_satoshis, v_change, v_depth)
  returning id into v_id;

  perform press_private.claim_coins(array_fill(v_id, array[cardinality(utxo_ids)]), utxo_ids, terms.reserved_until);
  perform press_private.put_publications(array_fill(v_id, array[cardinality(publication_ids)]), publication_ids);
  return v_id;
end
$$;
comment on function press_private.reserve_transaction is 'A transaction that spends these coins, which are locked and suffice. Refuses: RETRY.';
revoke all on function press_private.reserve_transaction from public;
