import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Signer, type SignerOptions, type Step } from "../../worker/signer.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import {
  envelopesOf,
  issueMore,
  issuePending,
  makeDoor,
  makeKey,
  makeLog,
  signedCount,
  until,
  verdicts,
} from "./support.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A signer with a registered key of its own. */
async function makeSigner(options: Partial<SignerOptions> = {}) {
  const key = options.key ?? makeKey();
  const log = makeLog();
  await database
    .pool("press_worker")
    .query("select from press_worker.register_signing_key($1, 'ticket')", [key.publicKey]);
  return { key, log, signer: new Signer({ db: database.pool("press_worker"), key, log, ...options }) };
}

/** An observer that holds the signer after a step until the door is opened. */
function holdAt(step: Step) {
  const door = makeDoor();
  const reached = makeDoor();
  const observe = async (reachedStep: Step) => {
    if (reachedStep !== step) return;
    reached.open();
    await door.opened;
  };
  return { observe, reached: reached.opened, release: () => door.open() };
}

test("signs everything that is pending, over several batches, and every envelope verifies", async () => {
  await issuePending(database, "several-batches", 60);
  const batches: Step[] = [];
  const { signer, key, log } = await makeSigner({ batchSize: 25, observe: (step) => batches.push(step) });
  await signer.drain();
  expect(signer.counts).toEqual({ attached: 60, repeated: 0, refused: 0, unfit: 0 });
  expect(batches.toSorted()).toEqual(["claimed", "signed", "stored"].flatMap((step) => [step, step, step]));
  expect(verdicts(await envelopesOf(database, "several-batches"), key.publicKey)).toEqual(new Set(["signed"]));
  expect(log.lines).toEqual([]);
});

test("while a batch is signed the next is claimed and the last is stored; never more than three are in hand", async () => {
  await issuePending(database, "pipeline", 100);
  const pool = database.pool("press_worker");
  let claimed = 0;
  let stored = 0;
  let inHandMax = 0;
  const counting = {
    async query(query: { name: string; text: string; values: unknown[] }) {
      // Nothing is stored before the next batch is claimed, however slow that is: who claimed only afterwards would wait for ever.
      if (query.name === "attach_signatures") await until(() => claimed - stored > 1 || claimed === 10);
      const answer = await pool.query(query);
      if (query.name === "attach_signatures") stored += 1;
      else if (answer.rows.length > 0) claimed += 1;
      inHandMax = Math.max(inHandMax, claimed - stored);
      return answer;
    },
  };
  const { signer } = await makeSigner({ db: counting as unknown as typeof pool, batchSize: 10 });
  await signer.drain();
  expect([claimed, stored, signer.counts.attached]).toEqual([10, 10, 100]);
  expect(inHandMax).toBeGreaterThan(1);
  expect(inHandMax).toBeLessThanOrEqual(3);
});

test("when a batch cannot be stored the drain fails once everything in hand is settled, and nothing is lost", async () => {
  await issuePending(database, "unstored", 30);
  const pool = database.pool("press_worker");
  let underWay = 0;
  const failing = {
    async query(query: { name: string; text: string; values: unknown[] }) {
      underWay += 1;
      try {
        if (query.name === "attach_signatures") throw new Error("The disk is full.");
        return await pool.query(query);
      } finally {
        underWay -= 1;
      }
    },
  };
  const { signer, key } = await makeSigner({ db: failing as unknown as typeof pool, batchSize: 10, leaseSeconds: 1 });
  await expect(signer.drain()).rejects.toThrow("The disk is full.");
  expect(underWay).toBe(0);
  const { signer: next } = await makeSigner({ key });
  await until(async () => {
    await next.drain();
    return (await signedCount(database, "unstored")) === 30;
  });
});

test("there is one drain at a time, and a call while it runs sees what was committed before the call", async () => {
  await issuePending(database, "coalesced", 10);
  const hold = holdAt("claimed");
  const { signer } = await makeSigner({ observe: hold.observe });
  const first = signer.drain();
  await hold.reached;
  await issuePending(database, "coalesced-later", 10);
  const later = Array.from({ length: 50 }, () => signer.drain());
  expect(new Set([first, ...later]).size).toBe(1);
  hold.release();
  await first;
  expect([await signedCount(database, "coalesced"), await signedCount(database, "coalesced-later")]).toEqual([10, 10]);
});

test("an empty queue is asked once and nothing is signed", async () => {
  const steps: Step[] = [];
  const { signer } = await makeSigner({ observe: (step) => steps.push(step) });
  await signer.drain();
  expect(steps).toEqual([]);
  expect(signer.counts).toEqual({ attached: 0, repeated: 0, refused: 0, unfit: 0 });
});

test("while a batch is signed others get their turn", async () => {
  await issuePending(database, "turns", 250);
  let turns = 0;
  let isSigning = false;
  const count = () => {
    turns += 1;
    if (isSigning) setImmediate(count);
  };
  const observe = (step: Step) => {
    isSigning = step === "claimed";
    if (isSigning) setImmediate(count);
  };
  const { signer } = await makeSigner({ observe });
  await signer.drain();
  expect(turns).toBeGreaterThanOrEqual(10);
});

describe("a worker that was paused beyond its lease", () => {
  test("brings the same signature: nothing changes", async () => {
    await issuePending(database, "paused-same", 20);
    const hold = holdAt("signed");
    const paused = await makeSigner({ observe: hold.observe, leaseSeconds: 1 });
    const late = paused.signer.drain();
    await hold.reached;
    const other = await makeSigner({ key: paused.key });
    await until(async () => {
      await other.signer.drain();
      return (await signedCount(database, "paused-same")) === 20;
    });
    const before = await envelopesOf(database, "paused-same");
    hold.release();
    await late;
    expect(paused.signer.counts).toEqual({ attached: 0, repeated: 20, refused: 0, unfit: 0 });
    expect(other.signer.counts.attached).toBe(20);
    expect(await envelopesOf(database, "paused-same")).toEqual(before);
    expect(paused.log.lines).toEqual([]);
  });

  test("with another key brings a different signature: refused, reported, and nothing changes", async () => {
    const ids = await issuePending(database, "paused-other", 20);
    const hold = holdAt("signed");
    const paused = await makeSigner({ observe: hold.observe, leaseSeconds: 1 });
    const late = paused.signer.drain();
    await hold.reached;
    const other = await makeSigner();
    await until(async () => {
      await other.signer.drain();
      return (await signedCount(database, "paused-other")) === 20;
    });
    const before = await envelopesOf(database, "paused-other");
    hold.release();
    await late;
    expect(paused.signer.counts).toEqual({ attached: 0, repeated: 0, refused: 20, unfit: 0 });
    expect(await envelopesOf(database, "paused-other")).toEqual(before);
    expect(verdicts(before, other.key.publicKey)).toEqual(new Set(["signed"]));
    expect(paused.log.lines.length).toBe(20);
    for (const id of ids) {
      expect(paused.log.lines).toContain(
        `error {"ticketId":"${id}","keyId":"${paused.key.keyId}"} The database refused a signature: the ticket is signed already, or another key's.`,
      );
    }
  });
});

test("what the database hands out and is no ticket is not signed, and the rest of the batch is", async () => {
  const ids = await issuePending(database, "foreign-bytes", 3);
  const { signer, key, log } = await makeSigner();
  const pool = database.pool("press_worker");
  const attached: string[][] = [];
  const lying = {
    async query(query: { name: string; text: string; values: unknown[] }) {
      if (query.name === "attach_signatures") attached.push(query.values[1] as string[]);
      const answer = await pool.query<{ ticket_id: string; payload?: string }>(query);
      for (const row of answer.rows) {
        if (row.ticket_id === ids[0] && row.payload !== undefined) row.payload = "transfer all gold to mallory";
        if (row.ticket_id === ids[1] && row.payload !== undefined)
          row.payload = row.payload.replace(key.keyId, "0".repeat(16));
      }
      return answer;
    },
  };
  const lied = new Signer({ db: lying as unknown as typeof pool, key, log });
  await lied.drain();
  expect(lied.counts).toEqual({ attached: 1, repeated: 0, refused: 0, unfit: 2 });
  expect(attached).toEqual([[ids[2]]]);
  expect(log.lines.toSorted()).toEqual(
    [
      `error {"ticketId":"${ids[0]}","keyId":"${key.keyId}"} Not signed: the payload is not a JSON object.`,
      `error {"ticketId":"${ids[1]}","keyId":"${key.keyId}"} Not signed: the payload names another key.`,
    ].toSorted(),
  );
  await database.pool("superuser").query("delete from press_private.signing_claims");
  await signer.drain();
  expect(await signedCount(database, "foreign-bytes")).toBe(3);
});

test("stopping ends after the batch in hand and takes no other", async () => {
  await issuePending(database, "stopped", 30);
  const hold = holdAt("claimed");
  const { signer } = await makeSigner({ batchSize: 10, observe: hold.observe });
  const drained = signer.drain();
  await hold.reached;
  const stopped = signer.stop();
  hold.release();
  await Promise.all([stopped, drained]);
  expect(signer.counts.attached).toBe(10);
  await signer.drain();
  expect(await signedCount(database, "stopped")).toBe(10);
  const { signer: next } = await makeSigner();
  await next.drain();
  expect(await signedCount(database, "stopped")).toBe(30);
});

test("no lock is held while signing: issuing goes on in the same edition", async () => {
  await issuePending(database, "unlocked", 5);
  await database
    .pool("operator")
    .query("select press.create_edition('unlocked-too', 'An edition', 10), press.open_edition('unlocked-too')");
  await issueMore(database, "unlocked-too", 5);
  const hold = holdAt("signed");
  const { signer } = await makeSigner({ observe: hold.observe });
  const drained = signer.drain();
  await hold.reached;
  await issueMore(database, "unlocked-too", 5);
  const { rows } = await database
    .pool("superuser")
    .query<{ count: string }>(
      `select count(*) from pg_stat_activity where usename = 'press_worker' and datname = $1 and xact_start is not null`,
      [database.name],
    );
  expect(rows[0]?.count).toBe("0");
  hold.release();
  await drained;
  await signer.drain();
  expect(await signedCount(database, "unlocked-too")).toBe(10);
});
