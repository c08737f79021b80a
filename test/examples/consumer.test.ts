/* docs/examples/consumer.ts, the file itself, as a process that is killed, cut off and given events again: every effect exactly once. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { EventPublisher } from "../../worker/events/publisher.ts";
import { cleanEnvironment } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { TestNats } from "../nats.ts";
import { makeEdition } from "../race/sessions.ts";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import {
  catchUpUntil,
  expectedMessages,
  forgeStream,
  makePublisher,
  STREAM,
  sourceOf,
  streamSize,
} from "../worker/eventSupport.ts";
import { until } from "../worker/support.ts";

everyTestRequires("nats-server");
// A client that lost its server looks for it every two seconds.
vi.setConfig({ testTimeout: 180_000 });

const ORIGIN = "press.test/ledger";
const EXAMPLE = join(import.meta.dirname, "../../docs/examples/consumer.ts");
const isMissing = missingRequirement("nats-server") !== undefined;

let database: TestDatabase;
let worker: TestWorker;
let nats: TestNats;
let folder: string;
let publisher: EventPublisher;
let consumer: Consumer | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  for (const slug of ["golden-ticket", "summer-raffle"]) await makeEdition(database, slug, 100_000, 100_000);
  worker = await TestWorker.start(database, ORIGIN);
  await issue(200);
});
afterAll(() => database.drop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-consumer-"));
  if (isMissing) return;
  nats = await TestNats.start();
  publisher = makePublisher(nats, sourceOf(database, ORIGIN), { batchSize: 50 }).publisher;
});
afterEach(async () => {
  await consumer?.kill();
  consumer = undefined;
  if (!isMissing) {
    await publisher.stop();
    await nats.stop();
  }
  await rm(folder, { recursive: true });
});

/** Somebody waits for what comes next in the stream. */
async function untilAsked(): Promise<void> {
  const connection = await nats.connect();
  const { consumers } = await jetstreamManager(connection);
  await until(async () => (await consumers.list(STREAM).next()).some(({ num_waiting }) => num_waiting > 0));
  await connection.close();
}

/** So many events more, of two editions. */
async function issue(quantity: number): Promise<void> {
  const text = "select press.issue_tickets($1, $2, recipient => 'alice')";
  await database.pool("operator").query(text, ["golden-ticket", Math.ceil(quantity / 2)]);
  await database.pool("operator").query(text, ["summer-raffle", Math.floor(quantity / 2)]);
  await worker.work();
}

async function publishAll(): Promise<void> {
  const { length } = await expectedMessages(database, ORIGIN);
  await catchUpUntil(publisher, async () => (await streamSize(nats)) === length);
}

interface Consumer {
  readonly child: ChildProcess;
  /** The places that it was given, in that order, also those that it passed over. */
  readonly places: () => number[];
  readonly errors: () => string;
  kill(): Promise<void>;
}

function startConsumer(): Consumer {
  const child = spawn(process.execPath, [EXAMPLE], {
    env: cleanEnvironment({ NATS_URL: nats.url, COUNTS_FILE: join(folder, "counts.db") }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  consumer = {
    child,
    places: () => [...output.matchAll(/^Event (\d+):/gm)].map(([, place]) => Number(place)),
    errors: () => errors,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
  return consumer;
}

function withCounts<Result>(act: (counts: DatabaseSync) => Result): Result {
  const counts = new DatabaseSync(join(folder, "counts.db"), { timeout: 5_000 });
  try {
    return act(counts);
  } finally {
    counts.close();
  }
}

/** The place that it has reached; -1 before the first event. */
function reached(): number {
  return withCounts((counts) => {
    const hasBegun = counts.prepare("select 1 from sqlite_schema where name = 'reached'").get() !== undefined;
    return hasBegun ? Number(counts.prepare("select max(place) as place from reached").get()?.place ?? -1) : -1;
  });
}

/** The consumer has had the effect of every event, each once. */
async function expectEachOnce(): Promise<void> {
  const { length } = await expectedMessages(database, ORIGIN);
  await until(() => reached() === length - 1);
  const { rows } = await database
    .pool("owner")
    .query<{ edition: string; issued: number }>(
      "select e.slug as edition, count(*)::integer as issued from press.tickets t join press.editions e on e.id = t.edition_id group by 1 order by 1",
    );
  const counted = withCounts((counts) => counts.prepare("select edition, issued from counts order by 1").all());
  expect(counted.map((row) => ({ ...row }))).toEqual(rows);
}

test("it has at most 30 lines", async () => {
  expect((await readFile(EXAMPLE, "utf8")).trimEnd().split("\n").length).toBeLessThanOrEqual(30);
});

test(`killed at any moment and started again, seed ${seed}`, async () => {
  await publishAll();
  for (let kills = 0; kills < rounds(8, 40, 4); kills += 1) {
    const { kill } = startConsumer();
    await issue(60);
    const aim = reached() + 1 + random.integer(60);
    await publishAll();
    await until(() => reached() >= aim);
    await kill();
  }
  startConsumer();
  await expectEachOnce();
});

test("dead between an effect and the end of its transaction, it does it again, and has done it once", async () => {
  const early = startConsumer();
  expect(await once(early.child, "exit")).toEqual([1, null]);
  expect(early.errors()).toContain("stream not found");
  withCounts((counts) =>
    counts.exec(`create trigger death before update on reached when new.place = 13
      begin select raise(abort, 'the end'); end`),
  );
  await publishAll();
  const doomed = startConsumer();
  expect(await once(doomed.child, "exit")).toEqual([1, null]);
  expect(doomed.errors()).toContain("the end");
  expect(reached()).toBe(12);
  withCounts((counts) => counts.exec("drop trigger death"));
  startConsumer();
  await expectEachOnce();
});

test("the server killed again and again while it reads: it goes on by itself", async () => {
  await publishAll();
  startConsumer();
  let before = -1;
  for (let kills = 0; kills < rounds(3, 10, 2); kills += 1) {
    await until(() => reached() > before);
    await nats.kill();
    before = (await expectedMessages(database, ORIGIN)).length - 1;
    await issue(40);
    await nats.start();
    await publishAll();
  }
  await expectEachOnce();
});

test("the stream lost and made again while it reads", async () => {
  await publishAll();
  startConsumer();
  await expectEachOnce();
  await nats.wipe();
  await nats.start();
  await issue(20);
  await publishAll();
  await expectEachOnce();
});

test("the stream lost while it is away, and not yet whole again when it comes back: what it is given again changes nothing", async () => {
  await publishAll();
  const { kill } = startConsumer();
  await expectEachOnce();
  await kill();
  const messages = await expectedMessages(database, ORIGIN);
  await forgeStream(nats, messages.slice(0, 100));
  const { places } = startConsumer();
  await untilAsked();
  await issue(20);
  await publishAll();
  await expectEachOnce();
  expect(places()[0]).toBeLessThan(messages.length);
});

test("an event that is missing ends it, and is not passed over", async () => {
  const messages = await expectedMessages(database, ORIGIN);
  await forgeStream(nats, [...messages.slice(0, 5), ...messages.slice(6)]);
  const { child, errors } = startConsumer();
  expect(await once(child, "exit")).toEqual([1, null]);
  expect(errors()).toContain("Event 5 has not come, but event 6 has.");
  expect(reached()).toBe(4);
});
