/* The catalogue, which is as large as the press has tables and functions, however much it issues. What others add, such as a trigger or an
   index of their own, a table, or a function that runs with its caller's rights, is theirs: a DBA who keeps a copy beside stops no sale. What was dropped shows in the rows
   that it would have refused, and in `golden-press migrate`, which compares. */
create or replace function press_private.audit_guards()
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  with tables as materialized (
    select c.oid, n.nspname, format('%I.%I', n.nspname, c.relname) as name, c.relacl, c.relowner, c.relrowsecurity and c.relforcerowsecurity as is_guarded
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private') and c.relkind in ('r', 'p')
      and (c.relowner::regrole::text = 'press_owner' or exists (
        select from pg_trigger r join pg_proc p on p.oid = r.tgfoid join pg_namespace o on o.oid = p.pronamespace
        where r.tgrelid = c.oid and o.nspname = 'press_private'))
  )
  select 'nobody but functions of the press changes its rows, and what holds them to the rules is in place', f.subject, f.finding
  from (
    select t.name, format('%s may %s.', case when g.grantee = 0 then 'Everybody' else g.grantee::regrole::text end, g.privilege_type)
    from tables t cross join lateral aclexplode(t.relacl) g
    where g.grantee <> t.relowner and g.privilege_type not in ('SELECT', 'MAINTAIN')
    union all
    select t.name, format('%s may %s (%s).', case when g.grantee = 0 then 'Everybody' else g.grantee::regrole::text end, g.privilege_type, a.attname)
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attacl is not null cross join lateral aclexplode(a.attacl) g
    where g.grantee <> t.relowner and g.privilege_type not in ('SELECT', 'MAINTAIN')
    union all
    select t.name, format('It belongs to %s.', t.relowner::regrole) from tables t where t.relowner::regrole::text <> 'press_owner'
    union all
    select t.name, 'Its row-level security is off.' from tables t where t.nspname = 'press' and not t.is_guarded
    union all
    select t.name, format('The trigger %s is off, or not always on.', r.tgname)
    from tables t
    join pg_trigger r on r.tgrelid = t.oid
    join pg_proc p on p.oid = r.tgfoid
    join pg_namespace n on n.oid = p.pronamespace
    where r.tgenabled <> case when n.nspname = 'press_private' then 'A' else 'O' end and (r.tgisinternal or n.nspname = 'press_private')
    union all
    -- One that is being built, beside those that hold, is no constraint's.
    select t.name, format('The index %s is not valid.', k.conindid::regclass)
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype in ('p', 'u') join pg_index i on i.indexrelid = k.conindid where not i.indisvalid
    union all
    select format('%I.%I', n.nspname, p.proname), 'Everybody may execute it.'
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
    where n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private') and g.grantee = 0
      and (p.proowner::regrole::text = 'press_owner' or p.prosecdef)
  ) f (subject, finding);
end
$$;
comment on function press_private.audit_guards is 'What does not hold of rights, owners, row-level security, triggers, and the indexes of keys.';
revoke all on function press_private.audit_guards from public;
