/* What a worker asks each second. Also while the press is stopped: what is under way then is looked at too. Locks: the one row of the last look. */
create or replace function press_worker.watch_invariants(overdue_seconds integer)
  returns table (invariant text, "check" text, subject text, finding text, is_stopping boolean, remedy text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (watch_invariants.overdue_seconds >= 1) is not true then
    perform press_private.refuse('INVALID_INPUT', 'What waits is overdue after a second or more.');
  end if;
  return query
  select c.invariant, c."check", f.subject, f.finding, c.is_stopping, c.remedy
  from press_private.look_at_changes(watch_invariants.overdue_seconds) f
  join press_private.invariant_checks() c on c."check" = f."check";
end
$$;
comment on function press_worker.watch_invariants is 'Looks at what has changed since somebody looked last, and returns every promise that does not hold; the press was stopped for those that are stopping, when they were found first. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.watch_invariants from public;
grant execute on function press_worker.watch_invariants to press_worker;
