/* Many sessions, one ticket to redeem: one of them does, whichever of the three layers (the lock, the guard, the primary key) is missing. */
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { type HeldTicket, TestWorker } from "../ledger.ts";
import {
  type Attempt,
  attempt,
  attemptUntilAnswered,
  attemptUntilItsTurn,
  closeSessions,
  makeEdition,
  openSessions,
  tally,
  untilWaiting,
} from "./sessions.ts";

const SESSIONS = 100;
const REQUESTS_PER_SESSION = 2;
const REDEEM = "select id, status, ticket_number from press.redeem_ticket($1, $2, $3)";

let database: TestDatabase;
let worker: TestWorker;
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 100, 100);
  await makeEdition(database, "another", 100, 100);
  worker = await TestWorker.start(database);
});
afterAll(() => database.drop());

async function aTicket(press = worker): Promise<HeldTicket> {
  const [ticket] = await press.issueHeld("golden-ticket", ["alice"]);
  return ticket as HeldTicket;
}

interface Race {
  readonly requestKey?: string;
  readonly isolation?: string;
  readonly on?: TestDatabase;
}

/** 200 requests, two by each of 100 sessions. */
async function race({ envelope, proof }: HeldTicket, options: Race = {}): Promise<Attempt<object>[]> {
  const { requestKey = null, isolation = "read committed", on = database } = options;
  const sessions = await openSessions(on, "operator", SESSIONS);
  try {
    await Promise.all(sessions.map((session) => session.query(`set default_transaction_isolation = '${isolation}'`)));
    const ask = isolation === "read committed" ? attemptUntilItsTurn : attemptUntilAnswered;
    const asking = sessions.map(async (session) => {
      const answers: Attempt<object>[] = [];
      while (answers.length < REQUESTS_PER_SESSION) {
        answers.push(await ask(session, REDEEM, [envelope, proof, requestKey]));
      }
      return answers;
    });
    return (await Promise.all(asking)).flat();
  } finally {
    await closeSessions(sessions);
  }
}

/** How often the ticket was redeemed, as the rows and the inbox of the ledger say. */
async function redemptionsOf({ ticketNumber }: HeldTicket, on = database): Promise<{ rows: number; entries: number }> {
  const { rows } = await on.pool("superuser").query<{ rows: number; entries: number }>(
    `select (select count(*)::integer from press.redemptions where ticket_number = $1) as rows,
            (select count(*)::integer from press_private.ledger_inbox where type = 'ticket.redeemed' and ticket_number = $1) as entries`,
    [ticketNumber],
  );
  return rows[0] as { rows: number; entries: number };
}

describe("200 racers for one ticket", () => {
  test.each(["read committed", "repeatable read", "serializable"])(
    "at %s: one redeems it, 199 are told ALREADY_REDEEMED",
    async (isolation) => {
      const ticket = await aTicket();
      expect(tally(await race(ticket, { isolation }))).toEqual({ granted: 1, PRRED: 199 });
      expect(await redemptionsOf(ticket)).toEqual({ rows: 1, entries: 1 });
    },
  );

  test("under one request key: all have the same answer, and it is redeemed once", async () => {
    const ticket = await aTicket();
    const answers = await race(ticket, { requestKey: "00000000-0000-4000-8000-000000000001" });
    expect(tally(answers)).toEqual({ granted: 200 });
    const { id, ticketNumber } = ticket;
    const answer = JSON.stringify([{ id, status: "redeemed", ticket_number: ticketNumber }]);
    expect(new Set(answers.map(({ rows }) => JSON.stringify(rows)))).toEqual(new Set([answer]));
    expect(await redemptionsOf(ticket)).toEqual({ rows: 1, entries: 1 });
  });

  test.each(["golden-ticket", "another"])(
    "one request key for it and for one of the edition %s at once: the second is told REQUEST_KEY_REUSED",
    async (slug) => {
      const first = await aTicket();
      const [second] = await worker.issueHeld(slug, ["alice"]);
      const requestKey = randomUUID();
      const sessions = await openSessions(database, "operator", 2);
      const [one, other] = sessions as [pg.Client, pg.Client];
      await one.query("begin");
      await one.query(REDEEM, [first.envelope, first.proof, requestKey]);
      const asked = attempt(other, REDEEM, [second?.envelope, second?.proof, requestKey]);
      await untilWaiting(database, 1);
      await one.query("commit");
      expect((await asked).code).toBe("PRIDM");
      await closeSessions(sessions);
      const { rows } = await database
        .pool("superuser")
        .query("select ticket_number from press.redemptions where request_key = $1", [requestKey]);
      expect(rows).toEqual([{ ticket_number: first.ticketNumber }]);
    },
  );

  test("redeemed and revoked at once: it is the one or the other", async () => {
    const tickets = await worker.issueHeld("golden-ticket", Array(10).fill("alice"));
    const operator = database.pool("operator", 20);
    const outcomes = await Promise.all(
      tickets.flatMap(({ envelope, proof, id }) => [
        operator.query(REDEEM, [envelope, proof, null]).then(
          () => "redeemed",
          (error) => error.code,
        ),
        operator.query("select press.revoke_ticket($1, 'because')", [id]).then(
          () => "revoked",
          (error) => error.code,
        ),
      ]),
    );
    for (const index of tickets.keys()) {
      expect([
        ["redeemed", "PRRED"],
        ["PRREV", "revoked"],
      ]).toContainEqual(outcomes.slice(2 * index, 2 * index + 2));
    }
  });
});

/** Parts of press.redeem_ticket and what to put in their place. */
const WITHOUT_LOCK: Change[] = [
  ["perform press_private.lock_edition(v_ticket.edition_id);", "perform pg_advisory_xact_lock_shared(4242, 1);"],
  ["v_verdict.ticket_id for update;", "v_verdict.ticket_id;"],
];
const WITHOUT_GUARD: Change[] = [["where v_ticket.status <> 'signed';", "where false;"]];
const WITHOUT_CONSTRAINT = "alter table press.redemptions drop constraint redemptions_happen_once";
type Change = readonly [part: string, instead: string];

/** A race in a database of its own without some of the layers; the sessions meet behind a barrier where the lock was. */
async function raceWithout(
  ...missing: (Change[] | string)[]
): Promise<{ rows: number; outcomes: Record<string, number> }> {
  const crippled = await createTestDatabase();
  try {
    await makeEdition(crippled, "golden-ticket", 100, 100);
    const ticket = await aTicket(await TestWorker.start(crippled));
    await cripple(crippled, missing);
    const outcomes = tally(await race(ticket, { on: crippled }));
    return { rows: (await redemptionsOf(ticket, crippled)).rows, outcomes };
  } finally {
    await crippled.drop();
  }
}

async function cripple(crippled: TestDatabase, missing: readonly (Change[] | string)[]): Promise<void> {
  const superuser = crippled.pool("superuser");
  await superuser.query("grant execute on function pg_advisory_xact_lock_shared(integer, integer) to press_owner");
  const { rows } = await superuser.query<{ source: string }>(
    "select pg_get_functiondef('press.redeem_ticket'::regproc) as source",
  );
  let source = String(rows[0]?.source);
  for (const [part, instead] of missing.filter((item) => typeof item !== "string").flat()) {
    expect(source).toContain(part);
    source = source.replace(part, instead);
  }
  await superuser.query(source);
  for (const statement of missing.filter((item) => typeof item === "string")) await superuser.query(statement);
}

describe("with the layers that stand, no ticket is redeemed twice", () => {
  test("without the lock", async () => {
    const { rows, outcomes } = await raceWithout(WITHOUT_LOCK);
    expect([rows, outcomes.granted]).toEqual([1, 1]);
  });

  test("without the guard: the primary key refuses the second", async () => {
    const { rows, outcomes } = await raceWithout(WITHOUT_GUARD);
    expect([rows, outcomes]).toEqual([1, { granted: 1, "40001": 199 }]);
  });

  test("without the lock and the guard: the primary key refuses alone", async () => {
    const { rows, outcomes } = await raceWithout(WITHOUT_LOCK, WITHOUT_GUARD);
    expect([rows, outcomes.granted]).toEqual([1, 1]);
  });

  test("without the primary key: the lock and the guard hold", async () => {
    const { rows, outcomes } = await raceWithout(WITHOUT_CONSTRAINT);
    expect([rows, outcomes]).toEqual([1, { granted: 1, PRRED: 199 }]);
  });
});

test("without all three it is redeemed more than once: these tests can fail", async () => {
  const { rows } = await raceWithout(WITHOUT_LOCK, WITHOUT_GUARD, WITHOUT_CONSTRAINT);
  expect(rows).toBeGreaterThan(1);
});
