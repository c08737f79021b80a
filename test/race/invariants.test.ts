/* Whoever looks whether everything holds looks beside people at work: what is under way is no finding, and what is committed late is not missed. */
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
import { TestWorker } from "../ledger.ts";
import { everyTestRequires } from "../requirements.ts";
import { attemptUntilItsTurn, closeSessions, makeEdition, openSessions, untilWaiting } from "./sessions.ts";

everyTestRequires("superuser");
/** More than the looks of this file go over again by themselves, so that only what was noted is found. */
const TICKETS = 4_000;
const BATCHES_PER_LOOK = 40;

let database: TestDatabase;
let worker: TestWorker;
let sessions: pg.Client[];
beforeAll(async () => {
  database = await createTestDatabase();
  worker = await TestWorker.start(database);
  await makeEdition(database, "large", TICKETS, TICKETS);
  const issue = "select count(*) from press.issue_tickets('large', $1, recipient => 'alice')";
  for (let n = 0; n < TICKETS; n += 1_000) await database.pool("operator").query(issue, [1_000]);
  await worker.work();
  // Dropped, not switched off, which would be a finding itself: a row can be wrong now, as if a function of the press had a fault.
  await database.pool("superuser").query("drop trigger _200_guard_identity on press.tickets");
  sessions = await openSessions(database, "superuser", 3);
  while ((await look()).length > 0 || (await waiting()) > 0);
});
afterAll(async () => {
  await closeSessions(sessions);
  await database.drop();
});

/** What one look finds, as promise and row. */
async function look(session: Pick<pg.Client, "query"> = database.pool("operator")): Promise<string[]> {
  const text = "select invariant || ' ' || subject as found from press.invariants() where not is_ok order by 1";
  return (await session.query<{ found: string }>(text)).rows.map(({ found }) => found);
}

async function waiting(): Promise<number> {
  const { rows } = await database.pool("owner").query("select count(*)::integer from press_private.changed_rows");
  return rows[0].count;
}

/** Makes a ticket wrong, or right again, in a transaction that goes on. */
const spoil = "update press.tickets set cap = cap + 1 where ticket_number = $1";
const mend = "update press.tickets set cap = cap - 1 where ticket_number = $1";

async function stopReason(): Promise<string | null> {
  const { rows } = await database.pool("operator").query("select press.press_stop_reason() as reason");
  return rows[0].reason;
}

async function startAgain(number: number): Promise<void> {
  await database.pool("superuser").query(mend, [number]);
  expect(await look()).toEqual([]);
  await database.pool("operator").query("select press.start_press('It was mended.')");
}

test("what is not committed is not found; when it is committed, after others that began later, it is", async () => {
  const [early, late] = sessions as [pg.Client, pg.Client];
  await early.query("begin");
  await early.query("alter table press.tickets drop constraint if exists tickets_terms_are_the_editions");
  await early.query("commit");
  await early.query("begin");
  await early.query(spoil, [3_900]);
  await late.query("update press.tickets set status = status where ticket_number = 3901");
  expect(await look()).toEqual([]);
  expect(await waiting()).toBe(0); // of those that can be seen
  await late.query("update press.tickets set status = status where ticket_number = 3902");
  expect(await look()).toEqual([]);
  expect(await stopReason()).toBe(null);
  await early.query("commit");
  expect(await look()).toEqual(["I1 press.tickets (1,3900)"]);
  expect(await stopReason()).toMatch(/^I1 is broken/);
  await startAgain(3_900);
});

test("what is rolled back was never there", async () => {
  const [session] = sessions as [pg.Client];
  await session.query("begin");
  await session.query(spoil, [3_900]);
  await session.query("savepoint a");
  await session.query(spoil, [3_901]);
  await session.query("rollback");
  expect(await look()).toEqual([]);
});

test("what was changed after a savepoint, and committed while somebody looked, is found by the next look", async () => {
  const [writer, first, second] = sessions as [pg.Client, pg.Client, pg.Client];
  await writer.query("begin");
  await writer.query("savepoint a");
  await writer.query(spoil, [3_950]);
  await writer.query("release savepoint a");
  await first.query("begin");
  expect(await look(first)).toEqual([]);
  const waits = look(second); // Two do not look at once: what the first has taken is not there for the second.
  await untilWaiting(database, 1);
  await writer.query("commit");
  await first.query("commit");
  expect(await waits).toEqual(["I1 press.tickets (1,3950)"]);
  await startAgain(3_950);
});

test("a look that fails, or is taken back, has taken nothing away", async () => {
  const [writer, looker] = sessions as [pg.Client, pg.Client];
  await writer.query(spoil, [3_960]);
  await looker.query("begin");
  expect(await look(looker)).toEqual(["I1 press.tickets (1,3960)"]);
  await looker.query("rollback");
  expect(await stopReason()).toBe(null);
  await looker.query("begin transaction read only");
  expect(await look(looker)).toEqual(["I1 press.tickets (1,3960)"]);
  await looker.query("commit");
  expect(await stopReason()).toBe(null);
  expect(await look()).toEqual(["I1 press.tickets (1,3960)"]);
  expect(await stopReason()).toMatch(/^I1 is broken/);
  await startAgain(3_960);
});

test("at REPEATABLE READ a look sees its moment, and leaves the rest to the next", async () => {
  const [writer, looker] = sessions as [pg.Client, pg.Client];
  await looker.query("begin isolation level repeatable read");
  await looker.query("select");
  await looker.query("select 1 from press.editions limit 1");
  await writer.query(spoil, [3_970]);
  expect(await look(looker)).toEqual([]);
  await looker.query("commit");
  expect(await look()).toEqual(["I1 press.tickets (1,3970)"]);
  await startAgain(3_970);
});

test("beside people at work, at any moment, nothing is found", async () => {
  const operator = database.pool("operator");
  await makeEdition(database, "busy", 100_000, 100_000);
  const looking = [new Looking(database), new Looking(database), new Looking(database, { as: "press_auditor" })];
  const looks = () => Math.min(...looking.map(({ count }) => count));
  const isOver = () => looks() >= 15;
  const issuing = Array.from({ length: 3 }, async (_, issuer) => {
    const issue = "select count(*) from press.issue_tickets('busy', 5, gen_random_uuid(), $1)";
    for (let batches = 1; !isOver(); batches++) {
      const { code } = await attemptUntilItsTurn(sessions[issuer] as pg.Client, issue, [`holder ${issuer}`]);
      expect(code).toBeUndefined();
      // Not as many as this machine can: what one look has to go over would grow with the time that it takes.
      while (batches >= BATCHES_PER_LOOK * (looks() + 1)) await sleep(5);
    }
  });
  const working = (async () => {
    while (!isOver()) {
      await worker.work();
      await operator.query(
        `select press.revoke_ticket(t.id, 'A drill.') from press.tickets t where t.status = 'signed' and t.edition_id = (
           select id from press.editions where slug = 'busy') order by t.ticket_number desc limit 1`,
      );
    }
  })();
  await Promise.all([...issuing, working]);
  await operator.query("select press.close_edition('busy')");
  await worker.work();
  for (const { found } of await Promise.all(looking.map((looks) => looks.end()))) expect(found).toEqual([]);
  while ((await waiting()) > 0) expect(await look()).toEqual([]);
  expect(await stopReason()).toBe(null);
});
