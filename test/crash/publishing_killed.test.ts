import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { rootOf, rootOfPath } from "../../worker/chain/merkle.ts";
import type { PublishingStep } from "../../worker/chain/publisher.ts";
import { createSigningKey, type SigningKey } from "../../worker/keys.ts";
import { type LedgerOptions, startWorker } from "../../worker/worker.ts";
import { Client, fundPool, publishedPayloads, type SignedRecord } from "../chain/client.ts";
import { HostileBroadcaster, OUTCOMES } from "../chain/hostileBroadcaster.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
import { random, rounds, seed } from "../random.ts";
import { WALLET_KEY } from "../worker/chain/chainOptions.ts";
import { areAll, expectPoolWhole, publicationsOf } from "../worker/chain/support.ts";
import { makeLog, until } from "../worker/support.ts";
import { kill, type Launched, launchWorker, makeLedgerIn } from "./launchWorker.ts";

/** Shorter than anybody would have them: a worker that is paused for a moment has slept through them. */
const CLAIM_SECONDS = 1;
/** So few that they are made within a claim on a machine with much else to do. */
const BATCH_SIZE = 4;
const TIMEOUT_MILLISECONDS = 700;
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
let signingKey: SigningKey;
let ledger: LedgerOptions;
/** All the while. */
let looking: Looking;
const launched: Launched[] = [];

beforeAll(async () => {
  node = await RegtestNode.start();
});
afterAll(() => node.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-publishing-"));
  signingKeyFile = join(folder, "signing-key.pem");
  [signingKey, ledger] = await Promise.all([createSigningKey(signingKeyFile), makeLedgerIn(folder)]);
  database = await createTestDatabase();
  looking = new Looking(database);
  client = new Client();
});

afterEach(async () => {
  for (const { child } of launched.splice(0)) {
    await kill(child); // Also one that sleeps.
  }
  expect((await looking.end()).found).toEqual([]);
  await database.drop();
  await rm(folder, { recursive: true });
});

test("workers that are killed, one at each step, lose no record, and nothing goes out twice", async () => {
  await prepare();
  const records: SignedRecord[] = [];
  for (const step of STEPS) {
    records.push(...(await submit(6)));
    const worker = launch(step);
    await until(() => worker.steps.includes(step));
    await expectPoolWhole(database);
    await kill(worker.child);
  }
  launch();
  await expectAllOnce(records);
});

test("workers that sleep, one at each step, for longer than their claims change nothing when they wake", async () => {
  await prepare();
  const records: SignedRecord[] = [];
  const sleepers: Launched[] = [];
  for (const step of STEPS) {
    records.push(...(await submit(6)));
    const worker = launch(step);
    await until(() => worker.steps.includes(step));
    worker.child.kill("SIGSTOP");
    sleepers.push(worker);
  }
  const awake = launch();
  await sleep(CLAIM_SECONDS * 1_000 + 100); // Longer than what they have claimed: a pause that is shorter is none.
  await until(() => areAll(database, "sent"));
  await expectPoolWhole(database);
  const before = sleepers.map(({ steps }) => steps.length);
  for (const { child } of sleepers) {
    child.kill("SIGCONT");
    child.send("go on");
  }
  await kill(awake.child);
  for (const [index, sleeper] of sleepers.entries()) {
    await until(async () => {
      if (sleeper.steps.length > (before[index] ?? 0)) return true; // It works on, and has not to be started again.
      if (await areAll(database, "sent")) records.push(...(await submit(1)));
      return false;
    });
  }
  await expectAllOnce(records);
});

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
        const before = hostile.requestsCount;
        records.push(...(await submit(1 + random.integer(4))));
        await expectPoolWhole(database);
        await until(async () => {
          if ((await availableCoins()) < 4) await fundPool(database.pool("operator"), node, 1_000, 8);
          return hostile.requestsCount > before; // Else they are killed before they have done anything.
        });
        if (random.integer(3) === 0) await node.mine();
        await sleep(random.integer(600)); // Chance decides how far they get.
        if (random.integer(4) === 0) await killAndLaunch(workers, hostile.url);
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

/** A key that is registered, and a pool. A first worker gives the ledger its name. */
async function prepare(): Promise<void> {
  const naming = await startWorker({ databaseUrl: database.url("press_worker"), signingKey, ledger, log: makeLog() });
  await until(async () => {
    const { rows } = await database.pool("superuser").query("select press_private.ledger_origin() as name");
    return rows[0]?.name !== null;
  });
  await naming.stop();
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
      reserveSeconds: CLAIM_SECONDS,
      attemptSeconds: CLAIM_SECONDS,
      batchSize: BATCH_SIZE,
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

async function availableCoins(): Promise<number> {
  const { rowCount } = await database.pool("superuser").query("select from press.utxos where state = 'available'");
  return rowCount ?? 0;
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
    await hurry();
    await sleep(100);
  }
  const published = publishedPayloads(await node.transactions());
  for (const { payload, txid } of await publicationsOf(database)) expect(published.get(payload)).toEqual([txid]);
  await expectPathsLeadToRoots();
  expect((await publicationsOf(database)).length).toBe(records.length);
  await expectPoolWhole(database);
}

/** What was tried in vain for long is tried again in minutes: here nobody waits for that. */
async function hurry(): Promise<void> {
  await database
    .pool("superuser")
    .query(
      "update press.chain_transactions set retry_at = clock_timestamp() where state = 'unknown' and retry_at > clock_timestamp() + interval '2 s'",
    );
}

/** Whatever the node told of blocks, what is kept as a proof is one. */
async function expectPathsLeadToRoots(): Promise<void> {
  const { rows } = await database
    .pool("superuser")
    .query<{ txid: string; header: string; index: string; hashes: string[] }>(
      `select txid, encode(block_header, 'hex') as header, merkle_index as index, merkle_hashes as hashes
       from press.chain_transactions where merkle_hashes is not null`,
    );
  for (const { txid, header, index, hashes } of rows) {
    expect(rootOfPath(txid, { index: Number(index), hashes })).toBe(rootOf(header));
  }
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.integer(1_000_000) }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
