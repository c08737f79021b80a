/* One result a draw: a hundred operators ask for it at once, workers decide it at once, and it meets whoever issues, revokes, closes and replaces. Then
   the three layers, removed one at a time. */
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings, drawsOf, drawWhenReady, makeRaffle } from "../raffles.ts";
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

const CALLERS = 100;
const DRAW = "select attempt, status from press.draw_winner($1, $2)";
const RECORD = "select ticket_number from press_worker.record_draw($1, $2, $3, null)";

everyTestRequires("superuser"); // Layers are taken away, and locks watched.
let database: TestDatabase;
let worker: TestWorker;
/** As many as ask at once; of those, the first few stay. */
let callers: pg.Client[];
beforeAll(async () => {
  database = await createTestDatabase();
  worker = await TestWorker.start(database);
  callers = await openSessions(database, "operator", CALLERS);
});
afterAll(async () => {
  await closeSessions(callers);
  await database.drop();
});

const idOf = async (slug: string, on = database): Promise<number> =>
  (await on.pool("superuser").query("select id from press.editions where slug = $1", [slug])).rows[0].id;

/** A raffle whose draw was asked for, and can be decided. */
async function readyToDraw(slug: string, tickets: number): Promise<number> {
  await makeRaffle(database, slug, { mode: "random_int", tickets });
  await database.pool("operator").query(DRAW, [slug, null]);
  await worker.work();
  return idOf(slug);
}

describe(`${CALLERS} ask for a draw at once`, () => {
  // A server has only so many connections, and other files want some too.
  afterAll(() => closeSessions(callers.splice(3)));

  test("under one key: all are given the one draw", async () => {
    await makeRaffle(database, "one-key", { mode: "random_int", tickets: 3 });
    const key = randomUUID();
    const answers = await Promise.all(callers.map((caller) => attemptUntilItsTurn(caller, DRAW, ["one-key", key])));
    expect(answers.map(({ rows }) => rows)).toEqual(Array(CALLERS).fill([{ attempt: 1, status: "requested" }]));
    expect(await drawsOf(database, "one-key")).toHaveLength(1);
  });

  test("under keys of their own: one is given it, the others are ALREADY_DRAWN", async () => {
    await makeRaffle(database, "other-keys", { mode: "random_int", tickets: 3 });
    const answers = await Promise.all(
      callers.map((caller) => attemptUntilItsTurn(caller, DRAW, ["other-keys", randomUUID()])),
    );
    expect(tally(answers)).toEqual({ granted: 1, PRDRN: CALLERS - 1 });
    expect(await drawsOf(database, "other-keys")).toHaveLength(1);
  });

  test.each(["repeatable read", "serializable"])("at %s, retrying 40001: the same", async (isolation) => {
    const slug = isolation.replace(" ", "-");
    await makeRaffle(database, slug, { mode: "random_int", tickets: 3 });
    const sessions = await openSessions(database, "operator", 20);
    for (const session of sessions) await session.query(`set default_transaction_isolation = '${isolation}'`);
    const answers = await Promise.all(
      sessions.map((session) => attemptUntilAnswered(session, DRAW, [slug, randomUUID()])),
    );
    await closeSessions(sessions);
    expect(tally(answers)).toEqual({ granted: 1, PRDRN: 19 });
  });

  test("a replacement: one is given it, the others are told that it is not decided yet", async () => {
    const id = await readyToDraw("replaced", 5);
    await database.pool("press_worker").query(RECORD, [id, 1, 2]);
    const text = "select attempt from press.replace_winner('replaced', 'Lost', $1)";
    const answers = await Promise.all(callers.map((caller) => attemptUntilItsTurn(caller, text, [randomUUID()])));
    expect(tally(answers)).toEqual({ granted: 1, PRNDR: CALLERS - 1 });
    expect(await drawsOf(database, "replaced")).toMatchObject([{ ticket_number: 3 }, { status: "requested" }]);
  });
});

test("a replacement under one key, twenty times at once: all are given the one", async () => {
  const id = await readyToDraw("replaced-once", 5);
  await database.pool("press_worker").query(RECORD, [id, 1, 2]);
  const text = "select attempt, status from press.replace_winner('replaced-once', 'Lost', $1)";
  const [key, operators] = [randomUUID(), await openSessions(database, "operator", 20)];
  const [one, ...others] = operators as [pg.Client, ...pg.Client[]];
  await one.query("begin");
  await one.query(text, [key]);
  const asked = others.map((operator) => attemptUntilItsTurn(operator, text, [key]));
  await untilWaiting(database, others.length);
  await one.query("commit");
  expect((await Promise.all(asked)).map(({ rows }) => rows)).toEqual(
    Array(others.length).fill([{ attempt: 2, status: "requested" }]),
  );
  await closeSessions(operators);
  expect(await drawsOf(database, "replaced-once")).toHaveLength(2);
});

test("twenty workers decide a draw at once, each by another choice: all hear of one winner", async () => {
  const id = await readyToDraw("decided", 20);
  const workers = await openSessions(database, "press_worker", 20);
  const answers = await Promise.all(
    workers.map((session, choice) => attemptUntilItsTurn(session, RECORD, [id, 1, choice])),
  );
  await closeSessions(workers);
  const [draw] = await drawsOf(database, "decided");
  expect(draw?.ticket_number).toBeGreaterThan(0);
  expect(answers.map(({ rows }) => rows)).toEqual(Array(20).fill([{ ticket_number: draw?.ticket_number }]));
  const entries = "select from press_private.ledger_inbox where type = 'edition.drawn' and edition_id = $1";
  expect((await database.pool("superuser").query(entries, [id])).rowCount).toBe(1);
});

describe("meets others", () => {
  /** Two sessions: what the first does is not committed when the second asks for its turn. */
  async function oneAfterTheOther(first: [string, unknown[]], second: [string, unknown[]]) {
    const [one, other] = callers as [pg.Client, pg.Client];
    await one.query("begin");
    const earlier = await attempt(one, ...first);
    const asked = attempt(other, ...second);
    await untilWaiting(database, 1);
    await one.query("commit");
    return [earlier.code, (await asked).code];
  }
  const issue = (slug: string): [string, unknown[]] => ["select press.issue_ticket($1, recipient => 'late')", [slug]];

  test("whoever issues first is in the draw; whoever comes later is refused", async () => {
    await makeRaffle(database, "late", { mode: "random_int", tickets: 3 });
    expect(await oneAfterTheOther(issue("late"), [DRAW, ["late", null]])).toEqual([undefined, undefined]);
    await worker.work();
    const { rows } = await database
      .pool("press_worker")
      .query("select entries_count from press_worker.draws_to_make() where edition = 'late'");
    expect(rows).toEqual([{ entries_count: 4 }]);
    await makeRaffle(database, "too-late", { mode: "random_int", tickets: 3 });
    expect(await oneAfterTheOther([DRAW, ["too-late", null]], issue("too-late"))).toEqual([undefined, "PRCLS"]);
  });

  test("closing and drawing at once: both are done", async () => {
    await makeRaffle(database, "closed", { mode: "random_int", tickets: 3 });
    const close: [string, unknown[]] = ["select press.close_edition($1)", ["closed"]];
    expect(await oneAfterTheOther(close, [DRAW, ["closed", null]])).toEqual([undefined, undefined]);
  });

  test("a ticket that is revoked while the draw is decided: it can win, because it was there at the closing", async () => {
    const id = await readyToDraw("revoked", 3);
    const revoke = `select press.revoke_ticket(t.id, 'because') from press.tickets t where t.edition_id = ${id} and t.ticket_number = 2`;
    const [one] = callers as [pg.Client];
    await one.query("begin");
    await one.query(revoke);
    const decided = database.pool("press_worker").query(RECORD, [id, 1, 1]);
    await untilWaiting(database, 1);
    await one.query("commit");
    expect((await decided).rows).toEqual([{ ticket_number: 2 }]);
    await worker.work();
    expect((await database.pool("operator").query("select agrees from press.recompute_draw('revoked')")).rows).toEqual([
      { agrees: true },
    ]);
  });

  test("whoever waits for longer than five seconds is told LOCK_TIMEOUT, and nothing was done", async () => {
    await makeRaffle(database, "busy", { mode: "random_int", tickets: 3 });
    const [one, other] = callers as [pg.Client, pg.Client];
    await one.query("begin");
    await one.query(...issue("busy"));
    expect((await attempt(other, DRAW, ["busy", null])).code).toBe("PRBSY");
    await one.query("commit");
    expect(await drawsOf(database, "busy")).toEqual([]);
  });
});

describe("by beacon, it meets whoever publishes a checkpoint", () => {
  const chainHash = "ab".repeat(32);

  test("it looks for the first one when all are there to be seen, and keeps no publisher waiting", async () => {
    const chain = "insert into press.beacon_chains values ($1, $2, '2020-01-01T00:00:00Z', 1)";
    await database.pool("owner").query(chain, [chainHash, "cd".repeat(96)]);
    await makeRaffle(database, "beacon", {
      mode: "beacon",
      tickets: 2,
      beacon: { chainHash },
    });
    const close = "select press_worker.close_due_edition(d.id) from press_worker.due_editions() d (id)";
    while ((await database.pool("press_worker").query(close)).rowCount === 0);
    await worker.work();

    const publisher = await database.pool("superuser").connect();
    const [one] = callers as [pg.Client];
    await publisher.query("begin");
    await publisher.query(
      "insert into press.checkpoints (tree_size, root_hash, key_id, note) values (1000000, sha256(''), '', '')",
    );
    const asked = attempt(one, DRAW, ["beacon", null]);
    await untilWaiting(database, 1);
    await publisher.query("rollback");
    publisher.release();
    expect([undefined, "PRNDR"]).toContain((await asked).code);

    await drawWhenReady(database, "beacon").catch((error) => expect(error).toMatchObject({ code: "PRDRN" }));
    await makeRaffle(database, "beacon-2", {
      mode: "beacon",
      tickets: 2,
      beacon: { chainHash },
    });
    while ((await database.pool("press_worker").query(close)).rowCount === 0);
    await worker.work();
    let code: string | undefined = "PRNDR";
    while (code === "PRNDR") {
      await one.query("begin");
      ({ code } = await attempt(one, DRAW, ["beacon-2", null]));
      if (code !== undefined) await one.query("rollback");
    }
    expect(code).toBeUndefined();
    await makeRaffle(database, "meanwhile", { mode: "random_int", tickets: 1 });
    await worker.work(); // It publishes, and nobody has committed yet.
    await one.query("commit");
    expect(await drawsOf(database, "beacon-2")).toMatchObject([{ status: "requested" }]);
  });
});

test("after all of it the audit finds nothing", async () => {
  await worker.work();
  expect(await auditFindings(database)).toEqual([]);
});

/** Parts of functions and what to put in their place. */
type Change = readonly [routine: string, part: string, instead: string];

/** Instead of the edition's lock: all sessions are held until everybody is there, and then let go at once. */
const BARRIER = "perform pg_advisory_xact_lock_shared(4242, 1);";
const WITHOUT_LOCK: readonly Change[] = [
  ["press.draw_winner", "perform press_private.lock_edition(v_edition.id);", BARRIER],
  ["press_private.close_edition_by_id", "perform press_private.lock_edition(close_edition_by_id.edition_id);", ""],
];
const WITHOUT_GUARD: readonly Change[] = [
  [
    "press.draw_winner",
    "perform press_private.refuse('ALREADY_DRAWN') from press.draws d",
    "perform 1 from press.draws d",
  ],
];
const WITHOUT_CONSTRAINTS = `alter table press.draws drop constraint draws_have_one_result cascade;
  alter table press_private.draw_requests drop constraint draw_requests_pkey, drop constraint draw_requests_request_key`;

/** The worker's side of it: the lock of whoever decides, the look whether somebody has, and what refuses a second result. */
const DECIDE_WITHOUT_LOCK: readonly Change[] = [
  ["press_worker.record_draw", "perform press_private.lock_edition(record_draw.edition_id);", BARRIER],
];
const DECIDE_WITHOUT_GUARD: readonly Change[] = [
  ["press_worker.record_draw", "if v_draw.status <> 'requested' then", "if false then"],
];
const DECIDE_WITHOUT_CONSTRAINTS = `drop trigger _200_guard_result on press.draws; drop index press.ledger_entries_edition_key`;

type Missing = readonly Change[] | string;

async function cripple(crippled: TestDatabase, missing: readonly Missing[]): Promise<void> {
  const superuser = crippled.pool("superuser");
  await superuser.query("grant execute on function pg_advisory_xact_lock_shared(integer, integer) to press_owner");
  for (const item of missing) {
    if (typeof item === "string") await superuser.query(item);
    else for (const change of item) await exchange(superuser, change);
  }
}

async function exchange(superuser: pg.Pool, [routine, part, instead]: Change): Promise<void> {
  const { rows } = await superuser.query<{ source: string }>("select pg_get_functiondef($1::regproc) as source", [
    routine,
  ]);
  const source = String(rows[0]?.source);
  expect(source).toContain(part);
  await superuser.query(source.replace(part, instead).replace("SET lock_timeout TO '5s'", "SET lock_timeout TO '60s'"));
}

/** Lets the sessions go at once where they would have met at the lock. */
async function throughTheBarrier<Answer>(
  crippled: TestDatabase,
  hasBarrier: boolean,
  sessions: readonly pg.Client[],
  act: (session: pg.Client, index: number) => Promise<Answer>,
): Promise<Answer[]> {
  const gate = await crippled.pool("superuser").connect();
  try {
    if (hasBarrier) await gate.query("select pg_advisory_lock(4242, 1)");
    const acting = sessions.map(act);
    if (hasBarrier) {
      await untilWaiting(crippled, sessions.length);
      await gate.query("select pg_advisory_unlock(4242, 1)");
    }
    return await Promise.all(acting);
  } finally {
    gate.release();
  }
}

const SESSIONS = 40;

/** How many draws there are when many ask for one in a press without some of the layers. */
async function askWithout(...missing: Missing[]) {
  const crippled = await createTestDatabase();
  try {
    await makeRaffle(crippled, "raffle", { mode: "random_int", tickets: 3 });
    // Closed before, so that they meet at the draw and not at the closing.
    await crippled.pool("operator").query("select press.close_edition('raffle')");
    await cripple(crippled, missing);
    const sessions = await openSessions(crippled, "operator", SESSIONS);
    const answers = await throughTheBarrier(crippled, missing.includes(WITHOUT_LOCK), sessions, (session) =>
      attemptUntilItsTurn(session, DRAW, ["raffle", randomUUID()]),
    );
    await closeSessions(sessions);
    return { draws: (await drawsOf(crippled, "raffle")).length, outcomes: tally(answers) };
  } finally {
    await crippled.drop();
  }
}

/** Which winners were told, and how many entries the ledger got, when many decide a draw in a press without some of the layers. */
async function decideWithout(...missing: Missing[]) {
  const crippled = await createTestDatabase();
  try {
    const press = await TestWorker.start(crippled);
    await makeRaffle(crippled, "raffle", { mode: "random_int", tickets: SESSIONS });
    await crippled.pool("operator").query(DRAW, ["raffle", null]);
    await press.work();
    const id = await idOf("raffle", crippled);
    await cripple(crippled, missing);
    const sessions = await openSessions(crippled, "press_worker", SESSIONS);
    const answers = await throughTheBarrier(
      crippled,
      missing.includes(DECIDE_WITHOUT_LOCK),
      sessions,
      (session, choice) => attemptUntilItsTurn<{ ticket_number: number }>(session, RECORD, [id, 1, choice]),
    );
    await closeSessions(sessions);
    const entries = "select from press_private.ledger_inbox where type = 'edition.drawn'";
    const recorded = (await crippled.pool("superuser").query(entries)).rowCount ?? 0;
    const told = new Set(answers.flatMap(({ rows }) => rows?.map((row) => row.ticket_number) ?? []));
    return { told: told.size, recorded };
  } finally {
    await crippled.drop();
  }
}

describe("with the layers that stand, nothing is drawn twice", () => {
  test("without the lock: who collided is told to retry", async () => {
    let collisions = 0;
    for (let tries = 0; tries < 5 && collisions === 0; tries += 1) {
      const { draws, outcomes } = await askWithout(WITHOUT_LOCK);
      expect([draws, outcomes.granted]).toEqual([1, 1]);
      collisions = outcomes["40001"] ?? 0;
    }
    expect(collisions, "the sessions did collide, so the lock was really gone").toBeGreaterThan(0);
  });

  test("without the guard: the primary key refuses the second", async () => {
    expect(await askWithout(WITHOUT_GUARD)).toEqual({ draws: 1, outcomes: { granted: 1, "40001": SESSIONS - 1 } });
  });

  test("without the lock and the guard: the primary key refuses alone", async () => {
    const { draws, outcomes } = await askWithout(WITHOUT_LOCK, WITHOUT_GUARD);
    expect([draws, outcomes.granted]).toEqual([1, 1]);
  });

  test("without the constraints: the lock and the guard hold", async () => {
    const expected = { draws: 1, outcomes: { granted: 1, PRDRN: SESSIONS - 1 } };
    expect(await askWithout(WITHOUT_CONSTRAINTS)).toEqual(expected);
  });
});

test("without all three it is asked for more than once: these tests can fail", async () => {
  const { draws } = await askWithout(WITHOUT_LOCK, WITHOUT_GUARD, WITHOUT_CONSTRAINTS);
  expect(draws).toBeGreaterThan(1);
});

describe("with the layers that stand, a draw has one result", () => {
  test.each<[string, Missing[]]>([
    ["the lock", [DECIDE_WITHOUT_LOCK]],
    ["the guard", [DECIDE_WITHOUT_GUARD]],
    ["the lock and the guard", [DECIDE_WITHOUT_LOCK, DECIDE_WITHOUT_GUARD]],
    ["the constraints", [DECIDE_WITHOUT_CONSTRAINTS]],
  ])("without %s", async (_, missing) => {
    expect(await decideWithout(...missing)).toEqual({ told: 1, recorded: 1 });
  });
});

test("without all three it has several: these tests can fail too", async () => {
  const { told } = await decideWithout(DECIDE_WITHOUT_LOCK, DECIDE_WITHOUT_GUARD, DECIDE_WITHOUT_CONSTRAINTS);
  expect(told).toBeGreaterThan(1);
});
