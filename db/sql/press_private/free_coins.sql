create or replace function press_private.free_coins(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press_private.chain_inputs i set is_live = false where i.transaction_id = free_coins.transaction_id and i.is_live;
  update press.utxos u
  set state = 'available', transaction_id = null, reserved_until = null, spent_by_txid = null
  from press_private.chain_inputs i
  where i.transaction_id = free_coins.transaction_id and u.id = i.utxo_id and u.transaction_id = i.transaction_id;
end
$$;
comment on function press_private.free_coins is 'Returns the coins that the transaction has to the pool.';
revoke all on function press_private.free_coins from public;
