create or replace function press_private.judge_raw_transaction(transaction press.chain_transactions, epoch integer, txid text, raw bytea, out outcome text, out detail text)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  if transaction.raw = judge_raw_transaction.raw then
    outcome := 'repeated';
  elsif (transaction.state = 'reserved' and transaction.epoch = judge_raw_transaction.epoch and transaction.reserved_until > clock_timestamp()) is not true then
    outcome := 'refused';
  elsif press_private.txid_of(judge_raw_transaction.raw) <> judge_raw_transaction.txid then
    outcome := 'invalid';
    detail := 'Its txid is not that of its bytes.';
  elsif exists (select from press.chain_transactions t where t.txid = judge_raw_transaction.txid) then
    outcome := 'invalid';
    detail := 'It is another transaction, which was stored before.';
  else
    detail := press_private.raw_transaction_problem(transaction, judge_raw_transaction.raw, press_private.reserved_publication_ids(transaction.id));
    outcome := case when detail is null then 'stored' else 'invalid' end;
  end if;
end
$$;
comment on function press_private.judge_raw_transaction is 'What press_worker.store_transactions answers of a transaction, which is locked, whose bytes it was brought.';
revoke all on function press_private.judge_raw_transaction from public;
