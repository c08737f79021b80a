/* Publishing as a part of the worker: nobody waits for it, and where it is not wanted nothing of it is there. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startWorker, type Worker, type WorkerOptions } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestNats } from "../nats.ts";
import { testRequiring } from "../requirements.ts";
import { eventOptions, expectComplete, noted, streamSize } from "./eventSupport.ts";
import { issuePending, makeKey, makeLedger, makeLog, until } from "./support.ts";

const ORIGIN = makeLedger().origin;
const databases: TestDatabase[] = [];
const running: Worker[] = [];
const servers: TestNats[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
  await Promise.all(servers.splice(0).map((nats) => nats.stop()));
  await Promise.all(databases.splice(0).map((database) => database.drop()));
});

async function makeDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  return database;
}

async function startNats(): Promise<TestNats> {
  const nats = await TestNats.start();
  servers.push(nats);
  return nats;
}

async function start(database: TestDatabase, options: Partial<WorkerOptions>) {
  const log = makeLog();
  const databaseUrl = database.url("press_worker");
  const worker = await startWorker({ databaseUrl, signingKey: makeKey(), ledger: makeLedger(), log, ...options });
  running.push(worker);
  return { worker, log };
}

/** What was said about events; a busy machine gives the other parts of a worker reason to complain too. */
function complaintsOf({ lines }: ReturnType<typeof makeLog>): string[] {
  return lines.filter((line) => /^(warn|error).*(Could not publish events|The stream|compare the stream)/.test(line));
}

/** How many tickets are signed, and under a published checkpoint: they can be redeemed. */
async function recordedCount(database: TestDatabase): Promise<number> {
  const { rows } = await database.pool("owner").query<{ count: number }>(
    `select count(*)::integer as count from press.ledger_entries
     where type = 'ticket.issued' and place < (select max(tree_size) from press.checkpoints)`,
  );
  return rows[0]?.count ?? 0;
}

async function redeemAll(database: TestDatabase): Promise<number> {
  const { rows } = await database.pool("operator").query<{ count: number }>(
    `select count(r.id)::integer as count from press.tickets t
     cross join lateral press.redeem_ticket(t.envelope, press.timechain_proof(t.id), gen_random_uuid()) r`,
  );
  return rows[0]?.count ?? 0;
}

testRequiring("nats-server")("what is issued and redeemed is in the stream, with nobody asking for it", async () => {
  const [database, nats] = [await makeDatabase(), await startNats()];
  const { worker, log } = await start(database, { events: eventOptions(nats) });
  await issuePending(database, "issued", 30);
  await until(async () => (await recordedCount(database)) >= 30);
  await redeemAll(database);
  await until(async () => (await streamSize(nats)) >= 2 + 1 + 30 + 30); // Two keys and an edition were there before.
  await worker.stop();
  await expectComplete(nats, database, ORIGIN);
  expect((await noted(database))?.publisher, "the lease is given back").toBeNull();
  expect(complaintsOf(log)).toEqual([]);
});

testRequiring("nats-server")(
  "what was signed when the worker was told to stop is in the stream when it has stopped",
  async () => {
    const [database, nats] = [await makeDatabase(), await startNats()];
    const { worker } = await start(database, { events: eventOptions(nats) });
    await issuePending(database, "stopped", 200);
    await until(async () => worker.counts.attached > 0);
    await worker.stop();
    const expected = await expectComplete(nats, database, ORIGIN);
    expect(expected.length).toBeGreaterThanOrEqual(3 + worker.counts.attached);
  },
);

test("without a server for the whole run: everything is issued, signed, recorded and redeemed; the failure is said once", async () => {
  const database = await makeDatabase();
  const away = { natsUrls: ["nats://127.0.0.1:1"], prefix: "choco", stream: "GOLDEN_PRESS", replicas: 1 };
  const { worker, log } = await start(database, { events: away });
  await issuePending(database, "alone", 300);
  await until(async () => (await recordedCount(database)) >= 300);
  expect(await redeemAll(database)).toBe(300);
  await until(async () => (await noted(database))?.problem !== null);
  expect(await noted(database)).toMatchObject({ stream_size: null, problem: expect.stringContaining("start it") });
  await worker.stop();
  expect(worker.counts).toEqual({ attached: 300, repeated: 0, refused: 0, unfit: 0 });
  expect(complaintsOf(log)).toEqual([
    expect.stringContaining("Could not publish events; it is tried again until it succeeds."),
  ]);
});

testRequiring("nats-server")(
  "a server that answers nothing keeps neither tickets nor the end of the worker waiting",
  async () => {
    const [database, nats, ledger] = [await makeDatabase(), await startNats(), makeLedger()];
    const { worker } = await start(database, { ledger, events: eventOptions(nats) });
    await issuePending(database, "before", 10);
    await until(async () => (await streamSize(nats)) >= 2 + 1 + 10);
    nats.pause();
    await issuePending(database, "meanwhile", 100);
    await until(async () => (await recordedCount(database)) >= 110);
    expect(await redeemAll(database)).toBe(110);
    await worker.stop();
    nats.resume();
    await start(database, { ledger, events: eventOptions(nats) });
    await until(async () => (await streamSize(nats)) >= 3 + 2 + 110 + 110);
    await expectComplete(nats, database, ORIGIN);
  },
);

test("where no events are wanted, nothing of NATS is loaded", () => {
  const script = `
    await import(${JSON.stringify(join(import.meta.dirname, "../../worker/worker.ts"))});
    const { createRequire } = await import("node:module");
    const loaded = () => Object.keys(createRequire(process.cwd() + "/").cache).filter((file) => file.includes("@nats-io")).length;
    const before = loaded();
    await import(${JSON.stringify(join(import.meta.dirname, "../../worker/events/publisher.ts"))});
    console.log(before, loaded() > 0);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  expect(output).toBe("0 true\n");
});
