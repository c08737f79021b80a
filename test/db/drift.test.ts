import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { checkFiles, findDrift } from "../../db/drift.ts";
import { createTestDatabase } from "../database.ts";

const database = await createTestDatabase();
afterAll(() => database.drop());

test("the migrations make what the files of db/sql say", async () => {
  expect(await findDrift(database.url("superuser"))).toEqual([]);
});

const DEVIATIONS = [
  {
    what: "the body of a function",
    sql: `create or replace function press_hidden.current_holder_id() returns uuid
            language sql stable security definer set search_path = pg_catalog, pg_temp as 'select null::uuid'`,
    object: "press_hidden.current_holder_id()",
  },
  {
    what: "a comment on a function",
    sql: "comment on function press.current_holder() is 'Something else.'",
    object: "press.current_holder()",
  },
  {
    what: "a grant too many",
    sql: "grant execute on function press.current_holder() to press_auditor",
    object: "press.current_holder()",
  },
  {
    what: "a missing grant",
    sql: "revoke select on press.editions from press_holder",
    object: "press.editions",
  },
  {
    what: "a policy",
    sql: "alter policy select_own on press.tickets using (true)",
    object: "press.tickets",
  },
  {
    what: "a policy too many",
    sql: "create policy select_any on press.tickets for select to press_anonymous using (true)",
    object: "press.tickets",
  },
  {
    what: "a function without a file",
    sql: "create function press_private.forgotten() returns void language sql return null",
    object: "press_private.forgotten",
  },
];

test.each(DEVIATIONS)("drift of $what is found, and only it", async ({ sql, object }) => {
  const deviating = await createTestDatabase();
  try {
    await deviating.pool("superuser").query(`set role press_owner; ${sql}`);
    const known = new Set((await findDrift(database.url("superuser"))).map((row) => row.problem));
    const found = (await findDrift(deviating.url("superuser"))).filter((row) => !known.has(row.problem));
    expect([...new Set(found.map((row) => row.object))]).toEqual([object]);
  } finally {
    await deviating.drop();
  }
});

test("comparing changes nothing", async () => {
  const { rows } = await database.pool("superuser").query("select max(xmin::text::bigint) as last from pg_proc");
  await findDrift(database.url("superuser"));
  expect((await database.pool("superuser").query("select max(xmin::text::bigint) as last from pg_proc")).rows).toEqual(
    rows,
  );
});

test("files are held against the table of contents and against the functions", () => {
  const folder = mkdtempSync(join(tmpdir(), "golden-press-sql-"));
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("press/right.sql", "create or replace function press.right() …");
  write("press/misnamed.sql", "create or replace function press.another() …");
  write("press/two.sql", "create or replace function press.two() …\ncreate or replace function press.three() …");
  write("press/unlisted.sql", "create or replace function press.unlisted() …");
  write("access/tickets.sql", "create policy …");
  const included = ["press/right.sql", "press/misnamed.sql", "press/two.sql", "access/tickets.sql"];
  try {
    expect(checkFiles(folder, included, ["press.right", "press.two", "press.orphan"])).toEqual([
      { object: "db/sql/press/misnamed.sql", problem: "makes press.another, and should make press.misnamed" },
      { object: "db/sql/press/two.sql", problem: "makes press.two, press.three, and should make press.two" },
      { object: "db/sql/press/unlisted.sql", problem: "is not included by db/sql/index.sql" },
      {
        object: "press.orphan",
        problem: "is a function of the database, but there is no file db/sql/press/orphan.sql",
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
