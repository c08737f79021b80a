/* A transaction that has lost a coin to another one of ours is given up at once where nothing depends on it: when a block has the other, when nobody can have it, or when all
   that it publishes is in the other. Else it waits for the block, because it may be out, and what only it publishes must not go out twice. */
create or replace function press_private.yield_to_transaction(rival_id bigint, winner press.chain_transactions, is_mined boolean)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_rival  press.chain_transactions;
begin
  select t.* into v_rival from press.chain_transactions t where t.id = yield_to_transaction.rival_id and t.state in ('sending', 'unknown', 'accepted');
  if v_rival.id is null then
    return;
  end if;
  if is_mined or not exists (
      select from press.publications p
      where p.transaction_id = v_rival.id and not exists (
        select from press_private.chain_outputs o where o.transaction_id = winner.id and o.publication_id = p.id)) then
    perform press_private.conflict_transaction(v_rival.id, winner.txid, null, 'A transaction of the press that spends the same coin was accepted.');
  else
    perform press_private.postpone_transaction(v_rival, true, 'CONFLICT', 'A transaction of the press that spends the same coin was accepted; whether it stays so a block will tell.', winner.txid);
  end if;
end
$$;
comment on function press_private.yield_to_transaction is 'What becomes of a transaction of ours whose coin another one of ours has spent.';
revoke all on function press_private.yield_to_transaction from public;
