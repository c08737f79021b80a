/* A press in which everything has happened that can: what is promised holds of every row of it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
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
  const { rows } = await database.pool("owner").query(
    `select f."check", f.subject, f.finding
     from press_private.broken_promises(array(select k from press_private.keys_to_look_at_again(100000) k
       union all select ('press.draws', null, e.id)::press_private.row_key_record from press.editions e), 600) f
     where f."check" <> 'nothing waits for longer than it should'`,
  );
  expect(rows).toEqual([]);
});
