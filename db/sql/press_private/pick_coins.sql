/* The smallest coin that suffices, so that large ones are left for large bundles; if none does, as few as do. Whoever picks at the same time passes over those that are
   locked here: nobody waits, and nobody is given the same one. That the coins are claimed is for press_private.claim_coins to see to. */
create or replace function press_private.pick_coins(
    wallet_script text, paid_satoshis bigint, input_count bigint, output_count bigint, output_bytes bigint, fee_satoshis_per_kb integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set jit = off as $$
declare
  v_needed  bigint := press_private.transaction_fee(input_count + 1, output_count, output_bytes, fee_satoshis_per_kb) - paid_satoshis;
  v_paid    bigint := paid_satoshis;
  v_picked  bigint[];
  v_coin    record;
begin
  select array[u.id] into v_picked
  from press.utxos u
  where u.state = 'available' and u.depth < 20 and u.wallet_script = pick_coins.wallet_script and u.satoshis >= v_needed
  order by u.satoshis, u.id
  limit 1
  for no key update of u skip locked;
  if v_picked is not null then
    return v_picked;
  end if;

  for v_coin in
    select u.id, u.satoshis
    from press.utxos u
    -- One that pays less than its own input would only make the rest dearer.
    where u.state = 'available' and u.depth < 20 and u.wallet_script = pick_coins.wallet_script and u.satoshis > ceil(148.0 * pick_coins.fee_satoshis_per_kb / 1000)
    order by u.satoshis desc, u.id desc
    limit 200
    for no key update of u skip locked
  loop
    v_picked := v_picked || v_coin.id;
    v_paid := v_paid + v_coin.satoshis;
    if v_paid >= press_private.transaction_fee(input_count + cardinality(v_picked), output_count, output_bytes, fee_satoshis_per_kb) then
      return v_picked;
    end if;
  end loop;
  return null;
end
$$;
comment on function press_private.pick_coins is 'Coins of the wallet that pay what a transaction lacks, which has so many inputs already, paying so much; locked. Null: there are not enough.';
revoke all on function press_private.pick_coins from public;
