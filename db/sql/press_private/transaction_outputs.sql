/* The one place that says what a transaction pays: what is signed is held to it byte for byte, and the audit holds to it what was stored. */
create or replace function press_private.transaction_outputs(transaction press.chain_transactions, publication_ids uuid[])
  returns bytea
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_wallet   bytea := decode(transaction.wallet_script, 'hex');
  v_scripts  bytea[];
  v_change   bytea := ''::bytea;
begin
  select coalesce(array_agg(press_private.publication_script(p.payload, p.signature, k.public_key) order by i.index), '{}') into v_scripts
  from unnest(transaction_outputs.publication_ids) with ordinality i (publication_id, index)
  join press.publications p on p.id = i.publication_id
  left join press.publishing_keys k on k.id = p.key_id;

  if transaction.change_satoshis > 0 then
    v_change := press_private.little_endian_bytes(transaction.change_satoshis, 8) || '\x19'::bytea || v_wallet;
  end if;
  return press_private.compact_size(cardinality(v_scripts) + transaction.split_count + (transaction.change_satoshis > 0)::integer)
    || coalesce((select string_agg('\x0000000000000000'::bytea || press_private.compact_size(length(s.script)) || s.script, '' order by s.index)
                 from unnest(v_scripts) with ordinality s (script, index)), '')
    || coalesce((select string_agg(press_private.little_endian_bytes(transaction.split_satoshis, 8) || '\x19'::bytea || v_wallet, '')
                 from generate_series(1, transaction.split_count)), '')
    || v_change;
end
$$;
comment on function press_private.transaction_outputs is 'The outputs of a transaction as they stand in it, behind their count: the publications, what it splits into, its change.';
revoke all on function press_private.transaction_outputs from public;
