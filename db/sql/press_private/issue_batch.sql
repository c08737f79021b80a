/* THE CORE. Every ticket there is was issued here: many requests for one edition, answered together as if they had come one by one, in order.
   It takes the edition's id, the holders and who issues as arguments, and knows nothing of sessions, slugs, jobs or events.
   Locks: the edition (and, by the foreign key, its row). The three layers, in this order below: the lock, the guard, the constraints.
   A crash or a cancel at any line leaves nothing; after the commit every ticket is there, pending, and is itself the request to be signed. */
create or replace function press_private.issue_batch(edition_id integer, requests press_private.issue_request_record[])
  returns setof press_private.issue_outcome_record
  language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
declare
  v_edition   press.editions;
  v_now       timestamptz;
  v_verdicts  press_private.issue_verdict_record[];
begin
  perform press_private.lock_edition(issue_batch.edition_id);
  perform press_private.require_running();

  -- Statements from here on see all that was committed before the lock was granted.
  select e.* into strict v_edition from press.editions e where e.id = issue_batch.edition_id;
  v_now := clock_timestamp();
  v_verdicts := press_private.judge_issue_requests(v_edition, v_now, issue_batch.requests);

  insert into press.tickets
    (edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, issued_at, issued_by, request_key, request_position)
  select
    v_edition.id, r.first_number + p.position - 1, r.holder_id, r.first_slot + p.position - 1, v_edition.cap, v_edition.per_holder_limit,
    date_trunc('milliseconds', v_now), r.issued_by, r.request_key, case when r.request_key is not null then p.position end
  from unnest(issue_batch.requests, v_verdicts) r (holder_id, issued_by, quantity, request_key, ineligibility, first_number, first_slot, refusal, refusal_detail)
  cross join lateral generate_series(1, r.quantity) p (position)
  where r.first_slot is not null;

  -- Tickets that were there already.
  perform press_private.await_standbys()
  where exists (
    select from unnest(v_verdicts) v (first_number, first_slot, refusal, refusal_detail) where v.first_slot is null and v.refusal is null);

  return query
  select r.index::integer, r.refusal, r.refusal_detail, t.ticket
  from unnest(issue_batch.requests, v_verdicts) with ordinality
    r (holder_id, issued_by, quantity, request_key, ineligibility, first_number, first_slot, refusal, refusal_detail, index)
  left join lateral (
    select i as ticket from press.tickets i
    where i.edition_id = v_edition.id and i.ticket_number between r.first_number and r.first_number + r.quantity - 1
    order by i.ticket_number) t on true;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
  when unique_violation or not_null_violation or serialization_failure or deadlock_detected then
    -- A caller with a stale snapshot: the third layer caught what its guard could not see. Or one who holds locks of earlier calls. Or a holder who was
    -- forgotten or deactivated on the way here.
    perform press_private.refuse('RETRY');
end
$$;
comment on function press_private.issue_batch is 'Issues, or answers again, or refuses, each request in its order, all in one edition. A quantity is granted whole or not at all. Refuses the whole batch only with PRESS_STOPPED, LOCK_TIMEOUT or RETRY.';
revoke all on function press_private.issue_batch from public;
