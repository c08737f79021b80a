/* A transaction that takes the place of another one waits here until a worker of its wallet comes. Each time it is handed out its epoch rises. One that paid too little is
   followed by one that pays a quarter more at least, whatever the worker's own fee is. */
create or replace function press_private.replacements_to_sign(terms press.chain_transactions, max_transactions integer)
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_now     timestamptz := clock_timestamp();
  v_row     press.chain_transactions;
  v_floor   bigint;
  v_signed  bigint[] := array[]::bigint[];
begin
  for v_row in
    select t.* from press.chain_transactions t
    where t.state = 'reserved' and t.reserved_until <= v_now and t.replaces_id is not null and t.wallet_script = terms.wallet_script
    order by t.reserved_until
    limit replacements_to_sign.max_transactions
    for no key update of t skip locked
  loop
    v_floor := greatest(
      (select ceil(o.fee_satoshis * 1.25) from press.chain_transactions o where o.id = v_row.replaces_id and o.error_code = 'FEE_TOO_LOW'),
      press_private.fee_floor(array(select i.utxo_id from press_private.chain_inputs i where i.transaction_id = v_row.id), press_private.reserved_publication_ids(v_row.id)));
    v_row.epoch := v_row.epoch + 1;
    v_row.reserved_until := terms.reserved_until;
    v_row.fee_satoshis_per_kb := terms.fee_satoshis_per_kb;
    v_row.dust_satoshis := terms.dust_satoshis;
    if press_private.price_transaction(v_row, v_floor) then
      v_signed := v_signed || v_row.id;
    else
      update press.chain_transactions t
      set reserved_until = v_now + interval '5 seconds', error_code = 'POOL_EMPTY', error_detail = 'The pool has no coins that pay for what it needs beyond its own.'
      where t.id = v_row.id;
    end if;
  end loop;
  return v_signed;
end
$$;
comment on function press_private.replacements_to_sign is 'Claims transactions that replace others, priced by these terms. Refuses: RETRY.';
revoke all on function press_private.replacements_to_sign from public;
