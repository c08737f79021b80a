/* A wake-up, called after the issuing transaction has committed and once for many tickets: adding a job sends a NOTIFY, for which
   PostgreSQL makes committing transactions queue. If it is never called, or a job is lost, workers find the
   pending tickets by looking; one job waits at a time, however long no worker runs. */
create or replace function press_gateway.request_signing()
  returns void
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job('tickets__sign', job_key => 'tickets__sign', max_attempts => 1);
end
$$;
comment on function press_gateway.request_signing is 'Wakes a worker to sign what is pending.';
revoke all on function press_gateway.request_signing from public;
grant execute on function press_gateway.request_signing to press_gateway;
