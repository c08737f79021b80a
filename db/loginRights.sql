/* Everything that a login, the roles that it may become and PUBLIC have: attributes, memberships, rights, things that they own. Reads the
   catalogues only, which everybody may. $1: the login; $2: its roles. Columns: see Finding in db/loginRights.ts. */
with recursive
judged as (
  select r.*, r.rolname = $1 as is_login from pg_roles as r where r.rolname = $1 or r.rolname = any ($2::text[])
),
-- Whom the login can become, in any number of steps. Since PostgreSQL 16 one membership can inherit although its member does not.
reach (roleid, member, admin_option, inherit_option) as (
  select m.roleid, m.member, m.admin_option, not j.rolinherit and coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, false)
  from pg_auth_members as m join judged as j on j.oid = m.member and j.is_login
  union
  select m.roleid, m.member, m.admin_option, false
  from reach join pg_auth_members as m on m.member = reach.roleid
),
our_schema as (
  select n.oid from pg_namespace as n where n.nspname ~ '^(press(_(hidden|gateway|worker|private))?|graphile_(worker|migrate))$'
),
-- Every list of rights in this database, and those of the whole server.
access (is_ours, prefix, target, columns, acl) as (
  select n.oid in (table our_schema), '', format('schema %I', n.nspname), '', n.nspacl from pg_namespace as n
  union all
  select n.oid in (table our_schema), '', format('%s %I.%I', case c.relkind when 'S' then 'sequence' else 'table' end, n.nspname, c.relname), '',
         c.relacl
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  union all
  select n.oid in (table our_schema), '', format('table %I.%I', n.nspname, c.relname), format(' (%I)', a.attname), a.attacl
  from pg_attribute as a join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace
  where a.attacl is not null
  union all
  select n.oid in (table our_schema), '', format('routine %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), '',
         case when n.oid in (table our_schema) then coalesce(p.proacl, acldefault('f', p.proowner)) else p.proacl end
  from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
  union all
  select coalesce(n.oid in (table our_schema), false) or pg_get_userbyid(d.defaclrole) = 'press_owner',
         format('alter default privileges for role %I%s ', pg_get_userbyid(d.defaclrole), ' in schema ' || quote_ident(n.nspname)),
         case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'routines' when 'T' then 'types' else 'schemas' end,
         '', d.defaclacl
  from pg_default_acl as d left join pg_namespace as n on n.oid = d.defaclnamespace
  union all
  select true, 'alter default privileges for role press_owner ', 'routines', '', acldefault('f', r.oid)
  from pg_roles as r
  where r.rolname = 'press_owner'
    and not exists (select from pg_default_acl as d where d.defaclrole = r.oid and d.defaclnamespace = 0 and d.defaclobjtype = 'f')
  union all
  select false, '', format('database %I', d.datname), '', d.datacl from pg_database as d where d.datname = current_database()
  union all
  select false, '', format('type %I.%I', n.nspname, t.typname), '', t.typacl from pg_type as t join pg_namespace as n on n.oid = t.typnamespace
  union all
  select false, '', format('language %I', l.lanname), '', l.lanacl from pg_language as l
  union all
  select false, '', format('foreign data wrapper %I', w.fdwname), '', w.fdwacl from pg_foreign_data_wrapper as w
  union all
  select false, '', format('foreign server %I', s.srvname), '', s.srvacl from pg_foreign_server as s
  union all
  select false, '', format('large object %s', o.oid), '', o.lomacl from pg_largeobject_metadata as o
  union all
  select false, '', format('tablespace %I', s.spcname), '', s.spcacl from pg_tablespace as s
  union all
  select false, '', format('parameter %s', p.parname), '', p.paracl from pg_parameter_acl as p
),
granted as (
  select a.is_ours, a.prefix, a.target, a.columns, g.privilege_type, case when g.is_grantable then ' WITH GRANT OPTION' else '' end as how,
         coalesce(j.rolname, 'public')::text as holder, coalesce(j.is_login, false) as is_login
  from access as a cross join aclexplode(a.acl) as g left join judged as j on j.oid = g.grantee
  where j.oid is not null or g.grantee = 0
)
select 'attribute' as kind, j.rolname::text as holder, a.name as what, format('alter role %I no%s', j.rolname, lower(a.name)) as mend
from judged as j, unnest(array['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS', 'INHERIT']) as a (name)
where case a.name when 'SUPERUSER' then j.rolsuper when 'CREATEROLE' then j.rolcreaterole when 'CREATEDB' then j.rolcreatedb
                  when 'REPLICATION' then j.rolreplication when 'BYPASSRLS' then j.rolbypassrls else j.rolinherit and j.is_login end
union all
select 'membership', pg_get_userbyid(m.member)::text, pg_get_userbyid(m.roleid) || v.how, format(v.mend, pg_get_userbyid(m.roleid), pg_get_userbyid(m.member))
from reach as m cross join lateral (values
  (true, '', 'revoke %I from %I'),
  (m.admin_option, ' WITH ADMIN OPTION', 'revoke admin option for %I from %I'),
  (m.inherit_option, ' WITH INHERIT', 'grant %I to %I with inherit false')) as v (applies, how, mend)
where v.applies
union all
select 'right', g.holder, g.privilege_type || g.columns || ' on ' || case when g.prefix <> '' then 'future ' else '' end || g.target || g.how,
       format('%srevoke %s%s on %s from %s', g.prefix, lower(g.privilege_type), g.columns, g.target, g.holder)
from granted as g
where g.is_login or g.is_ours or (g.target ~ '^database ' and g.privilege_type = 'CREATE')
union all
select 'ownership', j.rolname::text,
       case when i.identity is null then 'something in the database ' || d.datname else concat_ws(' ', i.type, i.identity) end,
       format('reassign owned by %I to another role', j.rolname)
from judged as j
  join pg_shdepend as o on o.refclassid = 'pg_authid'::regclass and o.refobjid = j.oid and o.deptype = 'o'
  left join pg_database as d on d.oid = o.dbid
  left join lateral pg_identify_object(o.classid, o.objid, o.objsubid) as i on o.dbid = 0 or d.datname = current_database()
order by kind, holder, what
