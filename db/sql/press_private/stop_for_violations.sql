/* In the transaction of the look that found them, so that nothing is issued after what was found is known, whoever looked and whatever dies then. What
   was known when an operator started the press again is no reason to stop it once more. */
create or replace function press_private.stop_for_violations(findings press_private.audit_finding_record[])
  returns boolean
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  v_reason  text := (
    select format('%s is broken: it does not hold that %s. %s: %s', c.invariant, c."check", f.subject, f.finding)
    from unnest(stop_for_violations.findings) with ordinality f ("check", subject, finding, index)
    join press_private.invariant_checks() c on c."check" = f."check" and c.is_stopping
    order by f.index limit 1);
begin
  if v_reason is null then
    return false;
  end if;
  return press_private.set_press_state(true, left(regexp_replace(v_reason, '[[:cntrl:]]+', ' ', 'g'), 500), 'login:' || session_user);
end
$$;
comment on function press_private.stop_for_violations is 'Stops the press if one of these findings breaks a promise that it is stopped for, and tells whether that changed anything.';
revoke all on function press_private.stop_for_violations from public;
