/* What press_private.reserve_transaction does for one, for each record that goes out alone: a statement a table, because hundreds come at once. Who is alone in the queue, and who
   comes when not everybody finds one coin that suffices, is left to press_private.reserve_bundle. */
create or replace function press_private.reserve_each(terms press.chain_transactions, max_transaction_bytes integer, max_transactions integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_publications  uuid[];
  v_bytes         bigint[];
  v_coins         bigint[];
  v_ids           bigint[];
begin
  select array_agg(b.publication_ids[1]), array_agg(b.output_bytes[1]) into v_publications, v_bytes
  from press_private.due_bundles(0, max_transaction_bytes, max_transactions) b;
  if v_publications is null then
    return array[]::bigint[];
  elsif cardinality(v_publications) > 1 then
    v_coins := press_private.pick_coin_each(terms.wallet_script, v_bytes, terms.fee_satoshis_per_kb);
  end if;
  if v_coins is null then
    return null;
  end if;

  v_ids := array(select nextval('press.chain_transactions_id_seq') as id from generate_series(1, cardinality(v_coins)) order by id);
  insert into press.chain_transactions (id, reserved_until, wallet_script, has_checkpoint, fee_satoshis, fee_satoshis_per_kb, dust_satoshis, change_satoshis, depth)
  overriding system value
  select g.id, terms.reserved_until, terms.wallet_script, p.kind = 'checkpoint', u.satoshis - c.satoshis, terms.fee_satoshis_per_kb, terms.dust_satoshis, c.satoshis, u.depth + 1
  from unnest(v_ids, v_publications, v_bytes, v_coins) g (id, publication_id, bytes, utxo_id)
  join press.publications p on p.id = g.publication_id
  join press.utxos u on u.id = g.utxo_id
  cross join lateral press_private.transaction_change(u.satoshis, 1, 1, g.bytes, terms.fee_satoshis_per_kb, terms.dust_satoshis) c (satoshis);
  perform press_private.claim_coins(v_ids, v_coins, terms.reserved_until);
  perform press_private.put_publications(v_ids, v_publications);
  return v_ids;
end
$$;
comment on function press_private.reserve_each is 'Transactions of one coin and one publication, for up to max_transactions that are due. Null, and nothing is reserved: there is only one, or not each can have a coin of its own. Refuses: RETRY.';
revoke all on function press_private.reserve_each from public;
