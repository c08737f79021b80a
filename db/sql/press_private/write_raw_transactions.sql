create or replace function press_private.write_raw_transactions(transaction_ids bigint[], txids text[], raws bytea[], attempt_seconds integer)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();
begin
  insert into press_private.chain_outputs (transaction_id, output_index, publication_id)
  select g.id, p.index - 1, p.publication_id
  from unnest(write_raw_transactions.transaction_ids) g (id)
  cross join lateral unnest(press_private.reserved_publication_ids(g.id)) with ordinality p (publication_id, index);
  update press.chain_transactions t
  set state = 'sending', txid = g.txid, raw = g.raw, stored_at = v_now,
      attempts = 1, retry_at = v_now + make_interval(secs => attempt_seconds), error_code = null, error_detail = null
  from unnest(write_raw_transactions.transaction_ids, write_raw_transactions.txids, write_raw_transactions.raws) g (id, txid, raw)
  where t.id = g.id;
  update press.utxos u set state = 'unknown', reserved_until = null
  where u.transaction_id = any (write_raw_transactions.transaction_ids) and u.state = 'reserved';
end
$$;
comment on function press_private.write_raw_transactions is 'Stores the bytes of reserved transactions, which are locked and were judged: from here on they may be out.';
revoke all on function press_private.write_raw_transactions from public;
