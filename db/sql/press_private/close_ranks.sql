/* In two steps, because an output has one publication at every moment, also while they move. */
create or replace function press_private.close_ranks(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press.publications p
  set output_index = -n.index
  from unnest(press_private.reserved_publication_ids(close_ranks.transaction_id)) with ordinality n (publication_id, index)
  where p.id = n.publication_id;
  update press.publications p set output_index = -p.output_index - 1 where p.transaction_id = close_ranks.transaction_id and p.output_index < 0;
  update press.chain_transactions t
  set has_checkpoint = exists (select from press.publications p where p.transaction_id = t.id and p.kind = 'checkpoint')
  where t.id = close_ranks.transaction_id;
end
$$;
comment on function press_private.close_ranks is 'Numbers the outputs of the publications that a reserved transaction has, from 0.';
revoke all on function press_private.close_ranks from public;
