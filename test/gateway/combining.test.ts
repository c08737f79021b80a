/* 200 calls pile up behind somebody else's lock; when it is released they are answered by at most three transactions, each call its own way. */
import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { untilWaiting } from "../race/sessions.ts";
import {
  codesOf,
  issueTicket,
  makeOperatorToken,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

const CALLS = 200;

let database: TestDatabase;
let gateway: TestGateway;
beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
});
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

/** Counts the requests that have reached the gateway, which runs in this process. */
function countArrivals(): { count: () => number; stop: () => void } {
  let arrived = 0;
  const note = () => {
    arrived += 1;
  };
  subscribe("http.server.request.start", note);
  return { count: () => arrived, stop: () => unsubscribe("http.server.request.start", note) };
}

test("200 calls behind a lock: at most three transactions, and everybody hears the right answer", async () => {
  await openEdition(gateway, { slug: "rush", cap: 1000, perHolderLimit: 2 });
  const superuser = database.pool("superuser");
  await superuser.query("insert into press.holders (subject, is_active) values ('idle', false)");
  const operator = await makeOperatorToken("olga");
  const greedy = await makeToken("greedy");
  for (const _ of [1, 2]) await issueTicket(gateway, greedy, { editionSlug: "rush" });
  const replayedKey = randomUUID();
  const first = await issueTicket(gateway, await makeToken("again"), { editionSlug: "rush", requestKey: replayedKey });
  const before = (await superuser.query<{ count: number }>("select count(*)::integer as count from press.tickets"))
    .rows[0]?.count;

  // 180 good calls, ten of them of one person under one key, and 20 that are refused, mixed in among them.
  const wrongKey = { editionSlug: "rush", requestKey: replayedKey, recipient: "olga" };
  const calls = await Promise.all(
    Array.from({ length: CALLS }, async (_, n) => {
      if (n % 50 === 1) return { token: undefined, input: { editionSlug: "rush" }, code: "NOT_SIGNED_IN" };
      if (n % 50 === 2) return { token: greedy, input: { editionSlug: "rush" }, code: "HOLDER_LIMIT_REACHED" };
      if (n % 50 === 3) return { token: greedy, input: { editionSlug: "rush", recipient: "eve" }, code: "NOT_ALLOWED" };
      if (n % 50 === 4)
        return { token: await makeToken("idle"), input: { editionSlug: "rush" }, code: "HOLDER_INACTIVE" };
      if (n % 50 === 5)
        return { token: operator, input: { editionSlug: "rush", recipient: "" }, code: "INVALID_INPUT" };
      if (n % 20 === 6)
        return {
          token: await makeToken("again"),
          input: { editionSlug: "rush", requestKey: replayedKey },
          code: "replay",
        };
      return {
        token: await makeToken(`person ${n}`),
        input: { editionSlug: "rush", requestKey: randomUUID() },
        code: "granted",
      };
    }),
  );
  expect(calls.filter(({ code }) => !["granted", "replay"].includes(code))).toHaveLength(20);

  const locker = await superuser.connect();
  await locker.query("begin");
  await locker.query("select press_private.lock_edition(id) from press.editions where slug = 'rush'");
  const arrivals = countArrivals();
  const answering = calls.map(({ token, input }) => issueTicket(gateway, token, input));
  while (arrivals.count() < CALLS) await turn();
  arrivals.stop();
  await untilWaiting(database, 1);
  await gateway.ask("{ editions { nodes { slug } } }"); // It came last, and has been answered: the others are in the queue.
  await locker.query("rollback");
  locker.release();
  const answers = await Promise.all(answering);

  const stored = await superuser.query<{ id: string; subject: string }>(
    "select t.id, h.subject from press.tickets t join press.holders h on h.id = t.holder_id",
  );
  const subjects = new Map(stored.rows.map(({ id, subject }) => [id, subject]));
  for (const [n, { code }] of calls.entries()) {
    const answer = answers[n];
    if (answer === undefined) throw new Error("an answer for each call");
    const expected = code === "granted" || code === "replay" ? [] : [code];
    expect(codesOf(answer), JSON.stringify(calls[n]?.input)).toEqual(expected);
    const subject = subjects.get(answer.data?.issueTicket?.ticket.rowId ?? "");
    if (code === "granted") expect(subject).toBe(`person ${n}`);
    if (code === "replay")
      expect(answer.data?.issueTicket?.ticket.ticketNumber).toBe(first.data.issueTicket?.ticket.ticketNumber);
  }
  // Each issuing transaction leaves its own mark on its rows.
  const { rows } = await superuser.query<{ transactions: number; tickets: number }>(
    "select count(distinct xmin::text)::integer as transactions, count(*)::integer as tickets from press.tickets where ticket_number > $1",
    [before],
  );
  expect(rows[0]?.tickets).toBe(calls.filter(({ code }) => code === "granted").length);
  expect(rows[0]?.transactions).toBeLessThanOrEqual(3);

  const reused = await issueTicket(gateway, operator, wrongKey);
  expect(codesOf(reused), "an operator's key is not a holder's").toEqual([]);
});
