/* Evidence names people and is not kept for ever; and what nobody can check would be tried for ever. Before it is given up it was tried ten times, over most of an hour,
   also where a press was away for longer than a week. Locks: the attestation's row, then the holder's, in their order; it waits for neither, because the next look
   comes soon. One at a time, because the next one's holder could be locked by somebody who waits for this one. */
create or replace function press_private.reject_unchecked()
  returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_now          timestamptz := clock_timestamp();  -- an index serves what does not change within a statement
  v_attestation  press.attestations;
begin
  select a.* into v_attestation
  from press_private.attestation_work w
  join press.attestations a on a.id = w.attestation_id
  join press.holders h on h.id = a.holder_id
  where w.try_at <= v_now and w.tries >= 10 and a.submitted_at <= v_now - interval '7 days' and a.status = 'submitted'
    and not exists (select from press.credentials c where c.attestation_id = a.id)
  order by w.try_at
  limit 1
  for no key update of a, h skip locked;
  if v_attestation.id is not null then
    perform press_private.decide_attestation(
      v_attestation,
      press_private.decision_facts(
        v_attestation, '{"problem":"It could not be checked within a week, because whoever was to be asked did not answer."}', 'evidence_invalid', null, null),
      null, null);
  end if;
end
$$;
comment on function press_private.reject_unchecked is 'Rejects an attestation, if there is one, that has waited for a week and was handed out ten times: evidence_invalid.';
revoke all on function press_private.reject_unchecked from public;
