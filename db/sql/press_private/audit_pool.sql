/* The coins and what has become of them: the rows, compared with those of the transactions that have them. Of a few coins no sum is made: that
   each transaction pays what its coins have, and leaves a coin for it, says press_private.audit_transactions. */
create or replace function press_private.audit_pool(ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'what was paid to the pool is there, or went as fees, in satoshis and in coins', format('press.utxos (%s)', s.wallet_script),
    format('Funded and not lost: %s; the fees of transactions that the chain took: %s; unspent: %s.', s.funded, s.fees, s.unspent)
  from (
    select u.wallet_script,
      sum(u.satoshis) filter (where u.from_transaction_id is null and u.state <> 'dirty') as funded,
      coalesce((select sum(t.fee_satoshis) from press.chain_transactions t where t.state in ('accepted', 'mined') and t.wallet_script = u.wallet_script), 0) as fees,
      coalesce(sum(u.satoshis) filter (where u.state in ('available', 'reserved', 'unknown')), 0) as unspent,
      -- A change that somebody else spent was paid, and is lost.
      coalesce(sum(u.satoshis) filter (where u.from_transaction_id is not null and u.state = 'dirty'
        and exists (select from press.chain_transactions t where t.id = u.from_transaction_id and t.state in ('accepted', 'mined'))), 0) as lost
    from press.utxos u where audit_pool.ids is null
    group by u.wallet_script
  ) s
  where coalesce(s.funded, 0) - s.lost - s.fees <> s.unspent;

  return query
  select 'a coin is spent by one transaction that is alive', format('press.utxos (%s)', u.id),
    format('It is %s, its transaction is %s, and these are alive: %s.', u.state, u.transaction_id, i.transaction_ids)
  from press.utxos u
  left join press.chain_transactions t on t.id = u.transaction_id
  left join lateral (
    select array_agg(n.transaction_id order by n.transaction_id) as transaction_ids from press_private.chain_inputs n where n.utxo_id = u.id and n.is_live) i on true
  where (audit_pool.ids is null or u.id = any (audit_pool.ids)) and (case u.state
          when 'reserved' then t.state = 'reserved' and i.transaction_ids = array[u.transaction_id]
          when 'unknown'  then t.state in ('reserved', 'sending', 'unknown') and (t.state <> 'reserved' or t.replaces_id is not null) and i.transaction_ids = array[u.transaction_id]
          when 'spent'    then t.state in ('accepted', 'mined') and t.txid = u.spent_by_txid and i.transaction_ids = array[u.transaction_id]
          else u.transaction_id is null and i.transaction_ids is null end is not true
     or (u.state = 'spent') <> (u.spent_by_txid is not null) or (u.state = 'dirty') <> (u.dirty_reason is not null))
  union all
  select 'a coin is spent by one transaction that is alive', format('press.utxos (%s)', n.utxo_id),
    format('It is not there, and transaction %s, which is alive, has it.', n.transaction_id)
  from press_private.chain_inputs n
  where (audit_pool.ids is null or n.utxo_id = any (audit_pool.ids)) and n.is_live and not exists (select from press.utxos u where u.id = n.utxo_id);
end
$$;
comment on function press_private.audit_pool is 'What does not hold of coins and of who has them: of the coins with the ids, or of all and their sum (null).';
revoke all on function press_private.audit_pool from public;
