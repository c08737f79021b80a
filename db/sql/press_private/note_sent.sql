/* What stands in another transaction that may be out stays there: the chain has it twice then, and the audit says so. */
create or replace function press_private.note_sent(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_now          timestamptz := date_trunc('milliseconds', clock_timestamp());
  v_publication  press.publications;
  v_transaction  press.chain_transactions;
begin
  select t.* into strict v_transaction from press.chain_transactions t where t.id = note_sent.transaction_id;

  for v_publication in
    update press.publications p
    set state = 'sent', transaction_id = o.transaction_id, output_index = o.output_index, sent_at = coalesce(o.sent_at, v_now), after_transaction_id = null,
        error_code = null, error_detail = null
    from press_private.chain_outputs o
    where o.transaction_id = v_transaction.id and p.id = o.publication_id
      and (p.state <> 'failed' or p.error_code = 'BROADCAST_REJECTED') and not (p.state = 'sent' and p.transaction_id = v_transaction.id)
      and (p.transaction_id is null or p.transaction_id = v_transaction.id or exists (
        select from press.chain_transactions t where t.id = p.transaction_id and t.state in ('replaced', 'conflicted', 'rejected', 'released')))
    returning p.*
  loop
    update press_private.chain_outputs o set sent_at = v_publication.sent_at
    where o.transaction_id = v_transaction.id and o.publication_id = v_publication.id and o.sent_at is null;
    if found then
      perform press_private.append_entry('publication.sent', null, null,
        press_private.publication_sent_leaf(v_publication, v_transaction.txid, v_publication.sent_at));
    end if;
  end loop;
end
$$;
comment on function press_private.note_sent is 'The publications of an accepted transaction are sent, and the ledger says so once of each and this transaction.';
revoke all on function press_private.note_sent from public;
