/* Also while the press is stopped: what is kept for an hour is kept for an hour. Nothing else is done here that could fail and keep it longer. Evidence has the number
   under which it was submitted. */
create or replace function press_worker.forget_addresses()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_now        timestamptz := clock_timestamp();
  v_addresses  integer;
  v_nonces     integer;
begin
  delete from press_private.address_checks c where c.checked_at <= v_now - interval '1 hour';
  get diagnostics v_addresses = row_count;
  delete from press_private.attestation_nonces n where n.expires_at <= v_now;
  get diagnostics v_nonces = row_count;
  return v_addresses + v_nonces;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.forget_addresses is 'Removes the hashes of network addresses that are an hour old, and the numbers that have expired; says how many. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.forget_addresses from public;
grant execute on function press_worker.forget_addresses to press_worker;
