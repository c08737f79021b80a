/* Gateway and worker are told to stop when their database is gone without a word. They do not wait for it; what was acknowledged is there, and whoever
   was not answered is told so. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { codesOf, issueTicket, makeToken, startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { issuedNumbers, makeEdition, openSessions, untilWaiting } from "../race/sessions.ts";
import { SilentWay } from "../silentWay.ts";
import { issuePending, makeDoor, makeKey, makeLedger, makeLog, signedCount, until } from "../worker/support.ts";

/** Answers are waited for 5 s then; three or four times as long where nobody stops. */
const STOP_MILLISECONDS_MAX = 12_000;

let database: TestDatabase;
let way: SilentWay;
let gateway: TestGateway;
let worker: Worker;
const signing = { signingKey: makeKey(), ledger: makeLedger(), log: makeLog() };

beforeAll(async () => {
  database = await createTestDatabase();
  way = await SilentWay.to(database);
});
afterAll(async () => {
  way?.close();
  await Promise.all([gateway?.close(), worker?.stop()]);
  await database?.drop();
});

test("both end within some seconds, and nothing is lost that was acknowledged", async () => {
  await issuePending(database, "in-hand", 3);
  const [claimed, door] = [makeDoor(), makeDoor()];
  worker = await startWorker({
    ...signing,
    databaseUrl: way.url("press_worker"),
    async observe(step) {
      if (step !== "claimed") return;
      claimed.open();
      await door.opened;
    },
  });
  gateway = await startTestGateway(way);
  await makeEdition(database, "sold", 100, 100);
  const key = { alice: randomUUID(), bob: randomUUID() };
  const ask = async (at: TestGateway, subject: "alice" | "bob") =>
    issueTicket(at, await makeToken(subject), { editionSlug: "sold", requestKey: key[subject] });
  const acknowledged = await ask(gateway, "alice");
  expect(codesOf(acknowledged)).toEqual([]);

  // A batch of the worker and somebody's request are under way when the database falls silent.
  await claimed.opened;
  const [holder] = await openSessions(database, "superuser", 1);
  await holder?.query("begin; select press_private.lock_edition(id) from press.editions where slug = 'sold'");
  const unanswered = ask(gateway, "bob");
  await untilWaiting(database, 1);
  way.silenceForAll();
  await holder?.query("rollback");
  await holder?.end();
  door.open();
  const durations = Promise.all([gateway.close(), worker.stop()].map(duration));

  expect(codesOf(await unanswered)).toEqual(["OUTCOME_UNKNOWN"]);
  for (const milliseconds of await durations) expect(milliseconds).toBeLessThan(STOP_MILLISECONDS_MAX);
  expect(signing.log.lines.filter((line) => line.includes("is given up"))).toHaveLength(1);

  // Over a way that is there, each has one ticket: the one that was acknowledged, and the one that nobody was told of.
  gateway = await startTestGateway(database);
  expect((await ask(gateway, "alice")).data).toEqual(acknowledged.data);
  expect(codesOf(await ask(gateway, "bob"))).toEqual([]);
  expect(await issuedNumbers(database, "sold")).toEqual([1, 2]);
  worker = await startWorker({ ...signing, databaseUrl: database.url("press_worker") });
  await until(async () => (await signedCount(database, "in-hand")) === 3);
});

async function duration(ending: Promise<void>): Promise<number> {
  const began = performance.now();
  await ending;
  return performance.now() - began;
}
