/* A page that cannot be read is a finding, and hides nothing of the other parts. */
select plan(3);
create or replace function press_private.audit_findings(part press.audit_part) returns setof press_private.audit_finding_record
  language plpgsql stable as $$
begin
  if audit_findings.part = 'rows' then
    raise exception 'There is no such page.' using errcode = 'data_corrupted';
  end if;
end
$$;
select results_eq('select "check", subject, finding from press.audit() where not is_ok', $$values ('all that belongs to rows can be read', 'rows', 'There is no such page.')$$, 'what cannot be read is named');
select is((select count(distinct c.part) from press_private.audit_checks() c join press.audit() a on a."check" = c."check"), cardinality(enum_range(null::press.audit_part)) - 1::bigint, 'and every other part is looked at');
select is_empty($$select from press_private.audit_checks() c join press.audit() a on a."check" = c."check" where c.part = 'rows'$$, 'but this one');
select * from finish();
