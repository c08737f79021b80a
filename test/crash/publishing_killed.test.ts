import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { PublishingStep } from "../../worker/chain/publisher.ts";
import { createSigningKey } from "../../worker/keys.ts";
import { Client, fundPool, publishedPayloads, type SignedRecord } from "../chain/client.ts";
import { HostileBroadcaster, OUTCOMES } from "../chain/hostileBroadcaster.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { random, rounds, seed } from "../random.ts";
import { WALLET_KEY } from "../worker/chain/chainOptions.ts";
import { areAll, expectPoolWhole, publicationsOf } from "../worker/chain/support.ts";
import { until } from "../worker/support.ts";
import { kill, type Launched, launchWorker, makeLedgerIn } from "./launchWorker.ts";

/** Shorter than anybody would have them: a worker that is paused for a moment has slept through them. */
const RESERVE_SECONDS = 1;
const ATTEMPT_SECONDS = 2;
const TIMEOUT_MILLISECONDS = 700;
/** What nobody answers is sent again after two seconds, then four, and so on: a machine with much else to do gets far. */
const HOSTILE_MILLISECONDS = 300_000;
const STEPS: readonly PublishingStep[] = [
  "transactionsClaimed",
  "transactionsSigned",
  "transactionsStored",
  "transactionsSent",
  "outcomesRecorded",
  "transactionsSeen",
];

let folder: string;
let node: RegtestNode;
let database: TestDatabase;
let client: Client;
let signingKeyFile: string;
const launched: Launched[] = [];

beforeAll(async () => {
  node = await RegtestNode.start();
});
afterAll(() => node.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-publishing-"));
  signingKeyFile = join(folder, "signing-key.pem");
  await Promise.all([createSigningKey(signingKeyFile), makeLedgerIn(folder)]);
  database = await createTestDatabase();
  client = new Client();
});

afterEach(async () => {
  for (const { child } of launched.splice(0)) {
    await kill(child); // Also one that sleeps.
  }
  await database.drop();
  await rm(folder, { recursive: true });
});

test.each(STEPS)("a worker that is killed at the step %s loses no record, and nothing goes out twice", async (step) => {
  await prepare();
  const first = launch(step);
  const records = await submit(6);
  await until(() => first.steps.includes(step));
  await expectPoolWhole(database);
  await kill(first.child);
  launch();
  await expectAllOnce(records);
});

test.each(STEPS)(
  "a worker that sleeps at the step %s for longer than its claims changes nothing when it wakes",
  async (step) => {
    await prepare();
    const first = launch(step);
    const records = await submit(6);
    await until(() => first.steps.includes(step));
    first.child.kill("SIGSTOP");
    await sleep((RESERVE_SECONDS + ATTEMPT_SECONDS) * 1_000); // Longer than what it has claimed: a pause that is shorter is none.
    const second = launch();
    await until(() => areAll(database, "sent"));
    await expectPoolWhole(database);
    const before = first.steps.length;
    first.child.kill("SIGCONT");
    first.child.send("go on");
    await kill(second.child);
    records.push(...(await submit(1))); // It works on, and has not to be started again.
    await until(() => first.steps.length > before);
    await expectAllOnce(records);
  },
);

test(
  `whatever a broadcaster does, every record is on the chain once in the end (seed ${seed})`,
  async () => {
    const hostile = await HostileBroadcaster.start(node, {
      privateKey: WALLET_KEY,
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    });
    hostile.next.push(...shuffled(OUTCOMES));
    try {
      await prepare();
      const workers = [launch(undefined, hostile.url), launch(undefined, hostile.url)];
      const records: SignedRecord[] = [];
      for (let round = 0; round < rounds(8, 60) || hostile.next.length > 0; round += 1) {
        records.push(...(await submit(1 + random.integer(4))));
        await expectPoolWhole(database);
        if (random.integer(3) === 0) await node.mine();
        if (random.integer(4) === 0) await fundPool(database.pool("operator"), node, 1_000, 4);
        if (random.integer(4) === 0) await killAndLaunch(workers, hostile.url);
        await sleep(random.integer(600)); // Chance decides how far they get.
      }
      hostile.isHonest = true;
      await fundPool(database.pool("operator"), node, 1_000, 40);
      await expectAllOnce(records);
      expect([...hostile.counts.keys()]).toEqual(expect.arrayContaining([...OUTCOMES]));
    } finally {
      hostile.stop();
    }
  },
  HOSTILE_MILLISECONDS,
);

/** A key that is registered, and a pool. The first worker gives the ledger its name. */
async function prepare(): Promise<void> {
  const naming = launchWorker({ ...launchOptions(), publishing: undefined });
  await until(async () => {
    const { rows } = await database.pool("superuser").query("select press_private.ledger_origin() as name");
    return rows[0]?.name !== null;
  });
  await kill(naming.child);
  await client.register(database.pool("operator"), "alice");
  await fundPool(database.pool("operator"), node, 1_000, 12);
}

function launchOptions(nodeUrl = node.url) {
  return {
    folder,
    databaseUrl: database.url("press_worker"),
    signingKeyFile,
    batchSize: 250,
    leaseSeconds: 1,
    publishing: {
      nodeUrl,
      reserveSeconds: RESERVE_SECONDS,
      attemptSeconds: ATTEMPT_SECONDS,
      timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    },
  };
}

function launch(holdAt?: PublishingStep, nodeUrl = node.url): Launched {
  const worker = launchWorker({ ...launchOptions(nodeUrl), holdAt });
  launched.push(worker);
  return worker;
}

async function killAndLaunch(workers: Launched[], nodeUrl: string): Promise<void> {
  const index = random.integer(workers.length);
  const worker = workers[index];
  if (worker !== undefined) await kill(worker.child);
  workers[index] = launch(undefined, nodeUrl);
}

async function submit(count: number): Promise<SignedRecord[]> {
  const records = Array.from({ length: count }, () => client.record());
  await client.submit(database.pool("operator"), records);
  return records;
}

/** Waits until all is sent, mines it, and finds each record in one transaction of the chain, and no coin in two that are alive. */
async function expectAllOnce(records: readonly SignedRecord[]): Promise<void> {
  for (;;) {
    await expectPoolWhole(database);
    if (await areAll(database, "sent")) {
      await node.mine();
      const { rowCount } = await database
        .pool("superuser")
        .query("select from press.chain_transactions where state in ('reserved', 'sending', 'unknown', 'accepted')");
      if (rowCount === 0 && (await areAll(database, "sent"))) break;
    }
    await node.mine();
    await sleep(100);
  }
  const published = publishedPayloads(await node.transactions());
  for (const { payload, txid } of await publicationsOf(database)) expect(published.get(payload)).toEqual([txid]);
  expect((await publicationsOf(database)).length).toBe(records.length);
  await expectPoolWhole(database);
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.integer(1_000_000) }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
