/* Objects with the names that the press's functions use, owned by somebody without rights, where a careless function would take them for its own. */
import type { TestDatabase } from "../database.ts";

/** Types whose operators and functions are shadowed; a shadow is called with the same arguments, and more exactly than the one of PostgreSQL never. */
const TYPES = [
  "text",
  "integer",
  "bigint",
  "smallint",
  "uuid",
  "boolean",
  "bytea",
  "timestamptz",
  "interval",
  "jsonb",
  "numeric",
  "name",
  "date",
];

/**
 * Makes them in public, the usual place that comes first: of every operator and function of PostgreSQL over common types, of every function, table and type of
 * the press. Each does what it should, and notes when it is called with the rights of press_owner in a session of somebody else. What they are named
 * before PostgreSQL's own every session of the database looks for first.
 *
 * @returns how many there are
 */
export async function plantShadows(database: TestDatabase, owner: string): Promise<number> {
  const superuser = database.pool("superuser");
  await superuser.query(`
    create table public.caught (what text, as_login text);
    grant insert, select on public.caught to public;
    create function public.note_shadow(what text) returns void language plpgsql as $f$
    begin
      if current_user operator(pg_catalog.=) 'press_owner' and session_user operator(pg_catalog.<>) all (array['press_owner', '${new URL(database.url("superuser")).username}']::name[]) then
        insert into public.caught values (what, session_user);
      end if;
    end $f$;
    grant create on schema public to ${owner}`);
  const { rows } = await superuser.query<{ statement: string }>(SHADOWS, [TYPES]);
  const client = await superuser.connect();
  try {
    await client.query(`set role ${owner}`);
    await client.query(rows.map(({ statement }) => statement).join(";\n"));
  } finally {
    await client.query("reset role");
    client.release();
  }
  await superuser.query(`alter database ${database.name} set search_path = public, pg_catalog`);
  return rows.length;
}

/** What of the press was led to a shadow. */
export async function caught(database: TestDatabase): Promise<string[]> {
  const { rows } = await database
    .pool("superuser")
    .query<{ what: string }>("select distinct what || ' for ' || as_login as what from public.caught order by 1");
  return rows.map(({ what }) => what);
}

/** In every session its own: temporary tables with the names of the press's. */
export async function temporaryShadows(database: TestDatabase): Promise<string> {
  const { rows } = await database.pool("superuser").query<{ statement: string }>(`
    select distinct on (c.relname) format('create temporary table %I (%s)', c.relname,
             (select string_agg(format('%I text', a.attname), ', ') from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)) as statement
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('press', 'press_private') and c.relkind = 'r'`);
  return rows.map(({ statement }) => statement).join("; ");
}

const SHADOWS = `
  with common as (select t.oid from pg_type t where t.oid in (select x::regtype from unnest($1::text[]) x))
  -- A function for each operator, and the operator.
  select format('create function public.shadow_%1$s(a %2$s, b %3$s) returns %4$s language plpgsql as $f$ begin perform public.note_shadow(%5$L); return a operator(pg_catalog.%6$s) b; end $f$;
                 create operator public.%6$s (leftarg = %2$s, rightarg = %3$s, function = public.shadow_%1$s)',
           o.oid, o.oprleft::regtype, o.oprright::regtype, o.oprresult::regtype, 'operator ' || o.oprname, o.oprname) as statement
  from pg_operator o
  where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprkind = 'b' and o.oprleft in (select oid from common) and o.oprright in (select oid from common)
    and o.oprresult in (select oid from common)
  union all
  select format('create function public.%1$I(%2$s) returns %3$s language plpgsql as $f$ begin perform public.note_shadow(%4$L); return pg_catalog.%1$I(%5$s); end $f$',
           p.proname, (select string_agg(t::regtype::text, ', ' order by n) from unnest(p.proargtypes) with ordinality a (t, n)), p.prorettype::regtype, 'function ' || p.proname,
           (select string_agg('$' || n, ', ' order by n) from unnest(p.proargtypes) with ordinality a (t, n)))
  from pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset and p.provariadic = 0 and p.pronargs > 0
    and p.prorettype in (select oid from common) and not exists (select from unnest(p.proargtypes) t where t not in (select oid from common))
    and p.proname ~ '^[a-z_0-9]+$' and p.proname not in ('note_shadow')
    and exists (select from pg_proc f join pg_namespace n on n.oid = f.pronamespace
                where n.nspname ~ '^press' and coalesce(f.prosrc, '') || coalesce(pg_get_function_sqlbody(f.oid), '') ~ ('\\m' || p.proname || '\\M'))
  union all
  select distinct on (c.relname) format('create table public.%I (%s)', c.relname,
           (select string_agg(format('%I text', a.attname), ', ') from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('press', 'press_private') and c.relkind = 'r'
  union all
  select distinct on (t.typname) format('create domain public.%I as text check (public.note_shadow(%L) is null)', t.typname, 'type ' || t.typname)
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where n.nspname ~ '^press' and t.typtype in ('e', 'd')`;
