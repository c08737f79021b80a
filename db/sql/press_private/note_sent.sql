/* What stands in another transaction that may be out stays there: the chain has it twice then, and the audit says so. */
create or replace function press_private.note_sent(transaction_ids bigint[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_now  timestamptz := date_trunc('milliseconds', clock_timestamp());
begin
  with sent as (
    update press.publications p
    set state = 'sent', transaction_id = o.transaction_id, output_index = o.output_index, sent_at = coalesce(o.sent_at, v_now), after_transaction_id = null,
        error_code = null, error_detail = null
    from press_private.chain_outputs o
    where o.transaction_id = any (note_sent.transaction_ids) and p.id = o.publication_id
      and (p.state <> 'failed' or p.error_code = 'BROADCAST_REJECTED') and not (p.state = 'sent' and p.transaction_id = o.transaction_id)
      and (p.transaction_id is null or p.transaction_id = o.transaction_id or exists (
        select from press.chain_transactions t where t.id = p.transaction_id and t.state in ('replaced', 'conflicted', 'rejected', 'released')))
    returning p.transaction_id, p.output_index, p.sent_at, p as publication
  ), told as (
    update press_private.chain_outputs o set sent_at = s.sent_at
    from sent s
    where o.transaction_id = s.transaction_id and o.output_index = s.output_index and o.sent_at is null
    returning s.*
  )
  -- As press_private.append_entry does with each.
  insert into press_private.ledger_inbox (type, leaf)
  select 'publication.sent', press_private.publication_sent_leaf(n.publication, t.txid, n.sent_at)
  from told n join press.chain_transactions t on t.id = n.transaction_id
  order by n.transaction_id, n.output_index;
end
$$;
comment on function press_private.note_sent is 'The publications of accepted transactions, of which no two have the same, are sent, and the ledger says so once of each and its transaction.';
revoke all on function press_private.note_sent from public;
