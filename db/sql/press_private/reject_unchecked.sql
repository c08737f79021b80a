/* Evidence names people and is not kept for ever; and what nobody can check would be tried for ever. What workers were handed is given up after a week, and ten tries, which
   take most of an hour, also after a press was away for longer; what no worker ever asked for, after thirty days. Locks: attestations' rows, and holders'; it waits for none
   of them, because the next look comes soon, so the order of locks is kept. */
create or replace function press_private.reject_unchecked()
  returns integer
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_now          timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_attestation  press.attestations;
  v_count        integer := 0;
begin
  for v_attestation in
    select a.*
    from press.attestations a
    join press_private.attestation_work w on w.attestation_id = a.id
    join press.holders h on h.id = a.holder_id
    where a.status = 'submitted' and a.submitted_at <= v_now - interval '7 days' and (w.tries >= 10 or a.submitted_at <= v_now - interval '30 days')
      and not exists (select from press.credentials c where c.attestation_id = a.id)
    order by a.submitted_at
    limit 100
    for no key update of a, h skip locked
  loop
    perform press_private.decide_attestation(
      v_attestation,
      press_private.decision_facts(
        v_attestation, '{"problem":"It could not be checked within a week, because whoever was to be asked did not answer."}', 'evidence_invalid', null, null),
      null, null);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function press_private.reject_unchecked is 'Rejects attestations that have waited for a week and were handed out ten times, or have waited for thirty days: evidence_invalid. A hundred at most; says how many.';
revoke all on function press_private.reject_unchecked from public;
