/* Who locks what, call by call, in which order, and what is told when others have it for too long; and that whoever looks for work waits for nobody. A lock that is not taken shows in no test of a single session, and in a race only now and then. */
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import {
  answersOf,
  CALLS,
  heldWhileWaiting,
  isNewcomerHeld,
  LOOKS,
  locksOf,
  prepare,
  REFUSED,
  reserveAnew,
  rowLocksOf,
  saysRefusal,
  toldBy,
  toldByLocked,
  toldByStale,
  toldWhenStopped,
  WAITS,
} from "./locks.ts";

everyTestRequires("superuser"); // The gateway's place is taken, and foreign keys do not look.

let database: TestDatabase;
let client: pg.Client;
let other: pg.Client;

beforeAll(async () => {
  if (missingRequirement("superuser") !== undefined) return;
  database = await createTestDatabase();
  const connect = async () => {
    const session = new pg.Client({ connectionString: database.url("superuser") });
    await session.connect();
    return session;
  };
  client = await connect();
  other = await connect();
  await prepare(client);
});

beforeEach(async () => {
  if (client !== undefined) await reserveAnew(client);
});

afterAll(async () => {
  await client?.end();
  await other?.end();
  await database?.drop();
});

test.each(CALLS.map((call) => [call.name, call.locks, call] as const))("%s locks: %s", async (_, locks, call) => {
  expect(await locksOf(client, call)).toBe(locks);
});

const telling = CALLS.flatMap((call) => (call.tells === undefined ? [] : [[call.name, call.tells, call] as const]));
test.each(telling)("%s tells %s, whatever row it is that it cannot write", async (_, tells, call) => {
  expect(await toldBy(client, call)).toBe(tells);
});

const locking = CALLS.filter(({ locks }) => locks !== "").map((call) => [call.name, call] as const);
test.each(locking)(
  "%s tells LOCK_TIMEOUT, whatever it is that another session has locked for too long, if it says so of itself",
  async (_, call) => {
    const isTold = (await toldByLocked(client, other, call)) === "LOCK_TIMEOUT";
    expect(isTold).toBe(await saysRefusal(client, call, "LOCK_TIMEOUT"));
  },
);

const stale = CALLS.filter((call) => rowLocksOf(call).length > 0).map((call) => [call.name, call] as const);
test.each(stale)(
  "%s tells RETRY, whatever it is that was written since its snapshot, if it says so of itself",
  async (_, call) => {
    const told = await toldByStale(client, other, call);
    if (await saysRefusal(client, call, "RETRY")) expect(told).toBe(call.stale ?? "RETRY");
    else expect(told).not.toBe("RETRY");
  },
);

const waiting = [...CALLS.filter(({ isStopped }) => isStopped), ...REFUSED].map((call) => [call.name, call] as const);
test.each(waiting)("%s is refused when the press was stopped while it waited", async (_, call) => {
  expect(await toldWhenStopped(client, call)).toBe("PRESS_STOPPED");
});

test.each(LOOKS.map((look) => [look.name, look] as const))(
  "%s passes over what others have locked",
  async (_, look) => {
    expect(await answersOf(client, other, look)).toEqual({ free: look.free, locked: look.locked });
  },
);

test.each(WAITS.map((wait) => [wait.name, wait.holds, wait] as const))(
  "%s, and has locked by then: %s",
  async (_, holds, wait) => {
    expect(await heldWhileWaiting(client, other, wait)).toBe(holds);
  },
);

test("hold_operators holds whom another session makes known meanwhile", async () => {
  expect(await isNewcomerHeld(client, other)).toBe(true);
});
