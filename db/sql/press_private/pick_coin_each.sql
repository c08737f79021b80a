/* As press_private.pick_coins finds one coin for one transaction, for many of one publication at once: the one that needs least has the smallest that suffices, and so on, so that
   nobody's coin would have been needed by another. Locked, and others pass over them. */
create or replace function press_private.pick_coin_each(wallet_script text, output_bytes bigint[], fee_satoshis_per_kb integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_places     integer[] := array(select b.place from unnest(pick_coin_each.output_bytes) with ordinality b (bytes, place) order by b.bytes, b.place);
  v_fees       bigint[] := array(
    select press_private.transaction_fee(1, 1, b.bytes, pick_coin_each.fee_satoshis_per_kb) from unnest(pick_coin_each.output_bytes) b (bytes) order by b.bytes);
  v_picked     bigint[] := array_fill(null::bigint, array[cardinality(output_bytes)]);
  v_at         integer := 1;
  v_first      integer;
  v_last       record;
  v_coin       record;
begin
  select 0::bigint as satoshis, 0::bigint as id into v_last;
  while v_at <= cardinality(v_places) loop
    v_first := v_at;
    for v_coin in
      select u.id, u.satoshis
      from press.utxos u
      where u.state = 'available' and u.depth < 20 and u.wallet_script = pick_coin_each.wallet_script and u.satoshis >= v_fees[v_first]
        and (u.satoshis, u.id) > (v_last.satoshis, v_last.id)
        -- A coin that came back from a transaction that was signed is for press_private.pick_coins.
        and not exists (
          select from press_private.chain_inputs i join press.chain_transactions t on t.id = i.transaction_id and t.raw is not null where i.utxo_id = u.id)
      order by u.satoshis, u.id
      limit cardinality(v_places) - v_first + 1
      for no key update of u skip locked
    loop
      exit when v_coin.satoshis < v_fees[v_at];
      v_picked[v_places[v_at]] := v_coin.id;
      v_at := v_at + 1;
      v_last := v_coin;
    end loop;
    if v_at = v_first then
      return null;
    end if;
  end loop;
  return v_picked;
end
$$;
comment on function press_private.pick_coin_each is 'A coin of the wallet for each of so many transactions, with one publication and its change, whose output has so many bytes; locked. Null: not each can have one of its own.';
revoke all on function press_private.pick_coin_each from public;
