/* Also while the press is stopped: what is kept for an hour is kept for an hour. A number that expired after evidence was submitted is still needed to judge it. Evidence that
   nobody could check is given up here, while the press runs. */
create or replace function press_worker.forget_addresses()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off as $$
declare
  v_now        timestamptz := clock_timestamp();
  v_addresses  integer;
  v_nonces     integer;
begin
  delete from press_private.address_checks c where c.checked_at <= v_now - interval '1 hour';
  get diagnostics v_addresses = row_count;
  delete from press_private.attestation_nonces n
  where n.expires_at <= v_now
    and not exists (
      select from press.attestations a
      where a.holder_id = n.holder_id and a.kind = n.kind and a.status = 'submitted' and a.submitted_at < n.expires_at);
  get diagnostics v_nonces = row_count;
  return v_addresses + v_nonces + case when press_private.stop_reason() is null then press_private.reject_unchecked() else 0 end;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.forget_addresses is 'Removes the hashes of network addresses that are an hour old, the numbers that have expired, and the evidence that nobody could check within a week (thirty days where no worker asked for it), which is rejected; says how many. Refuses: LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.forget_addresses from public;
grant execute on function press_worker.forget_addresses to press_worker;
