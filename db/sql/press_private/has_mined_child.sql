create or replace function press_private.has_mined_child(transaction_id bigint)
  returns boolean
  language sql stable
begin atomic
  select exists (
    select from press.utxos u join press.chain_transactions t on t.id = u.transaction_id and t.state = 'mined'
    where u.from_transaction_id = has_mined_child.transaction_id);
end;
comment on function press_private.has_mined_child is 'Whether a block has a transaction that spends its change: then a block has this one, whatever is said.';
revoke all on function press_private.has_mined_child from public;
