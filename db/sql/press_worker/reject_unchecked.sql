/* Evidence names people and is not kept for ever; and what nobody can check would be tried for ever. What workers were handed is given up after a week, and ten tries, which
   take most of an hour, also after a press was away for longer; what has been due for thirty days and no worker asked for, then. Locks: attestations' rows, and holders'; it
   waits for none of them, because the next look comes soon, so the order of locks is kept. */
create or replace function press_worker.reject_unchecked()
  returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' set enable_seqscan = off set jit = off as $$
declare
  v_now    timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_due    record;
  v_count  integer := 0;
begin
  perform press_private.require_running();
  for v_due in
    select a as attestation, case when w.tries >= 10 then 'It could not be checked within a week, because whoever was to be asked did not answer.'
      else 'It was not checked, because for thirty days no worker of this press has asked anybody.' end as problem
    from press.attestations a
    join press_private.attestation_work w on w.attestation_id = a.id
    join press.holders h on h.id = a.holder_id
    where a.status = 'submitted' and a.submitted_at <= v_now - interval '7 days' and (w.tries >= 10 or w.try_at <= v_now - interval '30 days')
      and not exists (select from press.credentials c where c.attestation_id = a.id)
    order by a.submitted_at
    limit 100
    for no key update of a, h skip locked
  loop
    perform press_private.decide_attestation(
      v_due.attestation,
      press_private.decision_facts(v_due.attestation, jsonb_build_object('problem', v_due.problem), 'evidence_invalid', null, null), null, null);
    v_count := v_count + 1;
  end loop;
  return v_count;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure or deadlock_detected then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.reject_unchecked is 'Rejects attestations that nobody could check, as evidence_invalid: those that have waited for a week and were handed out ten times, and those that have been due for thirty days. A hundred at most; says how many. Refuses: PRESS_STOPPED, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.reject_unchecked from public;
grant execute on function press_worker.reject_unchecked to press_worker;
