/* Only of what was never stored: whoever claimed it and comes too late finds it released, and nobody has anything to send. */
create or replace function press_private.release_transaction(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  update press.chain_transactions t set state = 'released' where t.id = release_transaction.transaction_id and t.state = 'reserved';
  if found then
    perform press_private.free_coins(release_transaction.transaction_id);
    perform press_private.queue_publications(release_transaction.transaction_id);
  end if;
end
$$;
comment on function press_private.release_transaction is 'Gives up a reservation: its coins are available again, and its publications queued.';
revoke all on function press_private.release_transaction from public;
