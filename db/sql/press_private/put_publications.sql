create or replace function press_private.put_publications(transaction_id bigint, publication_ids uuid[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  update press.publications p
  set state = 'processing', transaction_id = put_publications.transaction_id, output_index = i.index - 1,
      after_transaction_id = null, sent_at = null, error_code = null, error_detail = null
  from unnest(put_publications.publication_ids) with ordinality i (publication_id, index)
  where p.id = i.publication_id;
end
$$;
comment on function press_private.put_publications is 'Puts publications into the outputs of a transaction that is reserved, in this order.';
revoke all on function press_private.put_publications from public;
