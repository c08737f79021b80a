/* Workers that start at once register the same key at once, and each would build its comb. */
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { createIssuer } from "../verifier/issuer.ts";
import { closeSessions, openSessions, untilWaiting } from "./sessions.ts";

let database: TestDatabase;
let sessions: [pg.Client, pg.Client];
let key: string;
beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  sessions = (await openSessions(database, "press_worker", 2)) as [pg.Client, pg.Client];
  key = createIssuer().publicKeyHex;
});
afterEach(() => closeSessions(sessions));
afterAll(() => database.drop());

const register = (session: pg.Client) =>
  session.query("select from press_worker.register_signing_key($1, 'ticket')", [key]);

test.each(["commit", "rollback"])("the second waits for the first, and there is one comb after its %s", async (end) => {
  const [first, second] = sessions;
  await first.query("begin");
  await register(first);
  const registered = register(second);
  await untilWaiting(database, 1);
  await first.query(end);
  await registered;
  const { rows } = await database.pool("superuser").query(
    `select count(distinct k.id)::integer as combs, count(*)::integer as points
     from press_private.ed25519_combs k join press_private.ed25519_comb_points p on p.comb_id = k.id where k.public_key = decode($1, 'hex')`,
    [key],
  );
  expect(rows).toEqual([{ combs: 1, points: 32 * 129 }]);
});

test("combs that were built in a race are right", async () => {
  const { rows } = await database.pool("superuser").query("select press_private.faulty_ed25519_combs()");
  expect(rows).toEqual([]);
});
