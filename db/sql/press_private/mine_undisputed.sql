/* The same for those that a block has: what press_private.apply_sighting does with each, a statement a table, and the lines of a whole block are settled at once. */
create or replace function press_private.mine_undisputed(sightings press_private.sighting_record[])
  returns bigint[]
  language plpgsql volatile set search_path = pg_catalog, pg_temp set lock_timeout = '5s'
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  v_ids  bigint[] := press_private.accept_undisputed(array(select s.transaction_id from unnest(mine_undisputed.sightings) s), null, true);
begin
  update press.chain_transactions t
  set state = 'mined', block_hash = s.block_hash, block_height = s.block_height, mined_at = clock_timestamp(), block_header = decode(s.header, 'hex'),
      merkle_index = s.merkle_index, merkle_hashes = s.merkle_hashes
  from (select distinct on (g.transaction_id) g.* from unnest(mine_undisputed.sightings) g where g.transaction_id = any (v_ids) order by g.transaction_id) s
  where t.id = s.transaction_id;
  perform press_private.settle_depths(v_ids);
  return v_ids;
end
$$;
comment on function press_private.mine_undisputed is 'Writes which blocks have those of these transactions that were in none, and whose coins no other has had; which ones.';
revoke all on function press_private.mine_undisputed from public;
