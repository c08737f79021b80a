/* Also while the press is stopped: what is kept for an hour is kept for an hour. A number that expired after evidence was submitted is still needed to judge it. */
create or replace function press_worker.forget_addresses()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
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
  return v_addresses + v_nonces;
end
$$;
comment on function press_worker.forget_addresses is 'Removes the hashes of network addresses that are an hour old, and the numbers that have expired; says how many.';
revoke all on function press_worker.forget_addresses from public;
grant execute on function press_worker.forget_addresses to press_worker;
