import { afterAll, expect, test } from "vitest";
import { createTestDatabase } from "../database.ts";
import { runTapFile } from "../tapFile.ts";

const database = await createTestDatabase();
afterAll(() => database.drop());
const run = (text: string) => runTapFile(database.url("superuser"), text);

test("a failing assertion says what it had and what it wanted", async () => {
  const { assertions, error } = await run("select plan(2); select is(1, 2, 'one is two'); select ok(true, 'fine');");
  expect(error).toBeUndefined();
  expect(assertions).toMatchObject([
    { ok: false, title: "one is two", diagnosis: expect.stringMatching(/have: 1\s+want: 2/) },
    { ok: true, title: "fine", diagnosis: "" },
  ]);
});

test("an SQL error keeps the assertions before it and names its place", async () => {
  const { assertions, error } = await run("select plan(2);\nselect ok(true, 'fine');\nselect ok(1 / 0 = 1, 'never');");
  expect(assertions).toHaveLength(1);
  expect(error).toMatch(/^22012 division by zero/);
  const second = await run("select plan(1);\nselect ok(true, 'fine');\nselect nothing_of_that_name;");
  expect(second.error).toMatch(/^42703 column "nothing_of_that_name" does not exist at line 3, column 8/);
});

test("fewer assertions than planned are seen", async () => {
  const { assertions, planned } = await run("select plan(3); select ok(true, 'fine'); select * from finish();");
  expect([assertions.length, planned]).toEqual([1, 3]);
});

test("skipped and unfinished assertions keep their reasons", async () => {
  const { assertions } = await run(
    "select plan(2); select skip('openssl: not here', 1); select todo('next week', 1); select ok(false, 'unfinished');",
  );
  expect(assertions).toMatchObject([
    { ok: true, skip: "openssl: not here", todo: undefined },
    { ok: false, title: "unfinished", skip: undefined, todo: "next week" },
  ]);
});

test("nothing of a file remains", async () => {
  await run("create table press.left_behind (); select plan(1); select ok(true, 'fine');");
  const { rows } = await database.pool("superuser").query("select to_regclass('press.left_behind') as found");
  expect(rows).toEqual([{ found: null }]);
});
