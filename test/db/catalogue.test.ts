import { readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatCatalogue, readCatalogue } from "../../db/catalogue.ts";
import { createTestDatabase } from "../database.ts";

const database = await createTestDatabase();
let client: pg.PoolClient;

beforeAll(async () => {
  client = await database.pool("superuser").connect();
});

afterAll(async () => {
  client.release();
  await database.drop();
});

test("db/schema.sql is what the database is, on this version of PostgreSQL as on every other", async () => {
  const schema = readFileSync(join(import.meta.dirname, "../../db/schema.sql"), "utf8");
  expect(await describeAfter("select")).toBe(schema);
});

const CHANGES = [
  {
    change: "alter table press.revocations add column note varchar(9) not null default 'x'",
    shows: "note character varying(9) not null default 'x'",
  },
  {
    change: "alter table press.tickets drop constraint tickets_number_is_within_cap",
    shows: "constraint tickets_number_is_within_cap",
  },
  {
    change: "create index on press.tickets (cap desc) where cap > 5",
    shows: "ON press.tickets USING btree (cap DESC) WHERE (cap > 5);",
  },
  {
    change: "alter table press.tickets no force row level security",
    shows: "alter table press.tickets force row level security;",
  },
  {
    change: "drop policy select_own on press.tickets",
    shows: "create policy select_own on press.tickets for select to press_holder",
  },
  { change: "alter function press.issue_ticket stable", shows: "language plpgsql stable security definer" },
  {
    change: "grant update (status) on press.tickets to press_operator",
    shows: "grant update (status) on table press.tickets to press_operator;",
  },
  { change: "grant execute on function press.issue_ticket to public", shows: "press_operator, public;" },
  { change: "alter role press_gateway createdb", shows: "create role press_gateway login noinherit createdb;" },
  { change: "grant press_holder to press_worker", shows: "grant press_holder to press_worker;" },
  {
    change: "create domain press.slug as text check (value ~ '^[a-z]+$')",
    shows: "create domain press.slug as text constraint slug_check CHECK",
  },
  {
    change: "create sequence press.counter increment by 7",
    shows: "create sequence press.counter as bigint increment by 7 start with 1;",
  },
  {
    change: "create view press.names with (security_invoker) as select slug from press.editions",
    shows: "create view press.names (\n  slug text\n) with (security_invoker=true);",
  },
  {
    change: "comment on column press.tickets.id is 'Opaque.'",
    shows: "comment on column press.tickets.id is 'Opaque.';",
  },
];

test.each(CHANGES)("a reviewer sees: $change", async ({ change, shows }) => {
  const before = await describeAfter("select");
  const after = await describeAfter(change);
  expect(before.split(shows).length).not.toBe(after.split(shows).length);
});

async function describeAfter(change: string): Promise<string> {
  await client.query("begin");
  // Objects are their owner's to change, roles the installing login's.
  await client.query(/role|grant press_holder/.test(change) ? "select" : "set local role press_owner");
  await client.query(change);
  const text = formatCatalogue(await readCatalogue(client));
  await client.query("rollback");
  return text;
}
