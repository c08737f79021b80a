/* As many as the pool pays for: where a whole bundle is too dear, half of it, and so on. */
create or replace function press_private.reserve_bundle(terms press.chain_transactions, publication_ids uuid[], output_bytes bigint[], max_transaction_bytes integer)
  returns setof bigint
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_first  integer := 1;
  v_count  integer := cardinality(publication_ids);
  v_bytes  bigint;
  v_coins  bigint[];
begin
  while v_first <= cardinality(publication_ids) loop
    v_count := least(v_count, cardinality(publication_ids) - v_first + 1);
    v_bytes := (select sum(b) from unnest(reserve_bundle.output_bytes[v_first : v_first + v_count - 1]) b);
    v_coins := press_private.pick_coins(terms.wallet_script, 0, 0, v_count, v_bytes, terms.fee_satoshis_per_kb);
    if v_coins is not null and (cardinality(v_coins) = 1 or press_private.transaction_bytes(cardinality(v_coins), v_count + 1, v_bytes + 34) <= max_transaction_bytes) then
      return next press_private.reserve_transaction(terms, publication_ids[v_first : v_first + v_count - 1], v_bytes, v_coins);
      v_first := v_first + v_count;
    elsif v_count > 1 then
      v_count := v_count / 2;
    else
      exit;
    end if;
  end loop;
end
$$;
comment on function press_private.reserve_bundle is 'Transactions for these publications, which are locked; those that the pool cannot pay for stay queued. Refuses: RETRY.';
revoke all on function press_private.reserve_bundle from public;
