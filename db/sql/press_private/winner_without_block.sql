create or replace function press_private.winner_without_block(transaction_id bigint)
  returns bigint
  language sql stable
begin atomic
  with recursive line as (
    select t.id, t.replaces_id from press.chain_transactions t where t.id = winner_without_block.transaction_id
    union all
    select t.id, t.replaces_id from line l join press.chain_transactions t on t.id = l.replaces_id
  ), gone as (
    select u.state, w.id, w.state as winner_state
    from line l
    join press_private.chain_inputs i on i.transaction_id = l.id
    join press.utxos u on u.id = i.utxo_id
    left join press.chain_transactions w on w.id = u.transaction_id
    where l.replaces_id is null and (u.state = 'dirty' or (u.state = 'spent' and u.transaction_id <> winner_without_block.transaction_id))
  )
  select case when bool_and(g.winner_state is not distinct from 'accepted') then max(g.id) end from gone g;
end;
comment on function press_private.winner_without_block is 'Where all that press_private.is_lost says of a transaction rests on transactions of ours that nodes have, and no block yet: the last of these; null: it is lost for good, or not lost.';
revoke all on function press_private.winner_without_block from public;
