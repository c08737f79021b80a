/* Makes transactions of what is queued, and hands them out to be signed: all in one transaction, and nothing that anybody could send yet.
     1. what was claimed and never stored returns      press_private.release_reservations
     2. what is too late fails                         press_private.expire_publications
     3. what was refused goes on, on the same coins    press_private.replacements_to_sign
     4. who is next?                                   press_private.queued_publications, press_private.due_bundles: locked, others are passed over
     5. which coins pay for it?                        press_private.pick_coins, press_private.pick_coin_each: the lock         the first layer
     6. are they still available?                      press_private.claim_coins                                                the second layer
        then they are this transaction's, under the key of press_private.chain_inputs and the arrows of press.utxos             the third
   A worker that dies leaves a reservation that runs out; one that slept finds its epoch or its state changed when it comes to press_worker.store_transactions. */
create or replace function press_worker.publications_to_send(
    wallet_script text, fee_satoshis_per_kb integer, window_ms integer, max_transaction_bytes integer, max_transactions integer, reserve_seconds integer, dust_satoshis integer default 1)
  returns setof press_private.unsigned_transaction_record
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_terms    press.chain_transactions;
  v_bundle   record;
  v_ids      bigint[];
  v_each     bigint[];
  v_made     bigint[];
  v_unpaid   uuid[] := array[]::uuid[];
begin
  perform press_private.require_running();
  perform press_private.require_wallet_terms(wallet_script, fee_satoshis_per_kb, dust_satoshis, reserve_seconds);
  if (window_ms between 0 and 3600000 and max_transaction_bytes between 20000 and 10000000 and max_transactions between 1 and 10000) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A window is 0 to 3600000 milliseconds, a transaction 20000 to 10000000 bytes, and there are 1 to 10000 of them.');
  end if;
  v_terms.wallet_script := publications_to_send.wallet_script;
  v_terms.fee_satoshis_per_kb := publications_to_send.fee_satoshis_per_kb;
  v_terms.dust_satoshis := publications_to_send.dust_satoshis;
  v_terms.is_split := false;
  v_terms.split_count := 0;
  v_terms.split_satoshis := 0;
  v_terms.reserved_until := clock_timestamp() + make_interval(secs => reserve_seconds);

  perform press_private.release_reservations();
  perform press_private.expire_publications();
  v_ids := press_private.replacements_to_sign(v_terms, max_transactions);
  if window_ms = 0 then
    v_each := press_private.reserve_each(v_terms, max_transaction_bytes, max_transactions);
    v_ids := v_ids || v_each;
  end if;
  for v_bundle in select * from press_private.due_bundles(window_ms, max_transaction_bytes, max_transactions) where v_each is null loop
    if v_unpaid = '{}' then
      v_made := array(select press_private.reserve_bundle(v_terms, v_bundle.publication_ids, v_bundle.output_bytes, max_transaction_bytes));
      v_ids := v_ids || v_made;
      v_unpaid := array(select p.id from press.publications p where p.id = any (v_bundle.publication_ids) and p.state = 'queued');
    else
      v_unpaid := v_unpaid || v_bundle.publication_ids;
    end if;
  end loop;
  update press.publications p
  set error_code = 'POOL_EMPTY', error_detail = 'The pool has no coins that pay for it: an operator has to fund it.'
  where p.id = any (v_unpaid) and p.error_code is distinct from 'POOL_EMPTY';

  return query select * from press_private.unsigned_transactions(v_ids);
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.publications_to_send is 'Reserves coins of the wallet (its P2PKH output script in hex) for reserve_seconds (1 to 3600), makes transactions of what is queued, and returns them to be signed: also those that replace others and wait for a signature. window_ms (0 to 3600000): how long records are collected for a common transaction; 0: one each. Fees are of the longest signature. inputs [{txid, output_index, satoshis}], publications [{id, kind, output_index, payload, signature, public_key, expires_at}] in the order of the transaction; its other outputs are split_count times split_satoshis, and change_satoshis if that is not 0, to the wallet. Queued ones whose time is over fail (EXPIRED); those that the pool cannot pay for stay queued (POOL_EMPTY). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.publications_to_send from public;
grant execute on function press_worker.publications_to_send to press_worker;
