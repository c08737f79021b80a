/* After a migration is committed, a file of db/sql is only a file: editing it changes no database until some later migration
   includes it again. This check finds such files. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { type CatalogueLine, readCatalogue } from "./catalogue.ts";
import { compileSql } from "./migrations.ts";

/** One difference between what the migrations made and what db/sql says. */
export interface Drift {
  /** A function, table or role of the database, or a file. */
  object: string;
  problem: string;
}

const SQL_FOLDER = join(import.meta.dirname, "sql");
/** Whether a schema is one of ours: press_owner owns those of the migration and job tools too, whose contents are their own affair. */
const ours = (schema: string) => `${schema} not in ('graphile_migrate'::regnamespace, 'graphile_worker'::regnamespace)`;

const CREATES = /^create (?:or replace )?(?:function|procedure|view)\s+([a-z0-9_]+\.[a-z0-9_]+)/gim;

/**
 * Takes away what only files of db/sql give: policies, rights to tables and functions, comments on functions. So a line that
 * was deleted from a file is missed as well as one that was added.
 */
const TAKE_AWAY = `
  do $$
  declare
    v_statement text;
  begin
    for v_statement in
      select format('drop policy %I on %s', p.polname, p.polrelid::regclass)
      from pg_policy as p join pg_class as c on c.oid = p.polrelid
      where c.relowner = 'press_owner'::regrole and ${ours("c.relnamespace")}
      union all
      select distinct format('revoke all on table %s from %s', c.oid::regclass, coalesce(quote_ident(r.rolname), 'public'))
      from pg_class as c, aclexplode(c.relacl) as g left join pg_roles as r on r.oid = g.grantee
      where c.relowner = 'press_owner'::regrole and ${ours("c.relnamespace")} and c.relkind in ('r', 'p', 'v', 'm') and g.grantee <> c.relowner
      union all
      select distinct format('revoke all on routine %s from %s', p.oid::regprocedure, coalesce(quote_ident(r.rolname), 'public'))
      from pg_proc as p, aclexplode(p.proacl) as g left join pg_roles as r on r.oid = g.grantee
      where p.proowner = 'press_owner'::regrole and ${ours("p.pronamespace")} and g.grantee <> p.proowner
      union all
      select format('comment on routine %s is null', p.oid::regprocedure)
      from pg_proc as p where p.proowner = 'press_owner'::regrole and ${ours("p.pronamespace")}
    loop
      execute v_statement;
    end loop;
  end
  $$`;

/**
 * Compares a database with the files: applies all of them in a transaction, looks at what that changed, and rolls back.
 * @param url a member of press_owner, in a database that has run every migration and nothing else
 */
export async function findDrift(url: string): Promise<Drift[]> {
  const compiled = await compileSql(url, "index.sql");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("begin; set local role press_owner");
    const inDatabase = await readDefinitions(client);
    await client.query(TAKE_AWAY);
    await client.query("set local search_path = pg_catalog, pg_temp");
    await client.query(compiled);
    const withFiles = await readDefinitions(client);
    await client.query("rollback");
    const included = [...compiled.matchAll(/^--! Included (\S+)$/gm)].map((match) => match[1] ?? "");
    return [...compare(inDatabase, withFiles), ...checkFiles(SQL_FOLDER, included, functionNames(withFiles))];
  } finally {
    await client.end();
  }
}

/** The catalogue, and the bodies that it leaves out. */
async function readDefinitions(client: pg.Client): Promise<CatalogueLine[]> {
  const catalogue = await readCatalogue(client);
  const bodies = await client.query<CatalogueLine>(
    `select 'functions' as section, p.oid::regprocedure::text as object, 10 as position, pg_get_functiondef(p.oid) as statement
     from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
     where n.nspowner = 'press_owner'::regrole and ${ours("n.oid")} and p.prokind in ('f', 'p')
     union all
     select 'tables', c.oid::regclass::text, 10, pg_get_viewdef(c.oid)
     from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
     where n.nspowner = 'press_owner'::regrole and ${ours("n.oid")} and c.relkind in ('v', 'm')`,
  );
  return [...catalogue, ...bodies.rows];
}

function functionNames(lines: CatalogueLine[]): string[] {
  const names = lines.filter((line) => line.section === "functions").map((line) => line.object.replace(/\(.*$/, ""));
  return [...new Set(names)];
}

function compare(inDatabase: CatalogueLine[], withFiles: CatalogueLine[]): Drift[] {
  const before = new Set(inDatabase.map((line) => line.statement));
  const after = new Set(withFiles.map((line) => line.statement));
  const describe = (line: CatalogueLine, where: string) => ({
    object: line.object,
    problem: `only in ${where}: ${line.statement}`,
  });
  return [
    ...withFiles.filter((line) => !before.has(line.statement)).map((line) => describe(line, "db/sql")),
    ...inDatabase.filter((line) => !after.has(line.statement)).map((line) => describe(line, "the migrations")),
  ];
}

/**
 * Holds the folder against its table of contents and against the functions of the database: a function's file has its
 * schema and name as its path, and makes nothing else.
 * @param included the paths that index.sql includes
 * @param functions the functions of the database, as schema.name
 */
export function checkFiles(folder: string, included: string[], functions: string[]): Drift[] {
  const drifts: Drift[] = [];
  for (const path of globSync("*/*.sql", { cwd: folder }).sort()) {
    const object = `db/sql/${path}`;
    if (!included.includes(path)) {
      drifts.push({ object, problem: "is not included by db/sql/index.sql" });
    }
    const made = [...readFileSync(join(folder, path), "utf8").matchAll(CREATES)].map((match) => match[1]);
    const expected = path.startsWith("access/") ? [] : [path.replace("/", ".").replace(/\.sql$/, "")];
    if (String(made) !== String(expected)) {
      drifts.push({
        object,
        problem: `makes ${made.join(", ") || "nothing"}, and should make ${expected[0] ?? "nothing"}`,
      });
    }
  }
  for (const name of functions) {
    const path = `${name.replace(".", "/")}.sql`;
    if (!existsSync(join(folder, path))) {
      drifts.push({ object: name, problem: `is a function of the database, but there is no file db/sql/${path}` });
    }
  }
  return drifts;
}
