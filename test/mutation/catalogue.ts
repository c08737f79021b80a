/* One thing taken away from the catalogue, or given that should not be. Written as queries of an installed press: each row names a fault and the statement that plants it. */
import type pg from "pg";
import type { Kind, Mutant } from "./mutant.ts";

const OURS = "('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private')";
const TABLE = "format('%I.%I', n.nspname, c.relname)";
const CONSTRAINTS = `pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace`;
const POLICIES = `pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace`;

/** What names it (as the subject, and what is said of it), and its statement. */
const QUERIES: Readonly<Partial<Record<Kind, string>>> = {
  // Not dropped: what refers to a key would go with it, and "on conflict on constraint" would not find it.
  key: `
    select ${TABLE}, k.conname, format('update pg_index set indisunique = false where indexrelid = %L::regclass', k.conindid::regclass)
    from ${CONSTRAINTS} where n.nspname in ${OURS} and k.contype in ('p', 'u')`,
  "foreign key": `
    select ${TABLE}, k.conname, format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname)
    from ${CONSTRAINTS} where n.nspname in ${OURS} and k.contype = 'f'`,
  check: `
    select ${TABLE}, k.conname, format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname)
    from ${CONSTRAINTS} where n.nspname in ${OURS} and k.contype = 'c'`,
  exclusion: `
    select ${TABLE}, k.conname, format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname)
    from ${CONSTRAINTS} where n.nspname in ${OURS} and k.contype = 'x'`,
  "not null": `
    select ${TABLE}, a.attname, format('alter table %s alter column %I drop not null', c.oid::regclass, a.attname)
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ${OURS} and c.relkind = 'r' and a.attnum > 0 and a.attnotnull and a.attidentity = ''
      and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey))`,
  "unique index": `
    select ${TABLE}, i.indexrelid::regclass, format('update pg_index set indisunique = false where indexrelid = %L::regclass', i.indexrelid::regclass)
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ${OURS} and c.relkind = 'r' and i.indisunique and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))`,
  trigger: `
    select ${TABLE}, t.tgname, format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname in ${OURS} and not t.tgisinternal`,
  "trigger condition": `
    select ${TABLE}, t.tgname, format('drop trigger %I on %s; %s; alter table %2$s enable always trigger %1$I', t.tgname, t.tgrelid::regclass,
             regexp_replace(pg_get_triggerdef(t.oid), ' WHEN \\(.*\\) EXECUTE ', ' EXECUTE '))
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ${OURS} and not t.tgisinternal and t.tgqual is not null`,
  policy: `
    select ${TABLE}, p.polname, format('drop policy %I on %s', p.polname, p.polrelid::regclass) from ${POLICIES} where n.nspname in ${OURS}`,
  "policy true": `
    select ${TABLE}, p.polname, format('alter policy %I on %s using (true)', p.polname, p.polrelid::regclass) from ${POLICIES}
    where n.nspname in ${OURS} and pg_get_expr(p.polqual, p.polrelid) <> 'true'`,
  "row security": `
    select ${TABLE}, what, format('alter table %s %s row level security', c.oid::regclass, what)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join (values ('disable'), ('no force')) w (what)
    where n.nspname in ${OURS} and c.relrowsecurity`,
  grant: `
    select format('%I.%I', n.nspname, p.proname), 'public executes it', format('grant execute on function %s to public', p.oid::regprocedure)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ${OURS} and p.prosecdef
    union all
    select ${TABLE}, 'holders read it', format('grant select on %s to press_holder', c.oid::regclass)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ${OURS} and c.relkind in ('r', 'v') and not has_table_privilege('press_holder', c.oid, 'select')
    union all
    select ${TABLE}, 'operators write it', format('grant insert, update, delete on %s to press_operator', c.oid::regclass)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ${OURS} and c.relkind = 'r'`,
};

/** @param client a superuser's, in a database with the press */
export async function catalogueMutants(client: pg.Client): Promise<Mutant[]> {
  const mutants: Mutant[] = [];
  for (const [kind, text] of Object.entries(QUERIES)) {
    const { rows } = await client.query<string[]>({ text: `${text} order by 1, 2`, rowMode: "array" });
    for (const [subject = "", what = "", sql = ""] of rows) {
      mutants.push({ name: `${subject}: ${kind}: ${what}`, kind: kind as Kind, subject, sql });
    }
  }
  return mutants;
}
