/* A competitor in the memory of nodes may vanish again, and a coin that a node does not know may come: only of a transaction that nobody can have is that believed at once,
   and whoever has not answered yet may be about to send it. One that may be out waits until a block has the competitor (is_final). Of a competitor that is ours we know more than who told us. */
create or replace function press_private.apply_conflict(
    transaction press.chain_transactions, is_missing boolean, competing_txid text, is_final boolean, outpoints text[], detail text)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_parents  bigint[] := press_private.unmined_parents(transaction.id);
  v_rival    press.chain_transactions;
  v_code     text := case when is_missing then 'MISSING_INPUTS' else 'CONFLICT' end;
begin
  select t.* into v_rival from press.chain_transactions t
  where t.txid = apply_conflict.competing_txid and t.id <> transaction.id and exists (
    select from press_private.chain_inputs i join press_private.chain_inputs o on o.utxo_id = i.utxo_id and o.transaction_id = t.id
    where i.transaction_id = transaction.id)
  for no key update of t;
  if competing_txid = transaction.txid then
    -- It has met itself: somebody has it.
    perform press_private.postpone_transaction(transaction, true, v_code, detail);
  elsif v_rival.id is not null then
    perform press_private.postpone_transaction(transaction, true, v_code, detail, competing_txid);
    perform press_private.accept_transaction(v_rival, is_final);
  elsif exists (select from press.chain_transactions t where t.txid = apply_conflict.competing_txid) then
    -- One of ours that spends no coin of it: whoever says so is wrong.
    perform press_private.postpone_transaction(transaction, true, v_code, detail);
  elsif is_missing and not is_final and v_parents <> '{}' then
    update press.chain_transactions t set retry_at = clock_timestamp() where t.id = any (v_parents) and t.state = 'accepted';
    perform press_private.postpone_transaction(transaction, false, v_code, detail);
  elsif (is_final or not (transaction.may_be_out or transaction.state = 'accepted' or transaction.answered_attempt < transaction.attempts))
        and press_private.is_conflict_told(transaction.id, outpoints) and not press_private.has_mined_child(transaction.id) then
    perform press_private.conflict_transaction(transaction.id, competing_txid, outpoints,
      coalesce(left(detail, 1000), case when is_missing then 'It does not exist, or a transaction of somebody else has spent it.' else 'A transaction of somebody else spends it.' end));
  else
    perform press_private.postpone_transaction(transaction, true, v_code, detail, competing_txid);
  end if;
end
$$;
comment on function press_private.apply_conflict is 'Writes what follows from the news that a coin of a transaction, which is locked, is spent by another one, or is not there.';
revoke all on function press_private.apply_conflict from public;
