/* The one rule. What was sent once may be out for ever, whoever says that it was refused: a publication goes on to other coins only when a coin of everything that it was ever
   sent in is gone. Where a transaction took the place of others, they all spend what the first of them spends. */
create or replace function press_private.leave_transaction(transaction press.chain_transactions)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  if press_private.is_lost(transaction.id) then
    perform press_private.free_coins(transaction.id);
    perform press_private.queue_publications(transaction.id);
    update press.publications p set after_transaction_id = null where p.after_transaction_id = transaction.id;
  else
    perform press_private.replace_transaction(transaction, press_private.reserved_publication_ids(transaction.id), clock_timestamp());
  end if;
end
$$;
comment on function press_private.leave_transaction is 'What was in a transaction that is given up returns to the queue, or where an earlier one with the same publications may be out, goes on in its place.';
revoke all on function press_private.leave_transaction from public;
