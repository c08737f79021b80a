/* What was made anew and is not signed yet is taken back: whole where it was made of the queue, else without what stands in this transaction, because the rest of it goes on
   the coins that it has. Whoever has it in hand stores nothing. */
create or replace function press_private.release_rebuilt(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_rebuilt  press.chain_transactions;
begin
  for v_rebuilt in
    select t.* from press.chain_transactions t
    where t.state = 'reserved' and t.id in (
      select p.transaction_id from press_private.chain_outputs o join press.publications p on p.id = o.publication_id and p.transaction_id <> o.transaction_id
      where o.transaction_id = release_rebuilt.transaction_id)
    order by t.id
    for no key update of t
  loop
    if v_rebuilt.replaces_id is null then
      perform press_private.release_transaction(v_rebuilt.id);
      continue;
    end if;
    update press.publications p
    set state = 'queued', transaction_id = null, output_index = null
    from press_private.chain_outputs o
    where o.transaction_id = release_rebuilt.transaction_id and p.id = o.publication_id and p.transaction_id = v_rebuilt.id and p.state <> 'failed';
    if press_private.reserved_publication_ids(v_rebuilt.id) = '{}' then
      update press.chain_transactions t set state = 'released' where t.id = v_rebuilt.id;
      perform press_private.continue_on_coins(v_rebuilt);
    else
      perform press_private.close_ranks(v_rebuilt.id);
      update press.chain_transactions t set epoch = t.epoch + 1, reserved_until = clock_timestamp() where t.id = v_rebuilt.id;
    end if;
  end loop;
end
$$;
comment on function press_private.release_rebuilt is 'Gives up reservations for what a transaction publishes that was given up, and is on the chain after all.';
revoke all on function press_private.release_rebuilt from public;
