/* The nodes have it: that counts whoever says so and whenever, also of a transaction that was given up. Then its coins are its own, and whichever transaction of ours had
   them meanwhile has lost them. is_mined: a block has it, which settles what nodes may still disagree about. */
create or replace function press_private.accept_transaction(transaction press.chain_transactions, is_mined boolean)
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_rivals    bigint[] := press_private.lock_rivals(transaction.id);
  v_winner    press.chain_transactions;
  v_given_up  press.chain_transactions[];
begin
  select t.* into v_winner from press.chain_transactions t where t.id = any (v_rivals) and t.state in ('accepted', 'mined') order by t.state desc limit 1;
  if v_winner.id is not null and not is_mined then
    if transaction.state in ('sending', 'unknown') then
      if v_winner.state = 'mined' then
        perform press_private.conflict_transaction(transaction.id, v_winner.txid, null, 'A transaction of the press that spends the same coin is in a block.');
      else
        perform press_private.postpone_transaction(transaction, true, 'CONFLICT', 'A transaction of the press that spends the same coin was accepted before.', v_winner.txid);
      end if;
    end if;
    return false;
  end if;

  if v_rivals <> '{}' then
    update press.chain_transactions t
    set state = 'accepted', block_hash = null, block_height = null, block_header = null, merkle_index = null, merkle_hashes = null, mined_at = null
    where t.id = any (v_rivals) and t.state = 'mined';
    perform press_private.release_transaction(t.id) from press.chain_transactions t where t.id = any (v_rivals) and t.state = 'reserved' and t.replaces_id is null;
    with released as (
      update press.chain_transactions t set state = 'released' where t.id = any (v_rivals) and t.state = 'reserved' returning t.*
    )
    select array_agg(r::press.chain_transactions order by r.id) into v_given_up from released r;
    update press_private.chain_inputs i set is_live = false
    from press_private.chain_inputs o
    where o.transaction_id = transaction.id and i.utxo_id = o.utxo_id and i.is_live and i.transaction_id <> transaction.id;
  end if;
  update press_private.chain_inputs i set is_live = true where i.transaction_id = transaction.id and not i.is_live;

  update press.chain_transactions t
  set state = case when t.state = 'mined' then t.state else 'accepted' end, accepted_at = coalesce(t.accepted_at, clock_timestamp()),
      -- Who took it has just been asked.
      looked_at = clock_timestamp(), may_be_out = true, refused_count = 0, retry_at = null, error_code = null, error_detail = null, competing_txid = null
  where t.id = transaction.id;
  update press.utxos u
  set state = 'spent', transaction_id = transaction.id, spent_by_txid = transaction.txid, reserved_until = null, dirty_reason = null, competing_txid = null
  from press_private.chain_inputs i
  where i.transaction_id = transaction.id and u.id = i.utxo_id and (u.state, u.transaction_id) is distinct from ('spent', transaction.id);
  -- One that was to take the place of another, which may be out: what it publishes stays on the coins that this one leaves it, if it leaves it any.
  perform press_private.leave_transaction(g) from unnest(v_given_up) g;
  perform press_private.add_outputs(array[transaction.id]);
  perform press_private.yield_to_transaction(r.id, transaction, is_mined) from unnest(v_rivals) r (id);
  if transaction.state in ('replaced', 'conflicted', 'rejected') then
    perform press_private.release_rebuilt(transaction.id);
  end if;
  perform press_private.note_sent(array[transaction.id]);
  -- What waited for it, or for one that has lost its coin to it, is free; but what may be out beside it waits until a block has it.
  update press.publications p set after_transaction_id = case when not is_mined and press_private.may_be_out_beside(p.id, transaction.id) then transaction.id end
  from press.chain_transactions t
  where p.after_transaction_id = t.id and t.id = any (transaction.id || v_rivals) and (t.id = transaction.id or t.state in ('released', 'conflicted', 'replaced', 'rejected'));
  return true;
end
$$;
comment on function press_private.accept_transaction is 'Takes a stored transaction, which is locked, for one that the nodes have. False: one that spends the same coin was accepted before, and no block says otherwise.';
revoke all on function press_private.accept_transaction from public;
