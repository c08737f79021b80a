create or replace function press_private.lock_rivals(transaction_id bigint)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  -- Whoever claims one of its coins now waits for these rows, or is waited for.
  perform from press.utxos u join press_private.chain_inputs i on i.utxo_id = u.id
  where i.transaction_id = lock_rivals.transaction_id order by u.id for no key update of u;
  return array(
    select t.id from press.chain_transactions t
    where t.id in (
      select o.transaction_id from press_private.chain_inputs i join press_private.chain_inputs o on o.utxo_id = i.utxo_id
      where i.transaction_id = lock_rivals.transaction_id and o.transaction_id <> lock_rivals.transaction_id)
      and t.state in ('reserved', 'sending', 'unknown', 'accepted', 'mined')
    order by t.id
    for no key update of t);
end
$$;
comment on function press_private.lock_rivals is 'Locks the coins of a transaction, then the others that are alive and spend one of them.';
revoke all on function press_private.lock_rivals from public;
