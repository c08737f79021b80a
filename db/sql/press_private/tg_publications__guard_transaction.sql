/* The third layer of what is published once. A transaction whose bytes are stored may be out, whatever anybody says: what is in it goes into another one only when this
   one can never be mined, because its coins are spent otherwise, by a transaction of ours (replaced) or of somebody else (conflicted), or was refused for good.
   Judged at the end, so that the order of statements before it does not matter. Who moves publications has it judged at once when they are done: at the commit, before
   PostgreSQL 18, a worker's session has no right to look. */
create or replace function press_private.tg_publications__guard_transaction()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.refuse('NOT_ALLOWED', format('Publication %s is in transaction %s, which may be on the chain.', OLD.id, OLD.transaction_id))
  from press.chain_transactions t
  where t.id = OLD.transaction_id and t.raw is not null and t.state not in ('replaced', 'conflicted', 'rejected', 'released');
  return null;
end
$$;
comment on function press_private.tg_publications__guard_transaction is 'Refuses that a publication leaves a transaction that may be on the chain. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_publications__guard_transaction from public;

-- A trigger that is deferred cannot be replaced.
drop trigger if exists _200_guard_transaction on press.publications;
create constraint trigger _200_guard_transaction after update on press.publications
  deferrable initially deferred
  for each row when (OLD.transaction_id is not null and NEW.transaction_id is distinct from OLD.transaction_id)
  execute function press_private.tg_publications__guard_transaction();
alter table press.publications enable always trigger _200_guard_transaction;
