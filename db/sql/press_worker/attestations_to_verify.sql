/* Hands out undecided attestations under a lease, those that have waited longest first. No lock is held while a worker asks the outside world; two workers that look
   at the same attestation do no harm, because press_worker.verify_attestation decides once. What it would refuse, because something was planted, is handed to nobody. */
create or replace function press_worker.attestations_to_verify(kinds press.attestation_kind[], batch_size integer, lease_seconds integer)
  returns table (attestation_id uuid, kind press.attestation_kind, evidence text, nonce text, submitted_at timestamptz, tries integer)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_now  timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
begin
  perform press_private.require_running();
  if (attestations_to_verify.batch_size between 1 and 1000 and attestations_to_verify.lease_seconds between 1 and 3600) is not true then
    perform press_private.refuse('INVALID_INPUT', 'A batch is 1 to 1000 attestations, a lease 1 to 3600 seconds.');
  end if;

  -- Nothing waits for more than a day, unless the clock was set back meanwhile.
  if exists (select from press_private.attestation_work w where w.kind = any (attestations_to_verify.kinds) and w.try_at > v_now + interval '25 hours') then
    update press_private.attestation_work w set try_at = v_now
    where w.attestation_id in (
      select o.attestation_id from press_private.attestation_work o where o.kind = any (attestations_to_verify.kinds) and o.try_at > v_now + interval '25 hours'
      order by o.attestation_id for no key update skip locked);
  end if;

  return query
  with due as (
    select w.attestation_id
    from press_private.attestation_work w
    where w.try_at <= v_now and w.kind = any (attestations_to_verify.kinds)
      and exists (select from press.attestations a where a.id = w.attestation_id and a.status = 'submitted')
      and not exists (select from press.credentials i where i.attestation_id = w.attestation_id)
    order by w.try_at
    limit attestations_to_verify.batch_size
    for no key update of w skip locked
  ), claimed as (
    update press_private.attestation_work w
    set try_at = v_now + make_interval(secs => attestations_to_verify.lease_seconds), tries = w.tries + 1
    from due d
    where w.attestation_id = d.attestation_id
    returning w.*
  )
  select a.id, a.kind, c.evidence, c.nonce, a.submitted_at::timestamptz, c.tries
  from claimed c
  join press.attestations a on a.id = c.attestation_id;
end
$$;
comment on function press_worker.attestations_to_verify is 'Claims up to batch_size (1 to 1000) undecided attestations of the kinds for lease_seconds (1 to 3600), and returns what there is to check: the evidence, the number that it has to name (null: its holder has none that was valid when it was submitted), when it was submitted, by which its times are judged, and how often it was handed out, this time included. Refuses: PRESS_STOPPED, INVALID_INPUT.';
revoke all on function press_worker.attestations_to_verify from public;
grant execute on function press_worker.attestations_to_verify to press_worker;
