/* Why publications wait for coins, for the log of whoever could send them. What is on its way pays change when it is accepted: while there is any, nothing has to be done. */
create or replace function press_worker.pool_shortage(wallet_script text)
  returns table (publication_count integer, reason text)
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_has_coins   boolean := exists (
    select from press.utxos u where u.state = 'available' and u.depth < 20 and u.wallet_script = pool_shortage.wallet_script
  ) or exists (
    select from press.utxos u
    where u.spent_by_txid is null and u.state in ('available', 'reserved', 'unknown') and u.wallet_script = pool_shortage.wallet_script);
  v_is_strange  boolean := not v_has_coins and exists (
    select from press.utxos u where u.spent_by_txid is null and u.state in ('available', 'reserved', 'unknown'));
begin
  publication_count := (
    select count(*) from (
      select from press.publications p where p.state = 'queued' and p.error_code = 'POOL_EMPTY' limit 10000) p);
  if v_is_strange then
    reason := 'other_wallet';
  elsif publication_count > 0 and not exists (
      select from press.chain_transactions t where t.state = 'reserved' and t.replaces_id is null and t.wallet_script = pool_shortage.wallet_script)
    and not exists (
      select from press.chain_transactions t where t.state = 'sending' and t.wallet_script = pool_shortage.wallet_script) then
    reason := case when exists (
      select from press.utxos u
      where u.spent_by_txid is null and u.state = 'available' and u.depth >= 20 and u.wallet_script = pool_shortage.wallet_script)
      then 'unmined' else 'empty' end;
  end if;
  return next;
end
$$;
comment on function press_worker.pool_shortage is 'One row: how many publications wait for coins (10000 at most), and what has to be done for them: empty (the wallet, its P2PKH output script in hex, has to be paid), unmined (a block frees coins that it has), other_wallet (all coins are another wallet''s, also when nothing waits); null: nothing.';
revoke all on function press_worker.pool_shortage from public;
grant execute on function press_worker.pool_shortage to press_worker;
