/* Gives coins to transactions, for good unless they are released. Three things must fail at once before two have one: the lock of press_private.pick_coins and of
   press_private.pick_coin_each, the state that is read here again, and the key of press_private.chain_inputs with the arrows of press.utxos. */
create or replace function press_private.claim_coins(transaction_ids bigint[], utxo_ids bigint[], reserved_until timestamptz)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_count  integer;
begin
  update press.utxos u
  set state = 'reserved', transaction_id = c.transaction_id, reserved_until = claim_coins.reserved_until
  from unnest(claim_coins.transaction_ids, claim_coins.utxo_ids) c (transaction_id, utxo_id)
  where u.id = c.utxo_id and u.state = 'available';
  get diagnostics v_count = row_count;
  if v_count <> cardinality(claim_coins.utxo_ids) then
    perform press_private.refuse('RETRY');
  end if;

  insert into press_private.chain_inputs (transaction_id, input_index, utxo_id)
  select c.transaction_id,
    (select count(*) from press_private.chain_inputs i where i.transaction_id = c.transaction_id) + row_number() over (partition by c.transaction_id order by c.index) - 1, c.utxo_id
  from unnest(claim_coins.transaction_ids, claim_coins.utxo_ids) with ordinality c (transaction_id, utxo_id, index);
exception
  when unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.claim_coins is 'Reserves available coins, each for the transaction beside it, behind those that it has. Refuses: RETRY (another transaction has one of them).';
revoke all on function press_private.claim_coins from public;
