/* A coin of the transaction is known to be spent by another one (or can never exist), so it can never be mined: only now may what it publishes go out in another. Where it took
   the place of an earlier transaction, that one must be dead as well, because it may be out with the same publications: else these go on, on the coins that it has.
   outpoints: the coins that are lost; null: all that it has; when another transaction of ours is the competitor, that one has them already. What it paid to the wallet is gone, and
   so is whoever spends it. */
create or replace function press_private.conflict_transaction(transaction_id bigint, competing_txid text, outpoints text[], reason text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_transaction  press.chain_transactions;
begin
  select t.* into strict v_transaction from press.chain_transactions t where t.id = conflict_transaction.transaction_id for no key update;
  if v_transaction.state not in ('sending', 'unknown', 'accepted') then
    return;
  end if;
  update press.chain_transactions t
  set state = 'conflicted', competing_txid = coalesce(conflict_transaction.competing_txid, t.competing_txid), retry_at = null, error_code = 'CONFLICT', error_detail = conflict_transaction.reason
  where t.id = v_transaction.id;
  perform press_private.void_outputs(v_transaction);

  update press.utxos u
  set state = 'dirty', transaction_id = null, spent_by_txid = null, dirty_reason = conflict_transaction.reason,
      -- Of several, nobody knows which one the competitor has spent: an operator may release the others.
      competing_txid = case when conflict_transaction.outpoints is not null or (select count(*) from press_private.chain_inputs n where n.transaction_id = v_transaction.id) = 1
                       then conflict_transaction.competing_txid end
  from press_private.chain_inputs i
  where i.transaction_id = v_transaction.id and u.id = i.utxo_id and u.transaction_id = v_transaction.id
    and coalesce(u.txid || ':' || u.output_index = any (conflict_transaction.outpoints), true)
    and not exists (select from press.chain_transactions o where o.txid = conflict_transaction.competing_txid);
  perform press_private.leave_transaction(v_transaction);
end
$$;
comment on function press_private.conflict_transaction is 'Gives up a transaction of which a coin is spent by another one; its publications return to the queue.';
revoke all on function press_private.conflict_transaction from public;
