/* For tests while they run, and for people: a worker looks each second by itself. Whoever looks takes away what was noted, so that everybody sees what
   anybody found: it is kept, and the press is stopped for it. An auditor's login, and a standby, only read: they see what waits to be looked at as well. */
create or replace function press.invariants(overdue_seconds integer default 600)
  returns setof press.invariant_result
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_found  press_private.audit_finding_record[];
begin
  perform press_private.require_auditor();
  if (invariants.overdue_seconds >= 1) is not true then
    perform press_private.refuse('INVALID_INPUT', 'What waits is overdue after a second or more.');
  end if;
  v_found := array(select f from press_private.look_at_changes(invariants.overdue_seconds) f);

  return query
  select c.invariant, c."check", coalesce(f.subject, c.subject), case when c.looked_at_by is null then f.subject is null end,
    coalesce(f.finding, c.looked_at_by), c.remedy, v.found_at
  from press_private.invariant_checks() with ordinality c (invariant, "check", subject, is_stopping, looked_at_by, remedy, index)
  left join unnest(v_found) f on f."check" = c."check"
  left join press_private.violations v on v."check" = f."check" and v.subject = f.subject
  order by c.index;
end
$$;
comment on function press.invariants is 'Looks at what has changed since somebody looked last, and tells of each promise (I1 to I14) whether it holds, for operators and auditors. What does not hold stops the press, unless it is only late: overdue_seconds (1 or more) after it should have been done. Refuses: NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press.invariants from public;
grant execute on function press.invariants to press_anonymous, press_holder, press_operator, press_auditor;
