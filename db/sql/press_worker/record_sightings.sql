/* As press_worker.record_outcomes, of what was found by looking for transactions. */
create or replace function press_worker.record_sightings(sightings jsonb)
  returns table (transaction_id bigint, state press.chain_transaction_state)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_given        press_private.sighting_record;
  v_transaction  press.chain_transactions;
  v_mined        bigint[];
begin
  perform press_private.require_running();
  perform press_private.require_sightings(sightings);

  v_mined := (
    select press_private.mine_undisputed(array_agg(g))
    from jsonb_populate_recordset(null::press_private.sighting_record, sightings) g where g.sighting = 'mined');
  for v_given in
    select g.* from jsonb_populate_recordset(null::press_private.sighting_record, sightings) g order by g.transaction_id
  loop
    if v_given.sighting = 'mined' and v_given.transaction_id = any (v_mined) then
      transaction_id := v_given.transaction_id;
      state := 'mined';
      return next;
      continue;
    end if;
    select t.* into v_transaction from press.chain_transactions t where t.id = v_given.transaction_id for no key update;
    if v_transaction.raw is not null then
      perform press_private.apply_sighting(v_transaction, v_given);
    end if;
    select t.id, t.state into transaction_id, state from press.chain_transactions t where t.id = v_given.transaction_id;
    return next;
  end loop;
  set constraints press._200_guard_transaction immediate;  -- see press_private.tg_publications__guard_transaction
  set constraints press._200_guard_transaction deferred;
  perform pg_notify('press_publications', '');  -- a hint that wakes whoever waits; it says nothing
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected or unique_violation then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.record_sightings is 'Records where transactions were seen: [{transaction_id, sighting, block_hash, block_height, header, merkle_index, merkle_hashes, competing_txid, competing_is_mined, outpoints, detail}]. sighting: mined (its block, and if known its header and the path to its root), mempool, unseen (looked for where it should be, and not there), conflicted (another transaction spends a coin of it) or unknown. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.record_sightings from public;
grant execute on function press_worker.record_sightings to press_worker;
