create or replace function press_private.unsigned_transactions(transaction_ids bigint[])
  returns setof press_private.unsigned_transaction_record
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  return query
  select t.id, t.epoch, t.wallet_script,
    (select jsonb_agg(jsonb_build_object('txid', u.txid, 'output_index', u.output_index, 'satoshis', u.satoshis) order by i.input_index)
     from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = t.id),
    (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'kind', p.kind, 'output_index', p.output_index, 'payload', p.payload,
       'signature', p.signature, 'public_key', k.public_key, 'expires_at', press_private.rfc3339(p.expires_at)) order by p.output_index), '[]')
     from press.publications p left join press.publishing_keys k on k.id = p.key_id where p.transaction_id = t.id and p.state = 'processing'),
    t.split_count, t.split_satoshis, t.change_satoshis, t.fee_satoshis
  from unnest(unsigned_transactions.transaction_ids) x (id)
  join press.chain_transactions t on t.id = x.id;
end
$$;
comment on function press_private.unsigned_transactions is 'What there is to sign of transactions that are reserved.';
revoke all on function press_private.unsigned_transactions from public;
