/* What each worker asks each second: where another one has looked a moment ago, it hears what that one found. Also while the press is stopped: what is under way then is looked at too. Locks: the one row of the last look. */
create or replace function press_worker.watch_invariants(overdue_seconds integer, rest_milliseconds integer default 0)
  returns table (invariant text, promise text, subject text, finding text, is_stopping boolean, remedy text)
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if (watch_invariants.overdue_seconds >= 1 and watch_invariants.rest_milliseconds >= 0) is not true then
    perform press_private.refuse('INVALID_INPUT', 'What waits is overdue after a second or more, and a rest is no time or some.');
  end if;
  -- Not one that is to come: a clock that was put back does not end the looks.
  if not exists (
    select from press_private.last_look l
    where clock_timestamp() - l.looked_at between interval '0 s' and make_interval(secs => watch_invariants.rest_milliseconds / 1000.0)
  ) then
    perform press_private.look_at_changes(watch_invariants.overdue_seconds);
  end if;
  return query
  select c.invariant, c."check", v.subject, v.finding, c.is_stopping, c.remedy
  from press_private.violations v join press_private.invariant_checks() c on c."check" = v."check"
  order by v.id;
end
$$;
comment on function press_worker.watch_invariants is 'Looks at what has changed since somebody looked last, unless somebody did less than rest_milliseconds (0 or more) ago, and returns every promise that does not hold; the press was stopped for those that are stopping, when they were found first. Refuses: INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.watch_invariants from public;
grant execute on function press_worker.watch_invariants to press_worker;
