create or replace function press_private.store_transaction(transaction_id bigint, epoch integer, txid text, raw bytea, attempt_seconds integer, out outcome text, out detail text)
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_now           timestamptz;
  v_transaction   press.chain_transactions;
  v_publications  uuid[];
begin
  select t.* into v_transaction from press.chain_transactions t where t.id = store_transaction.transaction_id for no key update;
  v_now := clock_timestamp();  -- after the lock was waited for
  if v_transaction.raw = store_transaction.raw then
    outcome := 'repeated';
    return;
  end if;
  if (v_transaction.state = 'reserved' and v_transaction.epoch = store_transaction.epoch and v_transaction.reserved_until > v_now) is not true then
    outcome := 'refused';
    return;
  end if;
  v_publications := press_private.reserved_publication_ids(v_transaction.id);
  detail := case when press_private.txid_of(store_transaction.raw) <> store_transaction.txid then 'Its txid is not that of its bytes.'
            when exists (select from press.chain_transactions t where t.txid = store_transaction.txid) then 'It is another transaction, which was stored before.'
            else press_private.raw_transaction_problem(v_transaction, store_transaction.raw, v_publications) end;
  if detail is not null then
    outcome := 'invalid';
    return;
  end if;

  update press.chain_transactions t
  set state = 'sending', txid = store_transaction.txid, raw = store_transaction.raw, stored_at = v_now,
      attempts = 1, retry_at = v_now + make_interval(secs => attempt_seconds), error_code = null, error_detail = null
  where t.id = v_transaction.id;
  update press.utxos u set state = 'unknown', reserved_until = null
  from press_private.chain_inputs i
  where i.transaction_id = v_transaction.id and u.id = i.utxo_id and u.state = 'reserved' and u.transaction_id = i.transaction_id;
  insert into press_private.chain_outputs (transaction_id, output_index, publication_id)
  select v_transaction.id, p.index - 1, p.publication_id from unnest(v_publications) with ordinality p (publication_id, index);
  outcome := 'stored';
end
$$;
comment on function press_private.store_transaction is 'What press_worker.store_transactions does with each.';
revoke all on function press_private.store_transaction from public;
