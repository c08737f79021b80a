/* The worker verifies it before it signs: its key does not depend on what the database says of itself. */
create or replace function press_worker.consistency_path(old_size bigint, new_size bigint)
  returns bytea[]
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return (select press_private.consistency_path(consistency_path.old_size, consistency_path.new_size) from press_private.ledger_head h
          where consistency_path.old_size between 1 and consistency_path.new_size and consistency_path.new_size <= h.tree_size);
end
$$;
comment on function press_worker.consistency_path is 'The proof that the ledger with old_size (at least 1) entries is the beginning of the ledger with new_size (RFC 9162, 2.1.4); null if there are no such sizes.';
revoke all on function press_worker.consistency_path from public;
grant execute on function press_worker.consistency_path to press_worker;
