/* One record a nonce: many submit at once with one key, the same and other records under one nonce, and it meets whoever revokes the key or forgets its holder. Then the
   three layers, removed one at a time. */
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { auditFindings } from "../raffles.ts";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires } from "../requirements.ts";
import {
  attempt,
  attemptUntilAnswered,
  attemptUntilItsTurn,
  closeSessions,
  openSessions,
  tally,
  untilWaiting,
} from "./sessions.ts";

const SESSIONS = 40;
const CALLS = 400;
const SUBMIT = "select id, nonce, state from press.submit_record($1, $2, $3)";

everyTestRequires("superuser"); // Layers are taken away, locks watched.
let database: TestDatabase;
let sessions: pg.Client[];
beforeAll(async () => {
  database = await createTestDatabase();
  sessions = await openSessions(database, "operator", SESSIONS);
});
afterAll(async () => {
  await closeSessions(sessions);
  await database.drop();
});

interface Submitted {
  id: string;
  nonce: string;
  state: string;
}

/** What has the form of a signature: of DER with r and s = 1. The database verifies none. */
const SIGNATURE = "MAYCAQECAQE=";
let keys = 0;

/** A key of its own for the person. */
async function registerKey(subject: string, on = database): Promise<string> {
  keys += 1;
  const text = "select public_key from tests.register_key($1, $2)";
  const { rows } = await on.pool("superuser").query<{ public_key: string }>(text, [subject, keys]);
  return String(rows[0]?.public_key);
}

/** A record as it is signed. */
function recordOf(nonce: string, value: unknown = "x", milliseconds = 3_600_000): string {
  return JSON.stringify({ expires_at: new Date(Date.now() + milliseconds).toISOString(), nonce, value });
}

/** The records of a key, from the raw rows. */
async function recordsOf(key: string, on = database) {
  const { rows } = await on.pool("superuser").query<{ nonce: string; state: string; payload: string | null }>(
    `select p.nonce, p.state, p.payload from press.publications p join press.publishing_keys k on k.id = p.key_id
     where k.public_key = $1 order by p.nonce`,
    [key],
  );
  return rows;
}

const submit = (session: pg.Client, payload: string, key: string) =>
  attemptUntilAnswered<Submitted>(session, SUBMIT, [payload, SIGNATURE, key]);

/** Every session calls again and again, all at once, until there were {@link CALLS} calls. */
async function callAll(key: string, payload: (call: number) => string) {
  let calls = 0;
  const answers = await Promise.all(
    sessions.map(async (session) => {
      const own: Awaited<ReturnType<typeof submit>>[] = [];
      while (own.length < CALLS / SESSIONS) own.push(await submit(session, payload(calls++), key));
      return own;
    }),
  );
  return answers.flat();
}

describe(`${CALLS} submit with one key at once`, () => {
  test("the same record: all are given the one row", async () => {
    const key = await registerKey("same");
    const payload = recordOf("one");
    const answers = await callAll(key, () => payload);
    expect(tally(answers)).toEqual({ granted: CALLS });
    expect(new Set(answers.map(({ rows }) => rows?.[0]?.id)).size).toBe(1);
    expect(await recordsOf(key)).toEqual([{ nonce: "one", state: "queued", payload }]);
  });

  test(`another record each, under one nonce: one is taken, and ${CALLS - 1} are NONCE_REUSED`, async () => {
    const key = await registerKey("other");
    const answers = await callAll(key, (call) => recordOf("one", call));
    expect(tally(answers)).toEqual({ granted: 1, PRNON: CALLS - 1 });
    expect(await recordsOf(key)).toHaveLength(1);
  });

  test("a nonce each: as many as the quota are taken, the others RATE_LIMITED", async () => {
    const key = await registerKey("limited");
    await database.pool("operator").query("select press.set_publishing_quota($1, 100)", [key]);
    const answers = await callAll(key, (call) => recordOf(`n-${call}`));
    expect(tally(answers)).toEqual({ granted: 100, PRRAT: CALLS - 100 });
    expect(await recordsOf(key)).toHaveLength(100);
  });

  test.each(["repeatable read", "serializable"])("at %s, retrying 40001: one record a nonce", async (isolation) => {
    const key = await registerKey(isolation);
    const others = await openSessions(database, "operator", 20);
    for (const session of others) await session.query(`set default_transaction_isolation = '${isolation}'`);
    const answers = await Promise.all(
      others.map((session, index) => submit(session, recordOf(`n-${index % 4}`, index), key)),
    );
    await closeSessions(others);
    expect(tally(answers)).toEqual({ granted: 4, PRNON: 16 });
    expect((await recordsOf(key)).map(({ nonce }) => nonce)).toEqual(["n-0", "n-1", "n-2", "n-3"]);
  });

  test(`any records under a few nonces, again and again (seed ${seed})`, async () => {
    for (let round = 0; round < rounds(2, 20); round += 1) {
      const mine = await Promise.all(["first", "second", "third"].map((name) => registerKey(`${name} ${round}`)));
      const payloads = Array.from({ length: 12 }, (_, index) => recordOf(`n-${index % 4}`, index));
      const taken = new Map<string, string>();
      await Promise.all(
        sessions.map(async (session) => {
          for (let call = 0; call < 10; call += 1) {
            const [key, payload] = [random.pick(mine), random.pick(payloads)];
            const answer = await submit(session, payload, key);
            const name = `${key} ${JSON.parse(payload).nonce}`;
            expect(["PRNON", undefined]).toContain(answer.code);
            // Whoever was given a row was given the same one as everybody before, and for the same text.
            if (answer.rows) {
              const given = `${answer.rows[0]?.id} ${payload}`;
              expect(taken.get(name) ?? given).toBe(given);
              taken.set(name, given);
            }
          }
        }),
      );
      for (const key of mine) {
        const nonces = (await recordsOf(key)).map(({ nonce }) => nonce);
        expect(nonces).toEqual([...new Set(nonces)]);
      }
    }
  });
});

test("forty register one key at once: it is one holder's", async () => {
  await registerKey("names the ledger");
  const key = `03${randomUUID().replaceAll("-", "").repeat(2)}`;
  const answers = await Promise.all(
    sessions.map((session, index) =>
      attemptUntilAnswered<{ holder_id: string }>(
        session,
        "select holder_id from press.register_public_key($1, $2, $3)",
        [key, SIGNATURE, `registrar ${index}`],
      ),
    ),
  );
  expect(tally(answers)).toEqual({ granted: 1, PRDEN: SESSIONS - 1 });
});

test("forty keys of one holder are registered at once: twenty are taken, the others RATE_LIMITED", async () => {
  const answers = await Promise.all(
    sessions.map((session) =>
      attemptUntilAnswered(session, "select from press.register_public_key($1, $2, 'collector')", [
        `03${randomUUID().replaceAll("-", "").repeat(2)}`,
        SIGNATURE,
      ]),
    ),
  );
  expect(tally(answers)).toEqual({ granted: 20, PRRAT: 20 });
});

describe("meets others", () => {
  const REVOKE = "select press.revoke_public_key($1)";
  const ERASE = "select press.erase_holder(id) from press.holders where subject = $1";
  const [one, other] = [() => sessions[0] as pg.Client, () => sessions[1] as pg.Client];

  test("a key that is revoked first takes nothing more", async () => {
    const key = await registerKey("revoked first");
    await one().query("begin");
    await one().query(REVOKE, [key]);
    const asked = submit(other(), recordOf("late"), key);
    await untilWaiting(database, 1);
    await one().query("commit");
    expect((await asked).code).toBe("PRKEY");
    expect(await recordsOf(key)).toEqual([]);
  });

  test("a record that is submitted first fails with its key, and waits for nothing", async () => {
    const key = await registerKey("submitted first");
    await one().query("begin");
    await submit(one(), recordOf("early"), key);
    const revoked = other().query(REVOKE, [key]);
    await untilWaiting(database, 1);
    await one().query("commit");
    await revoked;
    expect(await recordsOf(key)).toMatchObject([{ nonce: "early", state: "failed" }]);
  });

  test("at once, many times: no record of a key that is not in use is left waiting", async () => {
    for (let round = 0; round < rounds(5, 50); round += 1) {
      const key = await registerKey(`raced ${round}`);
      const submitting = sessions.slice(1).map((session, index) => submit(session, recordOf(`n-${index}`), key));
      const [answers] = await Promise.all([Promise.all(submitting), attemptUntilItsTurn(one(), REVOKE, [key])]);
      for (const { code } of answers) expect(["PRKEY", undefined]).toContain(code);
      const records = await recordsOf(key);
      expect(records).toHaveLength(answers.filter(({ code }) => code === undefined).length);
      expect(records.filter(({ state }) => state !== "failed")).toEqual([]);
    }
  });

  test("a holder who is forgotten: what waits is gone, whoever was first", async () => {
    for (let round = 0; round < rounds(5, 50); round += 1) {
      const key = await registerKey(`forgotten ${round}`);
      const submitting = sessions.slice(1).map((session, index) => submit(session, recordOf(`n-${index}`), key));
      const [answers, erased] = await Promise.all([
        Promise.all(submitting),
        attemptUntilAnswered(one(), ERASE, [`forgotten ${round}`]),
      ]);
      expect(erased.code).toBeUndefined();
      for (const { code } of answers) expect(["PRKEY", undefined]).toContain(code);
      for (const record of await recordsOf(key)) expect(record).toMatchObject({ state: "failed", payload: null });
    }
  });

  test("whoever waits for the key longer than five seconds is told LOCK_TIMEOUT, and nothing was done", async () => {
    const key = await registerKey("busy");
    await one().query("begin");
    await submit(one(), recordOf("held"), key);
    expect((await attempt(other(), SUBMIT, [recordOf("waits"), SIGNATURE, key])).code).toBe("PRBSY");
    expect((await attempt(other(), REVOKE, [key])).code).toBe("PRBSY");
    await one().query("rollback");
    expect(await recordsOf(key)).toEqual([]);
  });

  test("who submits with another key does not wait", async () => {
    const [key, another] = [await registerKey("held"), await registerKey("free")];
    await one().query("begin");
    await submit(one(), recordOf("held"), key);
    expect((await submit(other(), recordOf("free"), another)).code).toBeUndefined();
    await one().query("rollback");
  });

  test("twenty workers who anchor at once queue one checkpoint", async () => {
    const workers = await openSessions(database, "press_worker", 20);
    const answers = await Promise.all(
      workers.map((worker) =>
        attempt<{ id: string | null }>(worker, "select id from press_worker.anchor_checkpoint(60)"),
      ),
    );
    await closeSessions(workers);
    expect(answers.flatMap(({ rows }) => rows ?? []).filter(({ id }) => id !== null)).toHaveLength(1);
  });
});

test("after all of it the audit finds nothing", async () => {
  expect(await auditFindings(database)).toEqual([]);
});

/** Parts of functions and what to put in their place. */
type Change = readonly [routine: string, part: string, instead: string];
type Missing = readonly Change[] | string;

/** Instead of the lock: all sessions are held until everybody is there, and then let go at once. */
const WITHOUT_LOCK: readonly Change[] = [
  [
    "press.submit_record",
    "v_key := press_private.lock_publishing_key(v_key.id);",
    "perform pg_advisory_xact_lock_shared(4242, 1);",
  ],
];
const WITHOUT_GUARD: readonly Change[] = [
  [
    "press.submit_record",
    "v_publication := press_private.submitted_record(v_key.id, v_record ->> 'nonce');",
    "v_publication := null;",
  ],
];
const WITHOUT_KEY = "alter table press.publications drop constraint publications_nonce_is_used_once";

/** How many records a nonce has when many submit at once in a press without some of the layers, and what they are told. */
async function submitWithout(...missing: Missing[]) {
  const crippled = await createTestDatabase();
  try {
    const key = await registerKey("crippled", crippled);
    const superuser = crippled.pool("superuser");
    await superuser.query("grant execute on function pg_advisory_xact_lock_shared(integer, integer) to press_owner");
    for (const item of missing) {
      if (typeof item === "string") await superuser.query(item);
      else for (const change of item) await exchange(superuser, change);
    }
    const own = await openSessions(crippled, "operator", SESSIONS);
    const gate = await superuser.connect();
    const hasBarrier = missing.includes(WITHOUT_LOCK);
    if (hasBarrier) await gate.query("select pg_advisory_lock(4242, 1)");
    const asked = own.map((session, index) =>
      attemptUntilItsTurn(session, SUBMIT, [recordOf("one", index), SIGNATURE, key]),
    );
    if (hasBarrier) {
      await untilWaiting(crippled, SESSIONS);
      await gate.query("select pg_advisory_unlock(4242, 1)");
    }
    const answers = await Promise.all(asked);
    gate.release();
    await closeSessions(own);
    return { records: (await recordsOf(key, crippled)).length, outcomes: tally(answers) };
  } finally {
    await crippled.drop();
  }
}

async function exchange(superuser: pg.Pool, [routine, part, instead]: Change): Promise<void> {
  const { rows } = await superuser.query<{ source: string }>("select pg_get_functiondef($1::regproc) as source", [
    routine,
  ]);
  const source = String(rows[0]?.source);
  expect(source).toContain(part);
  await superuser.query(source.replace(part, instead));
}

describe("with the layers that stand, a nonce is used once", () => {
  test("without the lock: who collided is told RETRY by the unique key", async () => {
    let collisions = 0;
    for (let tries = 0; tries < 5 && collisions === 0; tries += 1) {
      const { records, outcomes } = await submitWithout(WITHOUT_LOCK);
      expect([records, outcomes.granted]).toEqual([1, 1]);
      collisions = outcomes["40001"] ?? 0;
    }
    expect(collisions, "the sessions did collide, so the lock was really gone").toBeGreaterThan(0);
  });

  test("without the guard: the unique key refuses alone", async () => {
    expect(await submitWithout(WITHOUT_GUARD)).toEqual({
      records: 1,
      outcomes: { granted: 1, "40001": SESSIONS - 1 },
    });
  });

  test("without the lock and the guard: it does, too", async () => {
    expect(await submitWithout(WITHOUT_LOCK, WITHOUT_GUARD)).toEqual({
      records: 1,
      outcomes: { granted: 1, "40001": SESSIONS - 1 },
    });
  });

  test("without the unique key: the lock and the guard hold", async () => {
    expect(await submitWithout(WITHOUT_KEY)).toEqual({ records: 1, outcomes: { granted: 1, PRNON: SESSIONS - 1 } });
  });
});

test("without all three there are several: these tests can fail", async () => {
  const { records } = await submitWithout(WITHOUT_LOCK, WITHOUT_GUARD, WITHOUT_KEY);
  expect(records).toBeGreaterThan(1);
});
