/* The coins and what has become of them. Every stored transaction is read byte for byte; what it spends and pays is compared with the rows, and those with each other. */
create or replace function press_private.audit_pool()
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
    from press.utxos u
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
  where case u.state
          when 'reserved' then t.state = 'reserved' and i.transaction_ids = array[u.transaction_id]
          when 'unknown'  then t.state in ('reserved', 'sending', 'unknown') and (t.state <> 'reserved' or t.replaces_id is not null) and i.transaction_ids = array[u.transaction_id]
          when 'spent'    then t.state in ('accepted', 'mined') and t.txid = u.spent_by_txid and i.transaction_ids = array[u.transaction_id]
          else i.transaction_ids is null end is not true;

  return query
  select 'a stored transaction is what its rows say', format('press.chain_transactions (%s)', t.id), coalesce(
    case when press_private.txid_of(t.raw) <> t.txid then 'Its txid is not that of its bytes.' end,
    press_private.raw_transaction_problem(t, t.raw, o.publication_ids), 'Its coins do not pay its outputs and its fee.')
  from press.chain_transactions t
  cross join lateral (
    select array(select c.publication_id from press_private.chain_outputs c where c.transaction_id = t.id order by c.output_index) as publication_ids) o
  cross join lateral (
    select sum(u.satoshis) as satoshis from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = t.id) i
  where t.raw is not null
    and (press_private.txid_of(t.raw) = t.txid and press_private.raw_transaction_problem(t, t.raw, o.publication_ids) is null
         and i.satoshis = t.fee_satoshis + t.change_satoshis + t.split_count * t.split_satoshis) is not true;

  return query
  select 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', format('press.chain_transactions (%s)', t.id),
    format('It is %s, and has %s coins with %s satoshis in the pool, that are not given up.', t.state, c.count, c.satoshis)
  from press.chain_transactions t
  cross join lateral (
    select count(*) as count, coalesce(sum(u.satoshis), 0) as satoshis
    from press.utxos u where u.from_transaction_id = t.id and u.txid = t.txid
      and (u.state <> 'dirty' or t.state in ('accepted', 'mined'))) c
  where (c.count, c.satoshis) is distinct from (
    case when t.state in ('accepted', 'mined') then (t.split_count + (t.change_satoshis > 0)::integer)::bigint else 0 end,
    case when t.state in ('accepted', 'mined') then (t.split_count * t.split_satoshis + t.change_satoshis)::numeric else 0 end);
end
$$;
comment on function press_private.audit_pool is 'What does not hold of coins and of the transactions that spend them.';
revoke all on function press_private.audit_pool from public;
