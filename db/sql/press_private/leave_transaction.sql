/* The one rule. What was sent once may be out for ever, whoever says that it was refused: a publication goes on to other coins only when a coin of everything that it was ever
   sent in is gone. Where a transaction took the place of others, they all spend what the first of them spends. A coin that one of ours has spent without a block may come back:
   what may be out besides waits for the block. */
create or replace function press_private.leave_transaction(transaction press.chain_transactions)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_winner_id  bigint;
  v_free       uuid[];
begin
  if press_private.is_lost(transaction.id) then
    v_winner_id := press_private.winner_without_block(transaction.id);
    v_free := press_private.reserved_publication_ids(transaction.id)
      || array(select p.id from press.publications p where p.after_transaction_id = transaction.id order by p.id);
    perform press_private.free_coins(transaction.id);
    perform press_private.queue_publications(transaction.id);
    update press.publications p
    set after_transaction_id = case when press_private.may_be_out_beside(p.id, v_winner_id) then v_winner_id end
    where p.id = any (v_free) and p.state = 'queued';
  else
    perform press_private.replace_transaction(transaction, press_private.reserved_publication_ids(transaction.id), clock_timestamp());
  end if;
end
$$;
comment on function press_private.leave_transaction is 'What was in a transaction that is given up returns to the queue, or where an earlier one with the same publications may be out, goes on in its place.';
revoke all on function press_private.leave_transaction from public;
