/* Parents before children: what a child publishes returns to the queue, since its coin can never exist. */
create or replace function press_private.void_outputs(transaction press.chain_transactions)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_coin   press.utxos;
  v_child  press.chain_transactions;
begin
  for v_coin in
    select u.* from press.utxos u where u.from_transaction_id = transaction.id and u.state <> 'dirty' order by u.id for no key update of u
  loop
    select t.* into v_child from press.chain_transactions t where t.id = v_coin.transaction_id for no key update;
    if v_child.state = 'reserved' and v_child.replaces_id is null then
      perform press_private.release_transaction(v_child.id);
    elsif v_child.state = 'reserved' then
      update press.chain_transactions t set state = 'released' where t.id = v_child.id;
    elsif v_child.state in ('sending', 'unknown', 'accepted', 'mined') then
      -- The block that had it has lost its place, as nobody has come to see yet.
      update press.chain_transactions t
      set state = 'accepted', block_hash = null, block_height = null, block_header = null, merkle_index = null, merkle_hashes = null, mined_at = null
      where t.id = v_child.id and t.state = 'mined';
      perform press_private.conflict_transaction(v_child.id, null, array[v_coin.txid || ':' || v_coin.output_index], 'The transaction that pays it was given up.');
    end if;
    update press.utxos u
    set state = 'dirty', transaction_id = null, spent_by_txid = null, reserved_until = null, dirty_reason = 'The transaction that pays it was given up.'
    where u.id = v_coin.id and u.state <> 'dirty';
    if v_child.state = 'reserved' and v_child.replaces_id is not null then
      perform press_private.leave_transaction(v_child);
    end if;
  end loop;
end
$$;
comment on function press_private.void_outputs is 'What a transaction paid to the wallet does not exist, and neither does what was paid with it.';
revoke all on function press_private.void_outputs from public;
