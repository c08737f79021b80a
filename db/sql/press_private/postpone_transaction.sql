create or replace function press_private.postpone_transaction(
    transaction press.chain_transactions, may_be_out boolean, error_code text, error_detail text, competing_txid text default null, wait interval default null)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press.chain_transactions t
  set state = case when t.state = 'sending' then 'unknown' else t.state end,
      may_be_out = t.may_be_out or postpone_transaction.may_be_out,
      -- Twice as long each time, from two seconds to five minutes.
      retry_at = clock_timestamp() + coalesce(postpone_transaction.wait, make_interval(secs => least(300, 2 ^ least(t.attempts, 9)))),
      error_code = postpone_transaction.error_code,
      error_detail = left(postpone_transaction.error_detail, 1000),
      competing_txid = coalesce(postpone_transaction.competing_txid, t.competing_txid)
  where t.id = transaction.id;
  update press.publications p set state = 'unknown' where p.transaction_id = transaction.id and p.state = 'processing' and transaction.state = 'sending';
end
$$;
comment on function press_private.postpone_transaction is 'Nothing that could be believed was said of a transaction: the same bytes are sent again, later.';
revoke all on function press_private.postpone_transaction from public;
