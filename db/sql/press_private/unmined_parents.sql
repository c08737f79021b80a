create or replace function press_private.unmined_parents(transaction_id bigint)
  returns bigint[]
  language sql stable
begin atomic
  select coalesce(array_agg(distinct t.id), '{}')
  from press_private.chain_inputs i
  join press.utxos u on u.id = i.utxo_id
  join press.chain_transactions t on t.id = u.from_transaction_id
  where i.transaction_id = unmined_parents.transaction_id and t.state <> 'mined';
end;
comment on function press_private.unmined_parents is 'The transactions that a transaction spends the change of, and that no block has.';
revoke all on function press_private.unmined_parents from public;
