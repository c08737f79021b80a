/* What is in the schemas of press_owner, as one statement per thing, from the catalogues of PostgreSQL. One query, so that it needs no
   pg_dump and says the same on every supported version: not-null constraints (named since 18) appear at their columns only, bodies of
   functions and views not at all, and the owner's own rights are left out. Wants search_path = pg_catalog, so that all names are in full.
   Columns: section and object to group by, position within the object, statement. */
with
role_of_ours as (
  select r.* from pg_roles as r where shobj_description(r.oid, 'pg_authid') like 'Golden Press:%'
),
schema_of_ours as (
  select n.*, quote_ident(n.nspname) as object
  from pg_namespace as n where n.nspowner = 'press_owner'::regrole and n.nspname not in ('graphile_migrate', 'graphile_worker')
),
relation as (
  select c.*, s.object || '.' || quote_ident(c.relname) as object
  from pg_class as c join schema_of_ours as s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm')
),
standalone_sequence as (
  select c.*, s.object || '.' || quote_ident(c.relname) as object
  from pg_class as c join schema_of_ours as s on s.oid = c.relnamespace
  where c.relkind = 'S'
    and not exists (select from pg_depend as d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i')
),
named_type as (
  select t.*, s.object || '.' || quote_ident(t.typname) as object
  from pg_type as t join schema_of_ours as s on s.oid = t.typnamespace
  where t.typtype in ('e', 'd')
     or (t.typtype = 'c' and exists (select from pg_class as c where c.oid = t.typrelid and c.relkind = 'c'))
),
routine as (
  select p.*, p.oid::regprocedure::text as object
  from pg_proc as p join schema_of_ours as s on s.oid = p.pronamespace
),
column_of as (
  select a.*, format_type(a.atttypid, a.atttypmod) as type_name, quote_ident(a.attname) as object
  from pg_attribute as a where a.attnum > 0 and not a.attisdropped
),
-- Who was granted what; the owner of a thing has all rights to it and is not listed.
access (section, object, position, kind, acl, owner) as (
  select 'schemas', object, 2, 'schema ' || object, nspacl, nspowner from schema_of_ours
  union all select 'types', object, 2, 'type ' || object, typacl, typowner from named_type
  union all select 'sequences', object, 2, 'sequence ' || object, relacl, relowner from standalone_sequence
  union all select 'tables', object, 6, 'table ' || object, relacl, relowner from relation
  union all select 'functions', object, 2, 'function ' || object, coalesce(proacl, acldefault('f', proowner)), proowner from routine
  union all
  select 'tables', r.object, 7, format('(%s) on table %s', c.object, r.object), c.attacl, r.relowner
  from relation as r join column_of as c on c.attrelid = r.oid
),
granted as (
  select a.section, a.object, a.position, case when a.kind like '(%' then a.kind else 'on ' || a.kind end as target, g.is_grantable,
         case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end as grantee,
         string_agg(lower(g.privilege_type), ', ' order by g.privilege_type collate "C") as privileges
  from access as a, aclexplode(a.acl) as g
  where g.grantee <> a.owner
  group by a.section, a.object, a.position, a.kind, g.grantee, g.is_grantable
),
grant_statement as (
  select section, object, position,
         format('grant %s %s to %s%s;', privileges, target, string_agg(grantee, ', ' order by grantee collate "C"),
                case when is_grantable then ' with grant option' else '' end) as statement
  from granted
  group by section, object, position, target, privileges, is_grantable
),
comment_statement (section, object, position, kind, text) as (
  select 'roles', quote_ident(rolname), 9, 'role ' || quote_ident(rolname), shobj_description(oid, 'pg_authid') from role_of_ours
  union all select 'schemas', object, 9, 'schema ' || object, obj_description(oid, 'pg_namespace') from schema_of_ours
  union all select 'types', object, 9, 'type ' || object, obj_description(oid, 'pg_type') from named_type
  union all
  select 'types', t.object, 9, format('column %s.%s', t.object, c.object), col_description(t.typrelid, c.attnum)
  from named_type as t join column_of as c on c.attrelid = t.typrelid
  union all select 'sequences', object, 9, 'sequence ' || object, obj_description(oid, 'pg_class') from standalone_sequence
  union all
  select 'tables', object, 8, case when relkind in ('v', 'm') then 'view ' else 'table ' end || object, obj_description(oid, 'pg_class')
  from relation
  union all
  select 'tables', r.object, 9, format('column %s.%s', r.object, c.object), col_description(r.oid, c.attnum)
  from relation as r join column_of as c on c.attrelid = r.oid
  union all
  select 'tables', r.object, 9, format('constraint %I on %s', k.conname, r.object), obj_description(k.oid, 'pg_constraint')
  from relation as r join pg_constraint as k on k.conrelid = r.oid
  union all
  select 'tables', r.object, 9, 'index ' || i.indexrelid::regclass, obj_description(i.indexrelid, 'pg_class')
  from relation as r join pg_index as i on i.indrelid = r.oid
  union all
  select 'tables', r.object, 9, format('trigger %I on %s', t.tgname, r.object), obj_description(t.oid, 'pg_trigger')
  from relation as r join pg_trigger as t on t.tgrelid = r.oid
  union all
  select 'tables', r.object, 9, format('policy %I on %s', p.polname, r.object), obj_description(p.oid, 'pg_policy')
  from relation as r join pg_policy as p on p.polrelid = r.oid
  union all select 'functions', object, 9, 'function ' || object, obj_description(oid, 'pg_proc') from routine
),
part_of_table (oid, rank, name, definition) as (
  select r.oid, 0, to_char(c.attnum, '0000'),
         concat_ws(' ', c.object, c.type_name,
                   case when c.attcollation <> t.typcollation then 'collate ' || c.attcollation::regcollation end,
                   case when c.attnotnull then 'not null' end,
                   case c.attidentity when 'a' then 'generated always as identity' when 'd' then 'generated by default as identity' end,
                   case when c.attgenerated <> '' then format('generated always as (%s)', pg_get_expr(d.adbin, d.adrelid))
                        else 'default ' || pg_get_expr(d.adbin, d.adrelid) end)
  from relation as r
    join column_of as c on c.attrelid = r.oid
    join pg_type as t on t.oid = c.atttypid
    left join pg_attrdef as d on d.adrelid = r.oid and d.adnum = c.attnum
  union all
  select r.oid, array_position('{p,u,x,f,c}'::"char"[], k.contype), k.conname, format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid))
  from relation as r join pg_constraint as k on k.conrelid = r.oid
  where k.contype in ('p', 'u', 'x', 'f', 'c')
)
select section, object, position, statement
from (
  select 'roles', quote_ident(rolname), 1,
         concat_ws(' ', 'create role', quote_ident(rolname), case when rolcanlogin then 'login' else 'nologin' end,
                   case when not rolinherit then 'noinherit' end, case when rolsuper then 'superuser' end,
                   case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
                   case when rolreplication then 'replication' end, case when rolbypassrls then 'bypassrls' end) || ';'
  from role_of_ours
  union all
  select 'roles', quote_ident(r.rolname), 2, format('alter role %I set %s;', r.rolname, setting)
  from role_of_ours as r join pg_db_role_setting as s on s.setrole = r.oid and s.setdatabase = 0, unnest(s.setconfig) as setting
  union all
  select distinct 'roles', quote_ident(r.rolname), 3, format('grant %I to %I;', r.rolname, member.rolname)
  from role_of_ours as r
    join pg_auth_members as m on m.roleid = r.oid
    join role_of_ours as member on member.oid = m.member
  union all
  select 'schemas', object, 1, format('create schema %s;', object) from schema_of_ours
  union all
  select 'schemas', 'default privileges', 1,
         format('-- new %s of press_owner%s: %s', case d.defaclobjtype when 'f' then 'functions' when 'r' then 'tables' when 'S' then 'sequences'
                                                   when 'T' then 'types' else 'schemas' end,
                coalesce(' in ' || n.nspname, ''), d.defaclacl)
  from pg_default_acl as d left join pg_namespace as n on n.oid = d.defaclnamespace
  where d.defaclrole = 'press_owner'::regrole
  union all
  select 'types', t.object, 1,
         case t.typtype
           when 'e' then format('create type %s as enum (%s);', t.object,
             (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum as e where e.enumtypid = t.oid))
           when 'c' then format('create type %s as (%s);', t.object,
             (select string_agg(concat_ws(' ', c.object, c.type_name), ', ' order by c.attnum) from column_of as c where c.attrelid = t.typrelid))
           else concat_ws(' ', 'create domain', t.object, 'as', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end,
             'default ' || t.typdefault,
             (select string_agg(format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), ' ' order by k.conname collate "C")
              from pg_constraint as k where k.contypid = t.oid and k.contype = 'c')) || ';'
         end
  from named_type as t
  union all
  select 'sequences', c.object, 1,
         format('create sequence %s as %s increment by %s start with %s;', c.object, format_type(q.seqtypid, null), q.seqincrement, q.seqstart)
  from standalone_sequence as c join pg_sequence as q on q.seqrelid = c.oid
  union all
  select 'tables', r.object, 1,
         format(E'create %s %s (\n  %s\n)%s;',
                case r.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end, r.object,
                (select string_agg(part.definition, E',\n  ' order by part.rank, part.name collate "C") from part_of_table as part where part.oid = r.oid),
                coalesce(' with (' || array_to_string(r.reloptions, ', ') || ')', ''))
  from relation as r
  union all
  select 'tables', r.object, 2, pg_get_indexdef(i.indexrelid) || ';'
  from relation as r join pg_index as i on i.indrelid = r.oid
  where not exists (select from pg_constraint as k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  union all
  select 'tables', r.object, 3, pg_get_triggerdef(t.oid) || ';' || case t.tgenabled when 'O' then '' else ' -- fires: ' || t.tgenabled::text end
  from relation as r join pg_trigger as t on t.tgrelid = r.oid and not t.tgisinternal
  union all
  select 'tables', object, 4, format('alter table %s enable row level security;', object) from relation where relrowsecurity
  union all
  select 'tables', object, 4, format('alter table %s force row level security;', object) from relation where relforcerowsecurity
  union all
  select 'tables', r.object, 5,
         concat_ws(' ', format('create policy %I on %s', p.polname, r.object), case when not p.polpermissive then 'as restrictive' end,
                   'for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
                   'to ' || (select string_agg(case role when 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', '
                                               order by pg_get_userbyid(role)) from unnest(p.polroles) as role),
                   format('using (%s)', nullif(pg_get_expr(p.polqual, p.polrelid), '')),
                   case when p.polwithcheck is not null then format('with check (%s)', pg_get_expr(p.polwithcheck, p.polrelid)) end) || ';'
  from relation as r join pg_policy as p on p.polrelid = r.oid
  union all
  select 'functions', p.object, 1,
         format(E'create %s %s.%I(%s)%s\n  %s;', case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
                p.pronamespace::regnamespace, p.proname, pg_get_function_arguments(p.oid), E'\n  returns ' || pg_get_function_result(p.oid),
                concat_ws(' ', 'language', l.lanname, case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
                          case when p.proisstrict then 'strict' end, case when p.prosecdef then 'security definer' end,
                          case when p.proleakproof then 'leakproof' end,
                          case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
                          'set ' || array_to_string(p.proconfig, ' set ')))
  from routine as p join pg_language as l on l.oid = p.prolang
  union all
  select section, object, position, statement from grant_statement
  union all
  select section, object, position, format('comment on %s is %L;', kind, text) from comment_statement where text is not null
) as line (section, object, position, statement)
