/* Whether these are the bytes of this transaction: all but the signatures is known before, and is compared. That a signature is one of the wallet's key the chain's nodes judge. */
create or replace function press_private.raw_transaction_problem(transaction press.chain_transactions, raw bytea, publication_ids uuid[])
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_outpoints  bytea[] := array(
    select press_private.reversed_bytes(decode(u.txid, 'hex')) || press_private.little_endian_bytes(u.output_index, 4)
    from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id
    where i.transaction_id = transaction.id order by i.input_index);
  v_count      bytea := press_private.compact_size(cardinality(v_outpoints));
  v_at         integer := 5 + length(v_count);
  v_script     bytea;
  v_bytes      integer;
begin
  if substr(raw, 1, 4) not in ('\x01000000', '\x02000000') then
    return 'Its version is neither 1 nor 2.';
  end if;
  if substr(raw, 5, length(v_count)) <> v_count then
    return format('It has not %s inputs.', cardinality(v_outpoints));
  end if;

  for v_input in 1 .. cardinality(v_outpoints) loop
    if substr(raw, v_at, 36) <> v_outpoints[v_input] or length(raw) < v_at + 36 then
      return format('Input %s does not spend what was reserved for it.', v_input - 1);
    end if;
    v_bytes := get_byte(raw, v_at + 35);  -- get_byte counts from 0, substr from 1
    v_script := substr(raw, v_at + 37, v_bytes);
    if not press_private.is_unlocking_script(v_script, v_bytes) then
      return format('Input %s is not unlocked by a signature (DER, ALL|FORKID) and a compressed key.', v_input - 1);
    end if;
    if substr(raw, v_at + 37 + v_bytes, 4) <> '\xffffffff' then
      return format('Input %s has a sequence number.', v_input - 1);
    end if;
    v_at := v_at + 41 + v_bytes;
  end loop;

  if substr(raw, v_at) <> press_private.transaction_outputs(transaction, raw_transaction_problem.publication_ids) || '\x00000000' then
    return 'Its outputs are not those that were handed out, with the lock time 0 after them.';
  end if;
  return null;
end
$$;
comment on function press_private.raw_transaction_problem is 'What is wrong with the bytes of a transaction with these publications in its outputs; null: nothing.';
revoke all on function press_private.raw_transaction_problem from public;
