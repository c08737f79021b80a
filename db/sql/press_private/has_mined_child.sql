create or replace function press_private.has_mined_child(transaction_id bigint)
  returns boolean
  language sql stable
begin atomic
  with recursive line as (
    select has_mined_child.transaction_id as id, false as is_mined
    union
    select t.id, t.state = 'mined'
    from line l join press.utxos u on u.from_transaction_id = l.id join press.chain_transactions t on t.id = u.transaction_id
    where not l.is_mined and t.state in ('sending', 'unknown', 'accepted', 'mined')
  )
  select exists (select from line l where l.is_mined);
end;
comment on function press_private.has_mined_child is 'Whether a block has a transaction that spends its change: then a block has this one, whatever is said.';
revoke all on function press_private.has_mined_child from public;
