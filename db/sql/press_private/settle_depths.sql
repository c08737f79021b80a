/* From a transaction to those that spend its change, and theirs, as far as something changes: there are never more than twenty in a line. */
create or replace function press_private.settle_depths(transaction_id bigint)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_depth  integer;
begin
  select case when t.state = 'mined' then 0 else 1 + (select max(u.depth) from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = t.id) end
  into v_depth from press.chain_transactions t where t.id = settle_depths.transaction_id;
  update press.chain_transactions t set depth = v_depth where t.id = settle_depths.transaction_id and t.depth <> v_depth;
  update press.utxos u set depth = v_depth where u.from_transaction_id = settle_depths.transaction_id and u.depth <> v_depth;
  if found then
    perform press_private.settle_depths(c.transaction_id)
    from (
      select distinct i.transaction_id from press.utxos u join press_private.chain_inputs i on i.utxo_id = u.id and i.is_live
      where u.from_transaction_id = settle_depths.transaction_id
    ) c;
  end if;
end
$$;
comment on function press_private.settle_depths is 'How long the line of transactions before it is of which no block has any: written anew for a transaction and all that spend what it pays.';
revoke all on function press_private.settle_depths from public;
