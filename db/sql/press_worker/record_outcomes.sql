/* Writes what came of attempts to send. One answer after the other, by the ids of the transactions, which is the order of locks among workers; what follows for others (a coin
   that two of ours spend, a child of one that was given up) is locked as it is come upon, and whoever waits in a circle is told RETRY. */
create or replace function press_worker.record_outcomes(outcomes jsonb)
  returns table (transaction_id bigint, state press.chain_transaction_state, effect text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_given        press_private.outcome_record;
  v_transaction  press.chain_transactions;
  v_accepted     bigint[];
begin
  perform press_private.require_running();
  perform press_private.require_outcomes(outcomes);

  v_accepted := (
    select press_private.accept_undisputed(array_agg(g.transaction_id), array_agg(g.attempt), false)
    from jsonb_populate_recordset(null::press_private.outcome_record, outcomes) g where g.outcome = 'accepted');
  for v_given in
    select g.* from jsonb_populate_recordset(null::press_private.outcome_record, outcomes) g order by g.transaction_id
  loop
    if v_given.outcome = 'accepted' and v_given.transaction_id = any (v_accepted) then
      transaction_id := v_given.transaction_id;
      state := 'accepted';
      effect := 'recorded';
      return next;
      continue;
    end if;
    select t.* into v_transaction from press.chain_transactions t where t.id = v_given.transaction_id for no key update;
    effect := case when v_transaction.raw is not null and press_private.apply_outcome(v_transaction, v_given) then 'recorded' else 'ignored' end;
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
comment on function press_worker.record_outcomes is 'Records answers: [{transaction_id, attempt, outcome, detail, competing_txid, is_final, is_seen, outpoints}]. outcome: accepted, unknown, conflict, missing_inputs, fee_too_low or rejected. is_seen: whether it was found by its txid after the answer (null: nobody could look); only what was not found is ever given up. is_final: a block has the competitor, or there is no trace of the transaction and its coin is spent in a block. outpoints: the coins ("txid:index") that the competitor spends (null: not known). effect: recorded, or ignored (another attempt was made since, or its fate is known). Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.record_outcomes from public;
grant execute on function press_worker.record_outcomes to press_worker;
