/* What a reserved transaction pays, anew: when a publication was taken out of it, and when it is to take the place of one that paid too little. It keeps the coins that it
   has, and where they do not suffice it gets more: whichever of the two is mined, the other never is. */
create or replace function press_private.price_transaction(transaction press.chain_transactions, fee_floor_satoshis bigint)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_outputs  integer;
  v_bytes    bigint;
  v_paid     bigint;
  v_inputs   integer;
  v_depth    integer;
  v_lacking  bigint;
  v_coins    bigint[];
  v_change   bigint;
begin
  select count(*) + transaction.split_count, coalesce(sum(press_private.publication_output_bytes(p)), 0) + 34 * transaction.split_count into v_outputs, v_bytes
  from press.publications p where p.id = any (press_private.reserved_publication_ids(transaction.id));
  for v_try in 1 .. 2 loop
    select sum(u.satoshis) - transaction.split_count * transaction.split_satoshis, count(*), max(u.depth) + 1 into v_paid, v_inputs, v_depth
    from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = transaction.id;
    v_lacking := greatest(fee_floor_satoshis, press_private.transaction_fee(v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb)) - v_paid;
    exit when v_lacking <= 0;
    -- It is picked for the fee of the bytes; what the floor is above that is taken off what is paid.
    v_coins := press_private.pick_coins(transaction.wallet_script,
      v_paid - greatest(0, fee_floor_satoshis - press_private.transaction_fee(v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb)),
      v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb);
    if v_coins is null or v_try = 2 then
      return false;
    end if;
    perform press_private.claim_coins(array_fill(transaction.id, array[cardinality(v_coins)]), v_coins, transaction.reserved_until);
  end loop;

  v_change := press_private.transaction_change(v_paid, v_inputs, v_outputs, v_bytes, transaction.fee_satoshis_per_kb, transaction.dust_satoshis, fee_floor_satoshis);
  update press.chain_transactions t
  set epoch = transaction.epoch, reserved_until = transaction.reserved_until, fee_satoshis_per_kb = transaction.fee_satoshis_per_kb,
      dust_satoshis = transaction.dust_satoshis, fee_satoshis = v_paid - v_change, change_satoshis = v_change, depth = v_depth
  where t.id = transaction.id;
  return true;
end
$$;
comment on function press_private.price_transaction is 'Writes the fee and change that follow from what a reserved transaction has, with the terms that are given in its row. False: the pool does not pay for it. Refuses: RETRY.';
revoke all on function press_private.price_transaction from public;
