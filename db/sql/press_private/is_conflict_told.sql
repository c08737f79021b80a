create or replace function press_private.is_conflict_told(transaction_id bigint, outpoints text[])
  returns boolean
  language sql stable
begin atomic
  with recursive line as (
    select t.id, t.replaces_id from press.chain_transactions t where t.id = is_conflict_told.transaction_id
    union all
    select t.id, t.replaces_id from line l join press.chain_transactions t on t.id = l.replaces_id
  )
  select case when is_conflict_told.outpoints is null then
    (select count(*) from press_private.chain_inputs i where i.transaction_id = is_conflict_told.transaction_id)
      = (select count(*) from press_private.chain_inputs i join line l on l.id = i.transaction_id and l.replaces_id is null)
  else exists (
    select from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id
    where i.transaction_id = is_conflict_told.transaction_id and u.txid || ':' || u.output_index = any (is_conflict_told.outpoints)) end;
end;
comment on function press_private.is_conflict_told is 'Whether it is known that one of these coins of a transaction is gone. When nobody tells which, it may be one that the transaction has beyond those of the one that it replaces, and that says nothing about this.';
revoke all on function press_private.is_conflict_told from public;
