create or replace function press_private.put_publications(transaction_ids bigint[], publication_ids uuid[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
begin
  update press.publications p
  set state = 'processing', transaction_id = i.transaction_id, output_index = i.output_index,
      after_transaction_id = null, sent_at = null, error_code = null, error_detail = null
  from (
    select g.transaction_id, g.publication_id, row_number() over (partition by g.transaction_id order by g.index) - 1 as output_index
    from unnest(put_publications.transaction_ids, put_publications.publication_ids) with ordinality g (transaction_id, publication_id, index)
  ) i
  where p.id = i.publication_id;
end
$$;
comment on function press_private.put_publications is 'Puts publications into the outputs of transactions that are reserved, each into the one beside it, in this order.';
revoke all on function press_private.put_publications from public;
