/* The three layers, removed one at a time in mutated copies of the database: the lock, the guard, the constraints. As long as one of
   them stands that can stop it, there is no sixth ticket of five and no number twice. The last case removes all three and must fail
   its edition, which shows that these tests can. */
import { afterEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { attemptUntilItsTurn, closeSessions, issuedNumbers, makeEdition, openSessions, tally } from "./sessions.ts";

const SESSIONS = 40;
const BARRIER = [4242, 1];

/** Instead of the edition's lock: all sessions are held until everybody is there, and then let go at once. */
const WITHOUT_LOCK = `
  grant execute on function pg_advisory_xact_lock_shared(integer, integer) to press_owner;
  create or replace function press_private.lock_edition(edition_id integer) returns void language plpgsql set lock_timeout = '60s' as
  $$ begin perform pg_advisory_xact_lock_shared(${BARRIER}); end $$`;

/** Instead of the rules: everybody is granted the next number and slot. */
const WITHOUT_GUARD = `
  create or replace function press_private.judge_issue_request(
    fact press_private.issue_facts_record, edition press.editions, closed_reason text, issued_count integer, held_count integer)
  returns press_private.issue_verdict_record language sql as
  $$ select row(issued_count + 1, held_count + 1, null, null)::press_private.issue_verdict_record $$`;

const WITHOUT_CONSTRAINTS = `
  alter table press.tickets drop constraint tickets_number_key cascade, drop constraint tickets_number_is_within_cap,
    drop constraint tickets_holder_slot_key, drop constraint tickets_holder_slot_is_within_limit,
    drop constraint tickets_terms_are_the_editions`;

let database: TestDatabase;
afterEach(() => database.drop());

/** Makes a database with these layers missing, and lets 40 sessions go for 5 tickets. */
async function race(...mutations: string[]): Promise<{ numbers: number[]; outcomes: Record<string, number> }> {
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 5, 1);
  const superuser = database.pool("superuser");
  for (const mutation of mutations) {
    await superuser.query(mutation);
  }
  const [gate, ...sessions] = await openSessions(database, "operator", SESSIONS + 1);
  await superuser.query(
    `grant execute on function pg_advisory_lock(integer, integer), pg_advisory_unlock(integer, integer) to public`,
  );
  await gate?.query("select pg_advisory_lock($1, $2)", BARRIER);
  const attempts = sessions.map((session, n) =>
    attemptUntilItsTurn(session, "select press.issue_tickets('golden-ticket', 1, recipient => $1)", [`holder ${n}`]),
  );
  if (mutations.includes(WITHOUT_LOCK)) {
    await everybodyIsAtTheGate();
  }
  await gate?.query("select pg_advisory_unlock($1, $2)", BARRIER);
  const outcomes = tally(await Promise.all(attempts));
  await closeSessions([gate, ...sessions].filter((session) => session !== undefined));
  return { numbers: await issuedNumbers(database, "golden-ticket"), outcomes };
}

async function everybodyIsAtTheGate(): Promise<void> {
  for (;;) {
    const { rows } = await database.pool("superuser").query<{ count: number }>(
      `select count(*)::integer as count from pg_locks where locktype = 'advisory' and classid = $1 and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      [BARRIER[0]],
    );
    if (rows[0]?.count === SESSIONS) {
      return;
    }
  }
}

function expectNoOverIssue(numbers: number[]): void {
  expect(numbers.length).toBeLessThanOrEqual(5);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.every((number) => number >= 1 && number <= 5)).toBe(true);
}

describe("with the layers that stand, no sixth ticket and no number twice", () => {
  test("all three: exactly five", async () => {
    const { numbers, outcomes } = await race();
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
    expect(outcomes).toEqual({ granted: 5, PRCAP: 35 });
  });

  test("without the lock: the guard and the constraints hold; who collided is told to retry", async () => {
    let collisions = 0;
    for (let attempt = 0; attempt < 5 && collisions === 0; attempt += 1) {
      if (attempt > 0) await database.drop();
      const { numbers, outcomes } = await race(WITHOUT_LOCK);
      expectNoOverIssue(numbers);
      collisions = outcomes["40001"] ?? 0;
    }
    expect(collisions, "the sessions did collide, so the lock was really gone").toBeGreaterThan(0);
  });

  test("without the guard: the constraints refuse the sixth", async () => {
    const { numbers, outcomes } = await race(WITHOUT_GUARD);
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
    // Whoever came when all were gone has no row as a holder, because the door makes none then: NOT NULL refuses, which the core answers with RETRY.
    const { granted, "23514": beyondTheCap = 0, "40001": withoutHolder = 0, ...others } = outcomes;
    expect({ granted, refused: beyondTheCap + withoutHolder, others }).toEqual({ granted: 5, refused: 35, others: {} });
  });

  test("without lock and guard: the constraints hold alone", async () => {
    const { numbers } = await race(WITHOUT_LOCK, WITHOUT_GUARD);
    expectNoOverIssue(numbers);
  });

  test("without the constraints: the lock and the guard hold", async () => {
    const { numbers, outcomes } = await race(WITHOUT_CONSTRAINTS);
    expect(numbers).toEqual([1, 2, 3, 4, 5]);
    expect(outcomes).toEqual({ granted: 5, PRCAP: 35 });
  });
});

test("without all three the edition is oversold: these tests can fail", async () => {
  const { numbers, outcomes } = await race(WITHOUT_LOCK, WITHOUT_GUARD, WITHOUT_CONSTRAINTS);
  expect(() => expectNoOverIssue(numbers), JSON.stringify(outcomes)).toThrow();
});
