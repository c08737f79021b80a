create or replace function press_private.add_outputs(transaction_ids bigint[])
  returns void
  language sql volatile
begin atomic
  insert into press.utxos as u (txid, output_index, wallet_script, satoshis, from_transaction_id, depth)
  select t.txid, n.index, t.wallet_script, case when n.index < c.count + t.split_count then t.split_satoshis else t.change_satoshis end, t.id,
    case when t.state = 'mined' then 0 else t.depth end
  from unnest(add_outputs.transaction_ids) g (id)
  join press.chain_transactions t on t.id = g.id
  cross join lateral (select count(*) as count from press_private.chain_outputs o where o.transaction_id = t.id) c
  cross join lateral generate_series(c.count, c.count + t.split_count - (t.change_satoshis = 0)::integer) n (index)
  on conflict on constraint utxos_outpoint_key
  do update set state = 'available', dirty_reason = null, competing_txid = null
  where u.from_transaction_id = excluded.from_transaction_id and u.state = 'dirty' and u.dirty_reason = 'The transaction that pays it was given up.';
end;
comment on function press_private.add_outputs is 'What accepted transactions pay to the wallet comes into the pool, or back into it when the transaction had been given up.';
revoke all on function press_private.add_outputs from public;
