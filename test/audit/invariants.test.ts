/* A press in which everything has happened that can: what is promised holds of every row of it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { brokenRows, Looking } from "../invariants.ts";
import { fillPress } from "./richPress.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test("nothing is found while everything happens, by whoever looks, nor when all of it is looked at once more", async () => {
  const looking = (["operator", "press_auditor"] as const).map((as) => new Looking(database, { as }));
  await fillPress(database);
  for (const { found, count } of await Promise.all(looking.map((looks) => looks.end()))) {
    expect(found).toEqual([]);
    expect(count).toBeGreaterThan(5);
  }
  // Everything there is, by the keys of all rows.
  expect(await brokenRows(database.pool("owner"))).toEqual([]);
});
