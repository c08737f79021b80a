/* What a worker leaves behind when it is killed (SIGKILL) or sleeps (SIGSTOP) between two steps of a batch, and that nothing is ever
   signed twice, differently, or not at all. A trigger in the test's database keeps every envelope that is ever written to a ticket. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createSigningKey, type SigningKey } from "../../worker/keys.ts";
import type { Step } from "../../worker/signer.ts";
import { type LedgerOptions, startWorker, type Worker } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
import {
  envelopesOf,
  issuePending,
  makeLog,
  signedCount,
  until,
  untilSessionsEnd,
  verdicts,
} from "../worker/support.ts";
import { kill, launchWorker, makeLedgerIn } from "./launchWorker.ts";

const STEPS: readonly Step[] = ["claimed", "signed", "stored"];
const BATCH_SIZE = 10;

let database: TestDatabase;
let folder: string;
let keyFile: string;
let key: SigningKey;
let ledger: LedgerOptions;
/** All the while. */
let looking: Looking;
const children: ChildProcess[] = [];
const workers: Worker[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await database.pool("superuser").query(KEEP_EVERY_ENVELOPE);
  folder = await mkdtemp(join(tmpdir(), "golden-press-crash-"));
  keyFile = join(folder, "signing-key.pem");
  key = await createSigningKey(keyFile);
  ledger = await makeLedgerIn(folder);
  looking = new Looking(database);
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  expect((await looking.end()).found).toEqual([]);
  await database.drop();
  await rm(folder, { recursive: true });
});

const KEEP_EVERY_ENVELOPE = `
  create schema witness;
  create table witness.envelopes (ticket_id uuid, envelope text);
  create function witness.keep() returns trigger language plpgsql security definer as $$
  begin
    if new.envelope is distinct from old.envelope then
      insert into witness.envelopes values (new.id, new.envelope);
    end if;
    return null;
  end $$;
  create trigger keep after update on press.tickets for each row execute function witness.keep();
  revoke all on schema witness from public;`;

/** A worker process that holds at its first step of a kind, or at its n-th step of all. */
function launch(options: { holdAt: Step | number; leaseSeconds?: number; file?: string }) {
  const running = launchWorker({
    folder,
    databaseUrl: database.url("press_worker"),
    signingKeyFile: options.file ?? keyFile,
    batchSize: BATCH_SIZE,
    leaseSeconds: options.leaseSeconds ?? 1,
    holdAt: options.holdAt,
  });
  children.push(running.child);
  return running;
}

async function startAnother(signingKey = key): Promise<Worker> {
  const worker = await startWorker({ databaseUrl: database.url("press_worker"), signingKey, ledger, log: makeLog() });
  workers.push(worker);
  return worker;
}

/** All tickets of the edition are signed, each was given exactly one envelope ever, and each verifies. */
async function expectEachSignedOnce(slug: string, count: number, publicKey = key.publicKey): Promise<void> {
  const envelopes = await envelopesOf(database, slug);
  expect(envelopes.length).toBe(count);
  expect(verdicts(envelopes, publicKey)).toEqual(new Set(["signed"]));
  const { rows } = await database.pool("superuser").query<{ envelope: string }>(
    `select w.envelope from witness.envelopes w join press.tickets t on t.id = w.ticket_id
     join press.editions e on e.id = t.edition_id where e.slug = $1 order by t.ticket_number`,
    [slug],
  );
  expect(rows.map((row) => row.envelope)).toEqual(envelopes);
}

describe("killed", () => {
  test.each(STEPS)("after the step %s: another worker finishes when the lease ends", async (step) => {
    const slug = `killed-${step}`;
    await issuePending(database, slug, 3 * BATCH_SIZE);
    const { child, steps } = launch({ holdAt: step });
    await until(() => steps.includes(step));
    await kill(child);
    const left = step === "stored" ? BATCH_SIZE : 0;
    expect(await signedCount(database, slug)).toBe(left);
    const another = await startAnother();
    await until(async () => (await signedCount(database, slug)) === 3 * BATCH_SIZE);
    await another.stop(); // Only then it has counted what the database already shows.
    expect(another.counts).toEqual({ attached: 3 * BATCH_SIZE - left, repeated: 0, refused: 0, unfit: 0 });
    await expectEachSignedOnce(slug, 3 * BATCH_SIZE);
  });

  test("after its first, second, … ninth step of all, one worker after the other: the last one finishes", async () => {
    const slugs = Array.from({ length: 9 }, (_, index) => `killed-often-${index + 1}`);
    const signedOfAll = async () => {
      const counts = await Promise.all(slugs.map((slug) => signedCount(database, slug)));
      return counts.reduce((sum, signed) => sum + signed, 0);
    };
    let storedCount = 0;
    for (let count = 1; count <= 9; count += 1) {
      await issuePending(database, `killed-often-${count}`, 4 * BATCH_SIZE); // Three steps a batch: twelve at least.
      const { child, steps } = launch({ holdAt: count });
      await until(() => steps.length >= count);
      await kill(child);
      storedCount += steps.filter((step) => step === "stored").length;
    }
    await untilSessionsEnd(database, "golden-press-worker"); // They may still store what they were sent.
    const left = await signedOfAll();
    expect(left % BATCH_SIZE).toBe(0);
    expect(left).toBeGreaterThanOrEqual(storedCount * BATCH_SIZE); // A batch may be stored and its worker killed before it says so.
    const another = await startAnother();
    await until(async () => (await signedOfAll()) === 36 * BATCH_SIZE);
    await another.stop();
    expect(another.counts).toEqual({ attached: 36 * BATCH_SIZE - left, repeated: 0, refused: 0, unfit: 0 });
    for (const slug of slugs) await expectEachSignedOnce(slug, 4 * BATCH_SIZE);
  });

  test("with its parent's channel closed it stops by itself, and finishes the batch in hand first", async () => {
    await issuePending(database, "orphaned", 3 * BATCH_SIZE);
    const { child, steps } = launch({ holdAt: "claimed", leaseSeconds: 30 });
    await until(() => steps.includes("claimed"));
    const exit = once(child, "exit");
    child.send("go on");
    child.disconnect();
    expect(await exit).toEqual([0, null]);
    expect((await signedCount(database, "orphaned")) % BATCH_SIZE).toBe(0);
    expect(await signedCount(database, "orphaned")).toBeGreaterThanOrEqual(BATCH_SIZE);
    await startAnother();
    await until(async () => (await signedCount(database, "orphaned")) === 3 * BATCH_SIZE);
    await expectEachSignedOnce("orphaned", 3 * BATCH_SIZE);
  });
});

describe("asleep for longer than its lease", () => {
  /** Puts a worker to sleep after a step, lets another one sign everything, wakes the sleeper, and waits for what it says. */
  async function sleepThrough(slug: string, step: Step, file: string, anotherKey: SigningKey) {
    await issuePending(database, slug, BATCH_SIZE);
    const sleeper = launch({ holdAt: step, file });
    await until(() => sleeper.steps.includes(step));
    sleeper.child.kill("SIGSTOP");
    sleeper.child.send("go on");
    await startAnother(anotherKey);
    await until(async () => (await signedCount(database, slug)) === BATCH_SIZE);
    sleeper.child.kill("SIGCONT");
    await until(() => sleeper.steps.includes("stored"));
    sleeper.child.disconnect();
    await once(sleeper.child, "exit");
    await until(() => sleeper.output.includes("The worker has stopped."));
    const last = sleeper.output.trim().split("\n").at(-1) ?? "{}";
    return JSON.parse(last) as Record<string, unknown>;
  }

  test.each(["claimed", "signed"] as const)("after the step %s: its late store changes nothing", async (step) => {
    const slug = `asleep-${step}`;
    const counts = await sleepThrough(slug, step, keyFile, key);
    expect(counts).toMatchObject({ attached: 0, repeated: BATCH_SIZE, refused: 0, unfit: 0 });
    await expectEachSignedOnce(slug, BATCH_SIZE);
  });

  test("with another key: its late signatures are refused and reported", async () => {
    const file = join(folder, "other-key.pem");
    await createSigningKey(file);
    const counts = await sleepThrough("asleep-other-key", "signed", file, key);
    expect(counts).toMatchObject({ attached: 0, repeated: 0, refused: BATCH_SIZE, unfit: 0 });
    await expectEachSignedOnce("asleep-other-key", BATCH_SIZE);
  });

  test("with a key that was retired meanwhile: nothing of it is stored, and it says so", async () => {
    const file = join(folder, "retired-key.pem");
    const retired = await createSigningKey(file);
    await issuePending(database, "asleep-retired", BATCH_SIZE);
    const sleeper = launch({ holdAt: "signed", file });
    await until(() => sleeper.steps.includes("signed"));
    sleeper.child.kill("SIGSTOP");
    await database.pool("press_worker").query("select from press_worker.retire_signing_key($1)", [retired.keyId]);
    sleeper.child.send("go on");
    sleeper.child.kill("SIGCONT");
    await until(() => sleeper.output.includes("PRKEY"));
    expect(await signedCount(database, "asleep-retired")).toBe(0);
    await kill(sleeper.child);
    await startAnother();
    await until(async () => (await signedCount(database, "asleep-retired")) === BATCH_SIZE);
    await expectEachSignedOnce("asleep-retired", BATCH_SIZE);
  });
});
