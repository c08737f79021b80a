/* Many sessions, few tickets: real connections, each in a transaction of its own, at every isolation level. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import {
  attempt,
  attemptUntilAnswered,
  attemptUntilItsTurn,
  closeSessions,
  issuedNumbers,
  makeEdition,
  openSessions,
  tally,
  untilWaiting,
} from "./sessions.ts";

const SESSIONS = 50;
const ISSUE = "select id, ticket_number from press.issue_ticket($1, recipient => $2)";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function withSessions<Result>(isolation: string, run: (sessions: Session[]) => Promise<Result>): Promise<Result> {
  const sessions = await openSessions(database, "operator", SESSIONS);
  try {
    for (const session of sessions) {
      await session.query(`set default_transaction_isolation = '${isolation}'`);
    }
    return await run(sessions);
  } finally {
    await closeSessions(sessions);
  }
}
type Session = Awaited<ReturnType<typeof openSessions>>[number];

describe("50 sessions, 5 tickets", () => {
  test("at READ COMMITTED: 5 are granted, 45 are refused by name, and nobody has to retry", async () => {
    await makeEdition(database, "read-committed", 5, 1);
    const attempts = await withSessions("read committed", (sessions) =>
      Promise.all(sessions.map((session, n) => attemptUntilItsTurn(session, ISSUE, ["read-committed", `holder ${n}`]))),
    );
    expect(tally(attempts)).toEqual({ granted: 5, PRCAP: 45 });
    expect(await issuedNumbers(database, "read-committed")).toEqual([1, 2, 3, 4, 5]);
  });

  test("of one holder with a limit of 2: 2 are granted, the rest are HOLDER_LIMIT_REACHED", async () => {
    await makeEdition(database, "one-holder", 5, 2);
    const attempts = await withSessions("read committed", (sessions) =>
      Promise.all(sessions.map((session) => attemptUntilItsTurn(session, ISSUE, ["one-holder", "alice"]))),
    );
    expect(tally(attempts)).toEqual({ granted: 2, PRLIM: 48 });
    expect(await issuedNumbers(database, "one-holder")).toEqual([1, 2]);
  });

  test.each(["repeatable read", "serializable"])(
    "at %s, retrying 40001: 5 are granted, 45 refused",
    async (isolation) => {
      const slug = isolation.replace(" ", "-");
      await makeEdition(database, slug, 5, 1);
      const attempts = await withSessions(isolation, (sessions) =>
        Promise.all(sessions.map((session, n) => attemptUntilAnswered(session, ISSUE, [slug, `holder ${n}`]))),
      );
      expect(tally(attempts)).toEqual({ granted: 5, PRCAP: 45 });
      expect(await issuedNumbers(database, slug)).toEqual([1, 2, 3, 4, 5]);
    },
  );
});

describe.each(["repeatable read", "serializable"])("a caller whose snapshot is old, at %s", (isolation) => {
  const begin = `begin isolation level ${isolation}`;
  const slug = (name: string) => `${name}-${isolation.replace(" ", "-")}`;

  test("is told RETRY when the number it would give was given meanwhile", async () => {
    await makeEdition(database, slug("stale"), 5, 1);
    const [stale, other] = (await openSessions(database, "operator", 2)) as [Session, Session];
    await stale.query(begin);
    await stale.query("select from press.tickets");
    await other.query(ISSUE, [slug("stale"), "bob"]);
    const answer = await attempt(stale, ISSUE, [slug("stale"), "alice"]);
    expect(answer.code).toBe("40001");
    await stale.query("rollback");
    expect((await attempt(stale, ISSUE, [slug("stale"), "alice"])).code).toBeUndefined();
    expect(await issuedNumbers(database, slug("stale"))).toEqual([1, 2]);
    await closeSessions([stale, other]);
  });

  test("cannot issue into an edition that was closed meanwhile", async () => {
    await makeEdition(database, slug("closing"), 5, 1);
    const [stale, other] = (await openSessions(database, "operator", 2)) as [Session, Session];
    await stale.query(begin);
    await stale.query("select from press.tickets");
    await other.query("select press.close_edition($1)", [slug("closing")]);
    expect((await attempt(stale, ISSUE, [slug("closing"), "alice"])).code).toBe("40001");
    await stale.query("rollback");
    expect((await attempt(stale, ISSUE, [slug("closing"), "alice"])).code).toBe("PRCLS");
    expect(await issuedNumbers(database, slug("closing"))).toEqual([]);
    await closeSessions([stale, other]);
  });
});

describe("one at a time", () => {
  test("who comes second waits for the first, and sees what it did", async () => {
    await makeEdition(database, "one-left", 1, 1);
    const [first, second] = (await openSessions(database, "operator", 2)) as [Session, Session];
    await first.query("begin");
    await first.query(ISSUE, ["one-left", "alice"]);
    const waiting = attempt(second, ISSUE, ["one-left", "bob"]);
    await untilWaiting(database, 1);
    await first.query("commit");
    expect((await waiting).code).toBe("PRCAP");
    await closeSessions([first, second]);
  });

  test("who comes second has the ticket if the first gives it back", async () => {
    await makeEdition(database, "given-back", 1, 1);
    const [first, second] = (await openSessions(database, "operator", 2)) as [Session, Session];
    await first.query("begin");
    await first.query(ISSUE, ["given-back", "alice"]);
    const waiting = attempt<{ ticket_number: number }>(second, ISSUE, ["given-back", "bob"]);
    await untilWaiting(database, 1);
    await first.query("rollback");
    expect((await waiting).rows).toMatchObject([{ ticket_number: 1 }]);
    await closeSessions([first, second]);
  });

  test("who issues while it is being closed is refused, whoever waited", async () => {
    await makeEdition(database, "closing-now", 5, 1);
    const [closer, second] = (await openSessions(database, "operator", 2)) as [Session, Session];
    await closer.query("begin");
    await closer.query("select press.close_edition('closing-now')");
    const waiting = attempt(second, ISSUE, ["closing-now", "bob"]);
    await untilWaiting(database, 1);
    await closer.query("commit");
    expect((await waiting).code).toBe("PRCLS");
    await closeSessions([closer, second]);
  });

  test("an edition that stays locked is LOCK_TIMEOUT for whoever writes in it, and nothing is written", async () => {
    await makeEdition(database, "locked", 5, 1);
    const sessions = await openSessions(database, "operator", 4);
    const [holder, ...others] = sessions as [Session, Session, Session, Session];
    await holder.query(ISSUE, ["locked", "alice"]);
    await database.pool("superuser").query("select tests.sign_pending()");
    await holder.query("begin");
    await holder.query(ISSUE, ["locked", "bob"]);
    const attempts = await Promise.all([
      attempt(others[0], ISSUE, ["locked", "carol"]),
      attempt(others[1], "select press.close_edition('locked')"),
      attempt(
        others[2],
        "select press.revoke_ticket((select t.id from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = 'locked' and t.status = 'signed'), 'Late')",
      ),
    ]);
    expect(tally(attempts)).toEqual({ PRBSY: 3 });
    await holder.query("commit");
    expect(await issuedNumbers(database, "locked")).toEqual([1, 2]);
    await closeSessions(sessions);
  });

  test("another edition does not wait", async () => {
    await makeEdition(database, "busy", 5, 1);
    await makeEdition(database, "idle", 5, 1);
    const [first, second] = (await openSessions(database, "operator", 2)) as [Session, Session];
    await first.query("begin");
    await first.query(ISSUE, ["busy", "alice"]);
    expect((await attempt(second, ISSUE, ["idle", "bob"])).code, "not LOCK_TIMEOUT").toBeUndefined();
    await first.query("rollback");
    await closeSessions([first, second]);
  });
});

test("the same request key 50 times at once: one ticket, 50 equal answers, also after closing", async () => {
  await makeEdition(database, "same-key", 5, 5);
  const statement = "select id from press.issue_ticket('same-key', '00000000-0000-4000-8000-000000000001', 'alice')";
  const attempts = await withSessions("read committed", (sessions) =>
    Promise.all(sessions.map((session) => attemptUntilItsTurn<{ id: string }>(session, statement))),
  );
  const ids = new Set(attempts.map(({ rows }) => rows?.[0]?.id));
  expect(tally(attempts)).toEqual({ granted: SESSIONS });
  expect(ids.size).toBe(1);

  await database.pool("operator").query("select press.close_edition('same-key')");
  const { rows } = await database.pool("operator").query<{ id: string }>(statement);
  expect(rows[0]?.id).toBe([...ids][0]);
  const reused = "select press.issue_tickets('same-key', 2, '00000000-0000-4000-8000-000000000001', 'alice')";
  await expect(database.pool("operator").query(reused)).rejects.toMatchObject({ code: "PRIDM" });
  expect(await issuedNumbers(database, "same-key")).toEqual([1]);
});

test("people who are new to two batches at once do not deadlock them", async () => {
  await makeEdition(database, "new-a", 1000, 1);
  await makeEdition(database, "new-b", 1000, 1);
  const people = Array.from({ length: 400 }, (_, n) => `newcomer ${n}`);
  const batch = (session: Session, slug: string, subjects: string[]) =>
    session.query<{ refusal_code: string | null }>(
      `select refusal_code from press_gateway.issue_tickets($1, $2, array_fill(false, array[400]), array_fill(null::text, array[400]),
         array_fill(1, array[400]), array_fill(null::uuid, array[400]))`,
      [slug, subjects],
    );
  const sessions = (await openSessions(database, "press_gateway", 2)) as [Session, Session];
  const answers = await Promise.all([
    batch(sessions[0], "new-a", people),
    batch(sessions[1], "new-b", people.toReversed()),
  ]);
  expect(answers.flatMap(({ rows }) => rows).filter((row) => row.refusal_code !== null)).toEqual([]);
  await closeSessions(sessions);
});
