create or replace function press_worker.postpone_attestation(attestation_id uuid, seconds integer)
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  if (postpone_attestation.seconds between 1 and 86400) is not true then
    perform press_private.refuse('INVALID_INPUT', 'An attestation is postponed for 1 to 86400 seconds.');
  end if;
  update press_private.attestation_work w set try_at = clock_timestamp() + make_interval(secs => postpone_attestation.seconds)
  where w.attestation_id = postpone_attestation.attestation_id;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when serialization_failure then
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_worker.postpone_attestation is 'Has the attestation handed out again in as many seconds (1 to 86400): the outside world did not answer. One that was decided meanwhile stays as it is. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.postpone_attestation from public;
grant execute on function press_worker.postpone_attestation to press_worker;
