/* plpgsql_check reads every statement of every PL/pgSQL function against the catalogue, also those that no test reaches: of a trigger function once for
   each of its triggers, at every level of warnings that there is. */
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { missingRequirement, testRequiring } from "../../requirements.ts";

/** What it warns of, and why it is as it should be. One that nothing needs any more is a failure. */
const WAIVERS: readonly { readonly message: RegExp; readonly functions?: readonly string[]; readonly why: string }[] = [
  {
    message: /^performance: target type is different type than source type/,
    why: "A value that is assigned is cast, as it would be if that were written; no index is looked up by it.",
  },
  {
    message: /^performance: routine is marked as VOLATILE, should be STABLE/,
    functions: ["press_private.judge_issue_requests"],
    why: "What decides is read after the lock, with a snapshot of its own; a stable function has that of its caller.",
  },
  {
    message: /^performance: routine is marked as VOLATILE, should be IMMUTABLE/,
    functions: ["press_private.refuse"],
    why: "A refusal is raised where it stands; of an immutable function the planner may raise it while nobody asks.",
  },
  {
    message: /^security: /,
    functions: ["press_private.audit_rows", "press_private.seal_rows", "press_private.tg__seal_rows"],
    why: "The columns that are sealed come from press_private.sealed_columns, a function without arguments, or with the name of a table that has a trigger.",
  },
];

const CHECK = `
  select distinct p.oid::regproc::text as function, t.tgrelid::regclass::text as "table", c.lineno as line,
         concat_ws(' ', c.level || ': ' || c.message, c.detail) as message
  from pg_proc p
  join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
  left join pg_trigger t on t.tgfoid = p.oid
  cross join lateral tap.plpgsql_check_function_tb(p.oid, coalesce(t.tgrelid, 0), oldtable => t.tgoldtable, newtable => t.tgnewtable,
    fatal_errors => false, all_warnings => true) c
  where p.pronamespace in ('press'::regnamespace, 'press_hidden'::regnamespace, 'press_gateway'::regnamespace,
                           'press_worker'::regnamespace, 'press_private'::regnamespace)
  order by 1, 2, 3`;

interface Finding {
  readonly function: string;
  readonly table: string | null;
  readonly line: number | null;
  readonly message: string;
}

let database: TestDatabase | undefined;
let found: readonly Finding[];
beforeAll(async () => {
  if (missingRequirement("superuser", "plpgsql_check") === undefined) {
    database = await createTestDatabase();
    await database.pool("superuser").query("create extension plpgsql_check schema tap");
    found = await check(database.pool("superuser"));
  }
});
afterAll(() => database?.drop());

const testChecking = testRequiring("superuser", "plpgsql_check");

testChecking("plpgsql_check finds no fault in any function", () => {
  expect(found.filter((finding) => waiverOf(finding) === undefined)).toEqual([]);
});

testChecking("nothing is waived that is not there", () => {
  const needed = new Set(found.map(waiverOf));
  expect(WAIVERS.filter((waiver) => !needed.has(waiver))).toEqual([]);
  const names = new Set(found.map((finding) => finding.function));
  expect(WAIVERS.flatMap(({ functions = [] }) => functions).filter((name) => !names.has(name))).toEqual([]);
});

testChecking("every trigger function is checked against each of its tables", async () => {
  const broken = await withFaults(
    // Checked without tables, or against one of several that has the column, nobody would see it.
    `create or replace function press_private.tg__refuse_change() returns trigger language plpgsql as $$
     begin if new.tree_size = 0 then return null; end if; return new; end $$`,
  );
  const rows = await database?.pool("superuser").query<{ table: string }>(
    `select distinct tgrelid::regclass::text as "table" from pg_trigger t
     where tgfoid = 'press_private.tg__refuse_change'::regproc
       and not exists (select from pg_attribute a where a.attrelid = t.tgrelid and a.attname = 'tree_size')`,
  );
  const named = new Set(broken.map(({ table }) => table));
  expect(rows?.rowCount).toBeGreaterThan(5);
  expect(rows?.rows.map(({ table }) => table).filter((table) => !named.has(table))).toEqual([]);
});

testChecking("a planted fault of each level is named", async () => {
  const planted = await withFaults(`
    create function press_private.wrong_column() returns void language plpgsql as $$ begin perform t.no_column from press.tickets t; end $$;
    create function press_private.unused(a integer) returns void language plpgsql as $$ declare v_none integer; begin null; end $$;
    create function press_private.injected(slug text) returns void language plpgsql as $$ begin execute 'select ' || slug; end $$;
    create function press_private.volatile_for_nothing() returns integer language plpgsql as $$ begin return 1; end $$;
    create function press_private.shadowed(id uuid) returns uuid language plpgsql stable as $$ declare id uuid; begin return id; end $$`);
  const level = (name: string) =>
    planted
      .filter((finding) => finding.function === `press_private.${name}`)
      .map(({ message }) => message.split(":")[0]);
  expect(level("wrong_column")).toContain("error");
  expect(level("unused")).toEqual(expect.arrayContaining(["warning", "warning extra"]));
  expect(level("injected")).toContain("security");
  expect(level("volatile_for_nothing")).toContain("performance");
  expect(level("shadowed")).toContain("warning extra");
});

/** What is found with these statements run before, which stay undone, and is found without them. */
async function withFaults(statements: string): Promise<Finding[]> {
  const client = (await database?.pool("superuser").connect()) as pg.PoolClient;
  try {
    await client.query("begin");
    await client.query(statements);
    return (await check(client)).filter((finding) => waiverOf(finding) === undefined);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

async function check(session: pg.Pool | pg.PoolClient): Promise<Finding[]> {
  return (await session.query<Finding>(CHECK)).rows;
}

function waiverOf(finding: Finding): (typeof WAIVERS)[number] | undefined {
  return WAIVERS.find(
    ({ message, functions }) =>
      message.test(finding.message) && (functions === undefined || functions.includes(finding.function)),
  );
}
