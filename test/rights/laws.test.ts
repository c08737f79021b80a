/* The laws that are read from the catalogue see what they are for: each is broken on purpose, and named. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../database.ts";
import { runTapFile } from "../tapFile.ts";

const database = await createTestDatabase();
afterAll(() => database.drop());

/** What somebody could do wrong, in which file the law is that sees it, and what it says. */
const PLANTED: readonly (readonly [string, string, string])[] = [
  [
    "create function press.careless() returns integer language plpgsql security definer as $f$ begin return 1; end $f$",
    "functions",
    "every function pins search_path to pg_catalog, pg_temp; only invoker SQL functions with parsed bodies need not",
  ],
  [
    "create function press.careless() returns integer language sql security definer set search_path = pg_catalog, pg_temp return 1; alter function press.careless() owner to current_user",
    "functions",
    "every function belongs to press_owner",
  ],
  [
    "create function press.careless() returns integer language sql security definer set search_path = pg_catalog, pg_temp return 1; grant execute on function press.careless() to public",
    "functions",
    "PUBLIC executes nothing",
  ],
  [
    "create function press_private.careless() returns integer language sql security definer set search_path = pg_catalog, pg_temp return 1",
    "functions",
    "only front doors and helpers of policies are SECURITY DEFINER",
  ],
  [
    "create function public.careless() returns integer language sql security definer set search_path = pg_catalog, pg_temp return 1",
    "functions",
    "nothing outside the schemas of the press runs as somebody else",
  ],
  [
    "create view press.careless as select * from press.tickets",
    "tables",
    "every view reads as its caller, so that row-level security holds in it too",
  ],
  [
    "create materialized view press.careless as select 1 as one",
    "tables",
    "every view reads as its caller, so that row-level security holds in it too",
  ],
  [
    "alter table press.tickets no force row level security",
    "tables",
    "every table of press has row-level security, forced",
  ],
  ["create table press.careless (id integer)", "tables", "every table of press has row-level security, forced"],
  ["grant select (envelope) on press.tickets to press_anonymous", "rights", "columns: no right is given by column"],
  ["grant select on press.tickets to press_operator with grant option", "rights", "nobody gives away what they may"],
  [
    "create table press.careless (id integer); alter table press.careless enable row level security; grant select on press.careless to press_holder",
    "rights",
    "rows: of every table with row-level security, and of everybody who reads it, it is declared which",
  ],
  [
    "create function press.careless() returns integer language sql return 1",
    "rights",
    "functions: of each that people call it is declared whom it serves",
  ],
  ["grant create on schema press to press_worker", "rights", "schemas: nobody makes objects in them"],
];

describe.each([...new Set(PLANTED.map(([, file]) => file))])("laws/%s", async (file) => {
  const planted = PLANTED.filter(([, where]) => where === file).map(
    ([statement, , title], n) => [numbered(statement, n), title, n] as const,
  );
  const text = readFileSync(join(import.meta.dirname, `../sql/laws/${file}.test.sql`), "utf8");
  const faults = planted.map(([statement]) => statement).join(";\n");
  const faulty = text.replace(/^select plan\(\d+\);$/m, (plan) => `${plan}\n${faults};`);
  const run = await runTapFile(database.url("superuser"), faulty);

  test.each(planted)("%s", (statement, title, n) => {
    expect(run.error).toBeUndefined();
    const broken = run.assertions.find((assertion) => assertion.title === title);
    expect(broken?.ok, title).toBe(false);
    if (statement.includes("careless")) expect(broken?.diagnosis).toContain(numbered("careless", n));
  });
});

/** All of a file are there at once, each under a name of its own. */
function numbered(statement: string, n: number): string {
  return statement.replaceAll("careless", `careless_${n}`);
}
