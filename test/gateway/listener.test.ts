import { createServer } from "node:net";
import type { Logger } from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Channel, Listener } from "../../gateway/listener.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { testRequiring } from "../requirements.ts";
import { makeLog, until } from "../worker/support.ts";

let database: TestDatabase;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

afterAll(() => database?.drop());

/** A listener that has begun, and how often it has called for a look in each channel. */
function listen(databaseUrl = database.url("press_gateway")) {
  const log = makeLog();
  const listener = new Listener({ databaseUrl, log: log as unknown as Logger });
  const hints = { press_signed: 0, press_ledger: 0, press_publications: 0 };
  for (const channel of Object.keys(hints) as Channel[]) {
    listener.on(channel, () => {
      hints[channel] += 1;
    });
  }
  listener.listen();
  closing.push(() => listener.close());
  return { listener, hints, log };
}

const notify = (channel: Channel) => database.pool("superuser").query("select pg_notify($1, '')", [channel]);

test("whoever waits is told to look when listening begins, and at each hint of the own channel", async () => {
  const { hints } = listen();
  await until(() => hints.press_publications >= 1);
  expect(hints).toEqual({ press_signed: 1, press_ledger: 1, press_publications: 1 });
  await notify("press_ledger");
  await until(() => hints.press_ledger >= 2);
  await notify("press_signed");
  await until(() => hints.press_signed >= 2);
  await notify("press_publications");
  await until(() => hints.press_publications >= 2);
  expect(hints).toEqual({ press_signed: 2, press_ledger: 2, press_publications: 2 });
});

testRequiring("superuser")("a connection that was cut comes back, and everybody is told to look", async () => {
  const { hints } = listen();
  await until(() => hints.press_ledger >= 1);
  for (const round of [2, 3]) {
    await database
      .pool("superuser")
      .query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query ^@ 'listen'", [
        database.name,
      ]);
    await until(() => hints.press_ledger >= round);
    expect(hints.press_signed).toBe(round);
  }
  await notify("press_ledger");
  await until(() => hints.press_ledger >= 4);
});

test("a database that is out of reach is tried again, and closing does not wait for it", async () => {
  const { listener, log, hints } = listen("postgres://press_gateway@127.0.0.1:1/press");
  await until(() => log.lines.length >= 2);
  expect(log.lines[0]).toContain("listening to the database failed; it is tried again");
  await listener.close();
  expect(hints).toEqual({ press_signed: 0, press_ledger: 0, press_publications: 0 });
});

test("a database that takes the connection and says nothing does not keep it from closing", async () => {
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const silent = createServer(() => resolve()).listen(0, "127.0.0.1");
  await until(() => silent.listening);
  const { port } = silent.address() as { port: number };
  const { listener } = listen(`postgres://press_gateway@127.0.0.1:${port}/press`);
  await connected;
  await listener.close();
  silent.close();
});
