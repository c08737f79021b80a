create or replace function press_private.audit_outputs(publication_ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'a publication is as far as its transaction', format('press.publications (%s)', p.id),
    format('It is %s, output %s of transaction %s, which is %s; it waits for transaction %s.', p.state, p.output_index, p.transaction_id, coalesce(t.state::text, 'none'), p.after_transaction_id)
  from press.publications p
  left join press.chain_transactions t on t.id = p.transaction_id
  left join press_private.chain_outputs o on o.transaction_id = p.transaction_id and o.publication_id = p.id
  left join press.chain_transactions a on a.id = p.after_transaction_id
  where (audit_outputs.publication_ids is null or p.id = any (audit_outputs.publication_ids)) and case p.state
          when 'queued'     then p.transaction_id is null and (a.id is null or a.state in ('reserved', 'sending', 'unknown', 'accepted'))
          when 'processing' then t.state = 'reserved' or (t.state = 'sending' and o.output_index = p.output_index)
          when 'unknown'    then t.state = 'unknown' and o.output_index = p.output_index
          when 'sent'       then t.state in ('accepted', 'mined') and o.output_index = p.output_index and o.sent_at = p.sent_at
          when 'failed'     then p.error_code is not null and (p.transaction_id is null or t.state = 'rejected') end is not true;

  return query
  select 'a publication stands on the chain once', format('press.publications (%s)', o.publication_id),
    format('It is in the transactions %s.', array_agg(t.txid order by t.id))
  from press_private.chain_outputs o
  join press.chain_transactions t on t.id = o.transaction_id and t.state in ('accepted', 'mined')
  where audit_outputs.publication_ids is null or o.publication_id = any (audit_outputs.publication_ids)
  group by o.publication_id
  having count(*) > 1;
end
$$;
comment on function press_private.audit_outputs is 'What does not hold between publications and the transactions that carry them: of the publications with the ids, or of all (null).';
revoke all on function press_private.audit_outputs from public;
