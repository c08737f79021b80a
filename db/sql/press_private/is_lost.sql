create or replace function press_private.is_lost(transaction_id bigint)
  returns boolean
  language sql stable
begin atomic
  with recursive line as (
    select t.id, t.replaces_id, t.txid from press.chain_transactions t where t.id = is_lost.transaction_id
    union all
    select t.id, t.replaces_id, t.txid from line l join press.chain_transactions t on t.id = l.replaces_id
  ), root as (
    select l.id from line l where l.replaces_id is null
  )
  select exists (
    select from root r join press_private.chain_inputs i on i.transaction_id = r.id join press.utxos u on u.id = i.utxo_id
    where u.state = 'dirty' or (u.state = 'spent' and u.transaction_id <> is_lost.transaction_id));
end;
comment on function press_private.is_lost is 'Whether a coin that the first in the line of transactions, of which this is the last, has spent is gone: all that came after it spend this coin too.';
revoke all on function press_private.is_lost from public;
