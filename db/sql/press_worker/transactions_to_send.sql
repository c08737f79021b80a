/* Hands out the bytes of transactions whose fate is not known, and of accepted ones that the nodes have lost: always those that were stored. Whoever had one before and did not
   answer may still have it, and may send it tomorrow: from then on only what cannot be mined any more is given up. */
create or replace function press_worker.transactions_to_send(batch_size integer, attempt_seconds integer)
  returns table (transaction_id bigint, attempt integer, txid text, raw text, state press.chain_transaction_state, competing_txid text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
begin
  perform press_private.require_running();
  if (batch_size between 1 and 1000 and attempt_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 transactions, an attempt 1 to 3600 seconds.');
  end if;

  -- Nothing waits for more than an hour, unless the clock was set back meanwhile.
  if exists (select from press.chain_transactions t where t.state in ('sending', 'unknown', 'accepted') and t.retry_at is not null and t.retry_at > v_now + interval '61 minutes') then
    update press.chain_transactions t set retry_at = v_now
    where t.id in (
      select o.id from press.chain_transactions o
      where o.state in ('sending', 'unknown', 'accepted') and o.retry_at is not null and o.retry_at > v_now + interval '61 minutes'
      order by o.id for no key update skip locked);
  end if;

  return query
  with due as (
    select t.id from press.chain_transactions t
    where t.state in ('sending', 'unknown', 'accepted') and t.retry_at is not null and t.retry_at <= v_now
    order by t.retry_at
    limit transactions_to_send.batch_size
    for no key update of t skip locked
  ), claimed as (
    update press.chain_transactions t
    set attempts = t.attempts + 1, may_be_out = t.may_be_out or t.answered_attempt < t.attempts, retry_at = v_now + make_interval(secs => transactions_to_send.attempt_seconds)
    from due d
    where t.id = d.id
    returning t.*
  )
  select c.id, c.attempts, c.txid, encode(c.raw, 'hex'), c.state, c.competing_txid from claimed c
  order by c.id;  -- a transaction is made when those that it spends were accepted
end
$$;
comment on function press_worker.transactions_to_send is 'Up to batch_size (1 to 1000) stored transactions to be sent again, parents before children, each for attempt_seconds (1 to 3600): what is answered later counts only if it was accepted. raw: hex. competing_txid: which other one was said to spend a coin of it. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.transactions_to_send from public;
grant execute on function press_worker.transactions_to_send to press_worker;
