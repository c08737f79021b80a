create or replace function press_private.release_rebuilt(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  perform press_private.release_transaction(t.id)
  from (
    select distinct r.id from press_private.chain_outputs o
    join press.publications p on p.id = o.publication_id and p.transaction_id <> o.transaction_id
    join press.chain_transactions r on r.id = p.transaction_id and r.state = 'reserved' and r.replaces_id is null
    where o.transaction_id = release_rebuilt.transaction_id
  ) t;
end
$$;
comment on function press_private.release_rebuilt is 'Gives up reservations for what a transaction publishes that was given up, and is on the chain after all.';
revoke all on function press_private.release_rebuilt from public;
