/* The first layer: writers of one edition stand in one line. This is the only caller of an advisory lock in the database, and the only
   place that knows the lock's class, 42; the lock ends with the transaction.
   Order of locks, always: attestations, then holders (new ones by subject), then the edition, then tickets and credentials (by id). Two editions in one
   transaction: by id.
   Read what decides AFTER this call, in another statement: a statement sees what was committed when it began, not when its lock was granted.
   At REPEATABLE READ and SERIALIZABLE every statement sees the transaction's first snapshot, so the row is locked as well: PostgreSQL
   then refuses with 40001 if the edition was changed since, and a caller with a stale view cannot issue into a closed edition. */
create or replace function press_private.lock_edition(edition_id integer)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform pg_advisory_xact_lock(42, lock_edition.edition_id);

  if current_setting('transaction_isolation') <> 'read committed' then
    perform from press.editions e where e.id = lock_edition.edition_id for share;
  end if;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.lock_edition is 'Waits, at most five seconds, until this transaction is the only one that writes in the edition. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_edition from public;
