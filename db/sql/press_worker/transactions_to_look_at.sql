/* What is mined is looked at again whenever the chain has a new end, because a block may lose its place; after a hundred blocks it cannot any more. */
create or replace function press_worker.transactions_to_look_at(batch_size integer, interval_seconds integer)
  returns table (transaction_id bigint, txid text, state press.chain_transaction_state)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now     timestamptz := clock_timestamp();
  v_before  timestamptz := v_now - make_interval(secs => transactions_to_look_at.interval_seconds);
  v_tip     press_private.chain_tip;
begin
  perform press_private.require_running();
  if (batch_size between 1 and 10000 and interval_seconds between 0 and 86400) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 10000 transactions, an interval 0 to 86400 seconds.');
  end if;
  select * into v_tip from press_private.chain_tip;

  return query
  with open as (
    select t.id from press.chain_transactions t
    where t.state in ('unknown', 'accepted') and (t.looked_at is null or t.looked_at <= v_before)
    order by t.looked_at nulls first
    limit transactions_to_look_at.batch_size
    for no key update of t skip locked
  ), buried as (
    select t.id from press.chain_transactions t
    where t.state = 'mined' and t.block_height > v_tip.height - 100 and t.looked_at < v_tip.seen_at
    order by t.block_height
    limit transactions_to_look_at.batch_size
    for no key update of t skip locked
  )
  update press.chain_transactions t set looked_at = v_now
  from (select o.id from open o union all select b.id from buried b limit transactions_to_look_at.batch_size) l
  where t.id = l.id
  returning t.id, t.txid, t.state;
end
$$;
comment on function press_worker.transactions_to_look_at is 'Up to batch_size (1 to 10000) transactions to be looked for: those that no block has, each interval_seconds (0 to 86400) at most; and after each change of the tip those with fewer than 100 confirmations. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.transactions_to_look_at from public;
grant execute on function press_worker.transactions_to_look_at to press_worker;
