/* Two workers reach for the same pending tickets at once; and whoever waits for signatures is woken. */
import { once } from "node:events";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { closeSessions, makeEdition, openSessions } from "./sessions.ts";

const CLAIM = "select ticket_id, payload from press_worker.tickets_to_sign($1, 100, 60)";
const ATTACH = `select outcome from press_worker.attach_signatures($1, $2, $3)`;

let database: TestDatabase;
let keyId: string;
let sessions: [pg.Client, pg.Client];
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "raffle", 20, 20);
  await database.pool("operator").query("select press.issue_tickets('raffle', 10, recipient => 'alice')");
  sessions = (await openSessions(database, "press_worker", 2)) as [pg.Client, pg.Client];
  const registered = await sessions[0].query<{ key_id: string }>(
    "select key_id from press_worker.register_signing_key(tests.public_key(), 'ticket')",
  );
  keyId = String(registered.rows[0]?.key_id);
});
afterAll(async () => {
  await closeSessions(sessions);
  await database.drop();
});

test("the second passes over what the first is claiming, and finds it claimed afterwards", async () => {
  const [first, second] = sessions;
  await first.query("begin");
  expect((await first.query(CLAIM, [keyId])).rowCount).toBe(10);
  expect((await second.query(CLAIM, [keyId])).rowCount).toBe(0);
  await first.query("commit");
  expect((await second.query(CLAIM, [keyId])).rowCount).toBe(0);
});

test("a batch of signatures wakes whoever waits, once, and says nothing", async () => {
  const listener = (await openSessions(database, "press_gateway", 1))[0] as pg.Client;
  await listener.query("listen press_signed");
  const heard: (string | undefined)[] = [];
  listener.on("notification", ({ payload }) => heard.push(payload));
  const firstHeard = once(listener, "notification");
  const { rows } = await database
    .pool("superuser")
    .query<{ ids: string[]; signatures: string[] }>(
      "select array_agg(id) as ids, array_agg(tests.signature(id::text)) as signatures from press.tickets",
    );
  const values = [keyId, rows[0]?.ids, rows[0]?.signatures];
  expect((await sessions[0].query(ATTACH, values)).rows.every(({ outcome }) => outcome === "attached")).toBe(true);
  await firstHeard;
  await sessions[0].query(ATTACH, values);
  await sessions[0].query("select pg_notify('press_signed', 'the end')");
  while (!heard.includes("the end")) await once(listener, "notification");
  expect(heard, "repeating what is signed wakes nobody").toEqual(["", "the end"]);
  await closeSessions([listener]);
});
