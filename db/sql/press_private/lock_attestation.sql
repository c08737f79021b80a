/* The first layer: who decides about one attestation stand in one line, and so do those who decide about one holder. In this order, always: the attestation's
   row, then the holder's. Who took them the other way round would wait in a circle, which PostgreSQL ends: RETRY.
   Read what decides AFTER this call, in another statement: a statement sees what was committed when it began, not when its lock was granted. At REPEATABLE
   READ and SERIALIZABLE a row that was changed since the snapshot is refused with 40001. */
create or replace function press_private.lock_attestation(attestation_id uuid)
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_holder_id  uuid;
begin
  select a.holder_id into v_holder_id from press.attestations a where a.id = lock_attestation.attestation_id for update;
  perform from press.holders h where h.id = v_holder_id for no key update;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.lock_attestation is 'Waits, at most five seconds for each, until this transaction is the only one that decides about the attestation and its holder. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_private.lock_attestation from public;
