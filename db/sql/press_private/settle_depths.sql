/* From transactions to those that spend their change, and theirs, as far as something changes: there are never more than twenty in a line. Of a block with a whole line nobody in it
   is counted twice. */
create or replace function press_private.settle_depths(transaction_ids bigint[])
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids  bigint[] := transaction_ids;
begin
  while v_ids <> '{}' loop
    update press.chain_transactions t
    set depth = d.depth
    from unnest(v_ids) g (id)
    join press.chain_transactions s on s.id = g.id
    cross join lateral (
      select case when s.state = 'mined' then 0 else 1 + coalesce(max(u.depth), 0) end as depth
      from press_private.chain_inputs i join press.utxos u on u.id = i.utxo_id where i.transaction_id = g.id) d
    where t.id = g.id and t.depth <> d.depth;
    with settled as (
      update press.utxos u set depth = t.depth
      from press.chain_transactions t
      where t.id = any (v_ids) and u.from_transaction_id = t.id and u.depth <> t.depth
      returning u.id
    )
    select coalesce(array_agg(distinct i.transaction_id), '{}') into v_ids
    from settled s join press_private.chain_inputs i on i.utxo_id = s.id and i.is_live
    join press.chain_transactions t on t.id = i.transaction_id and t.state <> 'mined';
  end loop;
end
$$;
comment on function press_private.settle_depths is 'How long the line of transactions before each is of which no block has any: written anew for transactions and all that spend what they pay.';
revoke all on function press_private.settle_depths from public;
