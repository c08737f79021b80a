/* Computes everything again from the raw rows, and names every row that is not as the others, the ledger and the keys say. Reads only; all of it in
   the snapshot of the calling statement, because every function here is STABLE. Who could change rows could change these functions too: so
   `golden-press audit` also looks from outside, and the checkpoints that others keep are what nobody here can change. */
create or replace function press.audit(check_signatures boolean default true, part press.audit_part default null)
  returns setof press.audit_result
  language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_part      press.audit_part;
  v_findings  press_private.audit_finding_record[];
begin
  perform press_private.require_auditor();

  foreach v_part in array enum_range(audit.part, audit.part) loop
    continue when v_part in ('notes', 'signatures') and not coalesce(audit.check_signatures, true);
    begin
      v_findings := array(select f from press_private.audit_findings(v_part) f);
      return query
        select c."check", coalesce(f.subject, c.subject), f.subject is null, f.finding
        from press_private.audit_checks() with ordinality c (part, "check", subject, index)
        left join unnest(v_findings) f on f."check" = c."check"
        where c.part = v_part
        order by c.index;
    exception
      when others then  -- a page that cannot be read, a value that cannot be: that is a finding, and the other parts are looked at
        return query select format('all that belongs to %s can be read', v_part), v_part::text, false, sqlerrm;
    end;
  end loop;
end
$$;
comment on function press.audit is 'Checks every promise against the raw rows, for operators and auditors. part: only this one (null: all); check_signatures: also verifies every signature, which takes a second for a thousand. Refuses: NOT_SIGNED_IN, NOT_ALLOWED.';
revoke all on function press.audit from public;
grant execute on function press.audit to press_anonymous, press_holder, press_operator, press_auditor;
