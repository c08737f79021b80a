/* A block may lose its place: what was mined and is not any more goes back to the nodes' memory, the same bytes. */
create or replace function press_private.apply_sighting(transaction press.chain_transactions, given press_private.sighting_record)
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  if given.sighting = 'mined' then
    if (transaction.state, transaction.block_hash) is distinct from ('mined', given.block_hash) then
      perform press_private.accept_transaction(transaction, true);
    end if;
    update press.chain_transactions t
    set state = 'mined', block_hash = given.block_hash, block_height = given.block_height,
        mined_at = case when t.block_hash = given.block_hash then t.mined_at else clock_timestamp() end,
        block_header = case when t.block_hash = given.block_hash then coalesce(decode(given.header, 'hex'), t.block_header) else decode(given.header, 'hex') end,
        merkle_index = case when t.block_hash = given.block_hash then coalesce(given.merkle_index, t.merkle_index) else given.merkle_index end,
        merkle_hashes = case when t.block_hash = given.block_hash then coalesce(given.merkle_hashes, t.merkle_hashes) else given.merkle_hashes end
    where t.id = transaction.id;
    perform press_private.settle_depths(array[transaction.id]);
  elsif given.sighting in ('mempool', 'unseen', 'conflicted') and transaction.state = 'mined' then
    update press.chain_transactions t
    set state = 'accepted', block_hash = null, block_height = null, block_header = null, merkle_index = null, merkle_hashes = null, mined_at = null, retry_at = clock_timestamp()
    where t.id = transaction.id;
    perform press_private.settle_depths(array[transaction.id]);
  elsif given.sighting = 'mempool' and transaction.state = 'accepted' and transaction.retry_at is null then
    null;  -- as it was
  elsif given.sighting = 'mempool' then
    perform press_private.accept_transaction(transaction, false);
  elsif given.sighting = 'unseen' then
    update press.chain_transactions t set retry_at = clock_timestamp() where t.id = transaction.id and t.state = 'accepted' and t.retry_at is null;
  elsif given.sighting = 'conflicted' and transaction.state in ('sending', 'unknown', 'accepted') then
    perform press_private.apply_conflict(transaction, false, given.competing_txid, coalesce(given.competing_is_mined, false), given.outpoints, given.detail);
  end if;
end
$$;
comment on function press_private.apply_sighting is 'Writes what follows from where a transaction, which is locked, was seen.';
revoke all on function press_private.apply_sighting from public;
