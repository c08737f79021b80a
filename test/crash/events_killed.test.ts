/* What a worker leaves of the stream of events when it is killed (SIGKILL) or sleeps (SIGSTOP) between two steps; and that the stream has every
   event once, in the ledger's order, after the worker and the nats-server were killed again and again while tickets were issued, also when the
   server's store is lost in the end. `TEST_SEED` repeats the choices. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSigningKey } from "../../worker/keys.ts";
import type { WorkerStep } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestNats } from "../nats.ts";
import { makeEdition } from "../race/sessions.ts";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import {
  expectComplete,
  expectedMessages,
  forgeStream,
  STREAM,
  streamSize,
  UNPROTECTED,
  withManager,
} from "../worker/eventSupport.ts";
import { issuePending, until } from "../worker/support.ts";
import { kill, type Launched, launchWorker, makeLedgerIn, ORIGIN } from "./launchWorker.ts";

everyTestRequires("nats-server");

/** Of eight kills five are the server's: as one that is killed every three seconds beside a worker that is killed every five. */
const KILLS = rounds(12, 120, 7);
const BATCH_SIZE = 50;
const TICKETS_MIN = rounds(2_000, 20_000, 1_000);
const KILL_MILLISECONDS_MAX = 300;

let folder: string;
let database: TestDatabase;
let nats: TestNats;
const launched: Launched[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-events-"));
  database = await createTestDatabase();
  await createSigningKey(join(folder, "signing-key.pem"));
  await makeLedgerIn(folder);
  if (missingRequirement("nats-server") === undefined) nats = await TestNats.start();
});
afterEach(async () => {
  for (const { child } of launched.splice(0)) await kill(child);
  await nats?.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

function launch(holdAt?: WorkerStep | number): Launched {
  const running = launchWorker({
    folder,
    databaseUrl: database.url("press_worker"),
    signingKeyFile: join(folder, "signing-key.pem"),
    batchSize: BATCH_SIZE,
    leaseSeconds: 1,
    natsUrl: nats.url,
    holdAt,
  });
  launched.push(running);
  return running;
}

/** All that was issued is signed, under a checkpoint, and in the stream. */
async function isPublished(): Promise<boolean> {
  const { rows } = await database.pool("owner").query<{ entries: number; is_recorded: boolean }>(
    `select (select count(*)::integer from press.ledger_entries) as entries,
            not exists (select from press.tickets where envelope is null) and not exists (select from press_private.ledger_inbox)
            and (select count(*) from press.ledger_entries) = (select max(tree_size) from press.checkpoints) as is_recorded`,
  );
  return rows[0]?.is_recorded === true && (await streamSize(nats)) >= rows[0].entries;
}

async function expectHealed(): Promise<void> {
  await until(isPublished);
  await expectComplete(nats, database, ORIGIN);
}

describe("a worker that is killed", () => {
  test("when its events are acknowledged, and before it tells anybody: another one goes on where the stream ends", async () => {
    await issuePending(database, "killed", 20);
    const { child, steps } = launch("eventsPublished");
    await until(() => steps.includes("eventsPublished"));
    await kill(child);
    expect(await streamSize(nats)).toBeGreaterThan(0);
    launch();
    await expectHealed();
  });

  test("when it has deleted a damaged stream, and made none of its events again", async () => {
    await issuePending(database, "renewed", 20);
    const { child } = launch();
    await expectHealed();
    await kill(child);
    await forgeStream(nats, await expectedMessages(database, ORIGIN), UNPROTECTED, ORIGIN);
    await withManager(nats, (streams) => streams.deleteMessage(STREAM, 3));
    const rebuilding = launch("streamRenewed");
    await until(() => rebuilding.steps.includes("streamRenewed"));
    await kill(rebuilding.child);
    expect(await streamSize(nats)).toBe(0);
    launch();
    await expectHealed();
  });

  test("after its first, second, … step of all, one worker after the other", async () => {
    for (let count = 1; count <= rounds(6, 18, 3); count += 1) {
      await issuePending(database, `killed-${count}`, 8 * BATCH_SIZE); // Three steps a batch, at least.
      const { child, steps } = launch(count);
      await until(() => steps.length >= count);
      await kill(child);
    }
    launch();
    await expectHealed();
  });
});

test("a worker that sleeps between two batches while another one publishes: when it wakes up it changes nothing", async () => {
  await issuePending(database, "asleep", 20);
  const sleeper = launch("eventsPublished");
  await until(() => sleeper.steps.includes("eventsPublished"));
  sleeper.child.kill("SIGSTOP");
  sleeper.child.send("go on");
  const another = launch();
  await issuePending(database, "meanwhile", 50);
  await expectHealed();
  sleeper.child.kill("SIGCONT");
  await kill(another.child);
  await issuePending(database, "afterwards", 50);
  await expectHealed();
});

/** Issues until told to stop and there is enough, and returns how many tickets were issued. */
async function issueUntil(signal: AbortSignal): Promise<number> {
  let count = 0;
  while (!signal.aborted || count < TICKETS_MIN) {
    const quantity = 1 + random.integer(30);
    await database.pool("operator").query("select press.issue_tickets('rush', $1, recipient => 'alice')", [quantity]);
    count += quantity;
    await sleep(random.integer(20)); // So that the worker keeps up, and there are moments of rest to be killed in.
  }
  return count;
}

/** Nothing is to be killed before it has done something. */
async function untilSomethingIsPublished(): Promise<void> {
  const before = await streamSize(nats);
  await until(async () => (await streamSize(nats)) > before);
}

test(`server and worker killed ${KILLS} times while tickets are issued, and the store lost: every event once, in order, byte for byte (seed ${seed})`, {
  timeout: 900_000,
}, async () => {
  await makeEdition(database, "rush", 1_000_000, 1_000_000);
  const stopIssuing = new AbortController();
  const issuing = issueUntil(stopIssuing.signal);
  issuing.catch(() => undefined); // It is awaited at the end.
  let worker = launch();
  for (let count = 0; count < KILLS; count += 1) {
    await untilSomethingIsPublished();
    await sleep(random.integer(KILL_MILLISECONDS_MAX)); // The moment is the point.
    if (count % 8 < 5) {
      await nats.kill();
      await nats.start();
    } else {
      await kill(worker.child);
      worker = launch();
    }
  }
  stopIssuing.abort();
  const issued = await issuing;
  await expectHealed();
  const before = await nats.messages(STREAM);
  expect(before?.filter(({ subject }) => subject.endsWith(".rush.issued")).length).toBe(issued);

  await nats.wipe();
  await nats.start();
  await expectHealed();
  expect(await nats.messages(STREAM)).toEqual(before);
});
