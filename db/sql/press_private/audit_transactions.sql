/* Every stored transaction is read byte for byte; what it spends and pays is compared with the rows. */
create or replace function press_private.audit_transactions(ids bigint[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a stored transaction is what its rows say', format('press.chain_transactions (%s)', t.id), coalesce(
    b.problem,
    case when i.satoshis is distinct from t.fee_satoshis + t.change_satoshis + t.split_count * t.split_satoshis then 'Its coins do not pay its outputs and its fee.' end,
    format('It has not what one has that is %s, or takes the place of one that spends no coin of it.', t.state))
  from press.chain_transactions t
  cross join lateral (
    select array(select c.publication_id from press_private.chain_outputs c where c.transaction_id = t.id order by c.output_index) as publication_ids) o
  cross join lateral (
    select sum(u.satoshis) as satoshis, bool_and(u.wallet_script = t.wallet_script and u.txid collate "C" ~ '^[0-9a-f]{64}$') as are_its
    from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = t.id) i
  cross join lateral (
    -- In this order: what is no script cannot be compared with bytes.
    select case when i.are_its is not true then 'Its coins are none of its wallet.'
                when press_private.txid_of(t.raw) is distinct from t.txid then 'Its txid is not that of its bytes.'
                else press_private.raw_transaction_problem(t, t.raw, o.publication_ids) end as problem) b
  where (audit_transactions.ids is null or t.id = any (audit_transactions.ids)) and t.raw is not null
    and (b.problem is null
         and i.satoshis = t.fee_satoshis + t.change_satoshis + t.split_count * t.split_satoshis
         and t.state not in ('reserved', 'released') and t.stored_at is not null and t.is_split = (t.split_count > 0) and t.is_split = (t.split_satoshis > 0)
         and (t.state = 'mined') = (t.block_hash is not null) and (t.block_hash is null) = (t.block_height is null)
         and (t.state not in ('accepted', 'mined') or (t.accepted_at is not null and t.may_be_out))
         and t.has_checkpoint = exists (select from press.publications p where p.id = any (o.publication_ids) and p.kind = 'checkpoint')
         and (t.replaces_id is null or t.replaces_id < t.id and exists (
           select from press_private.chain_inputs n join press_private.chain_inputs r on r.utxo_id = n.utxo_id
           where n.transaction_id = t.id and r.transaction_id = t.replaces_id))) is not true
  union all
  select 'a stored transaction is what its rows say', format('press.chain_transactions (%s)', r.transaction_id), 'Rows say what it spends or publishes, and it is not there.'
  from (select i.transaction_id from press_private.chain_inputs i union select o.transaction_id from press_private.chain_outputs o) r
  where audit_transactions.ids is null and not exists (select from press.chain_transactions t where t.id = r.transaction_id);

  return query
  select 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', format('press.chain_transactions (%s)', t.id),
    format('It is %s, and has %s coins with %s satoshis in the pool, that are not given up.', t.state, c.count, c.satoshis)
  from press.chain_transactions t
  cross join lateral (
    select count(*) as count, coalesce(sum(u.satoshis), 0) as satoshis
    from press.utxos u where u.from_transaction_id = t.id and u.txid = t.txid
      and (u.state <> 'dirty' or t.state in ('accepted', 'mined'))) c
  where (audit_transactions.ids is null or t.id = any (audit_transactions.ids)) and (c.count, c.satoshis) is distinct from (
    case when t.state in ('accepted', 'mined') then (t.split_count + (t.change_satoshis > 0)::integer)::bigint else 0 end,
    case when t.state in ('accepted', 'mined') then (t.split_count * t.split_satoshis + t.change_satoshis)::numeric else 0 end);
end
$$;
comment on function press_private.audit_transactions is 'What does not hold of stored transactions, and of what they spend and pay: of those with the ids, or of all (null).';
revoke all on function press_private.audit_transactions from public;
