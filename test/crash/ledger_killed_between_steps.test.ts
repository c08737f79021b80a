/* What a worker leaves of the ledger when it is killed (SIGKILL) or sleeps (SIGSTOP) between two steps, and that the next one makes good of it:
   nothing is lost, nothing forks, and the press is not stopped for nothing. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CheckpointFile } from "../../worker/checkpointStore.ts";
import { createSigningKey, type SigningKey } from "../../worker/keys.ts";
import { startWorker, type Worker, type WorkerStep } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
import { checkLedger } from "../worker/ledgerChecks.ts";
import { issuePending, makeLog, signedCount, until } from "../worker/support.ts";
import { kill, type Launched, launchWorker, makeLedgerIn, ORIGIN } from "./launchWorker.ts";

let folder: string;
let database: TestDatabase;
let signingKey: SigningKey;
let checkpointKey: SigningKey;
/** All the while. */
let looking: Looking;
const children: ChildProcess[] = [];
const workers: Worker[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-ledger-"));
  database = await createTestDatabase();
  looking = new Looking(database);
  signingKey = await createSigningKey(join(folder, "signing-key.pem"));
  checkpointKey = (await makeLedgerIn(folder)).checkpointKey;
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  expect((await looking.end()).found).toEqual([]);
  await database.drop();
  await rm(folder, { recursive: true });
});

function launch(holdAt: WorkerStep, storeFile?: string): Launched {
  const running = launchWorker({
    folder,
    storeFile: storeFile ?? join(folder, "checkpoint"),
    databaseUrl: database.url("press_worker"),
    signingKeyFile: join(folder, "signing-key.pem"),
    batchSize: 250,
    leaseSeconds: 1,
    holdAt,
  });
  children.push(running.child);
  return running;
}

async function startAnother(storeFile = join(folder, "checkpoint")): Promise<Worker> {
  const ledger = { checkpointKey, store: new CheckpointFile(storeFile), origin: ORIGIN, adopt: true };
  const worker = await startWorker({ databaseUrl: database.url("press_worker"), signingKey, ledger, log: makeLog() });
  workers.push(worker);
  return worker;
}

interface State {
  /** Tickets with an envelope, and those of which there is an entry, with or without a place. */
  readonly signed: number;
  readonly entered: number;
  /** Entries that have a place, and those that wait for one. */
  readonly placed: number;
  readonly waiting: number;
  /** The size of the latest checkpoint; 0 before the first. */
  readonly published: number;
  /** The size of the checkpoint in the store; 0 when it is empty. */
  readonly stored: number;
}

async function state(): Promise<State> {
  const { rows } = await database.pool("owner").query<Omit<State, "stored">>(
    `select (select count(*)::integer from press.tickets where envelope is not null) as signed,
            (select count(*)::integer from (select type from press.ledger_entries union all select type from press_private.ledger_inbox) e
             where e.type = 'ticket.issued') as entered,
            (select count(*)::integer from press.ledger_entries) as placed,
            (select count(*)::integer from press_private.ledger_inbox) as waiting,
            (select coalesce(max(tree_size), 0)::integer from press.checkpoints) as published`,
  );
  const stored = (await new CheckpointFile(join(folder, "checkpoint")).read())?.checkpoint.size ?? 0;
  return { ...(rows[0] as Omit<State, "stored">), stored };
}

async function expectHealed(slug: string, quantity: number, worker: Worker): Promise<void> {
  await until(async () => (await signedCount(database, slug)) === quantity);
  await until(async () => {
    const { placed, waiting, published } = await state();
    return waiting === 0 && published === placed;
  });
  await checkLedger(database.pool("owner"), [worker.vkey]);
  const { rows } = await database.pool("owner").query("select from press_private.press_state");
  expect(rows.length, "the press was never stopped").toBe(0);
}

describe("killed", () => {
  const expectations: [WorkerStep, (left: State) => void][] = [
    ["stored", ({ signed, entered }) => expect([signed, entered]).toEqual([20, 20])],
    ["integrated", ({ placed, published, stored }) => expect([placed > 0, published, stored]).toEqual([true, 0, 0])],
    [
      "checkpointSigned",
      ({ placed, published, stored }) => expect([placed > 0, published, stored]).toEqual([true, 0, 0]),
    ],
    ["checkpointStored", ({ placed, published, stored }) => expect([stored, published]).toEqual([placed, 0])],
    ["checkpointPublished", ({ placed, published, stored }) => expect([stored, published]).toEqual([placed, placed])],
  ];

  test.each(expectations)("after the step %s: another worker goes on", async (step, expectLeft) => {
    await issuePending(database, "killed", 20);
    const { child, steps } = launch(step);
    await until(() => steps.includes(step));
    await kill(child);
    expectLeft(await state());
    await expectHealed("killed", 20, await startAnother());
  });

  test("after the step checkpointStored: the checkpoint in the store is the one that is published", async () => {
    const { child, steps } = launch("checkpointStored"); // Nothing is in the ledger but the two keys.
    await until(() => steps.includes("checkpointStored"));
    await kill(child);
    const left = await new CheckpointFile(join(folder, "checkpoint")).read();
    await expectHealed("nothing", 0, await startAnother());
    const { rows } = await database.pool("owner").query<{ note: string }>("select note from press.checkpoints");
    expect(rows).toEqual([{ note: left?.note }]);
  });
});

describe("asleep while another worker, with a store of its own, goes on", () => {
  test.each(["integrated", "checkpointSigned", "checkpointStored"] as const)(
    "after the step %s: what it does when it wakes up changes nothing",
    async (step) => {
      await issuePending(database, "asleep", 20);
      const sleeper = launch(step);
      await until(() => sleeper.steps.includes(step));
      sleeper.child.kill("SIGSTOP");
      sleeper.child.send("go on");
      const another = await startAnother(join(folder, "another-checkpoint"));
      await issuePending(database, "meanwhile", 200);
      await expectHealed("meanwhile", 200, another);
      sleeper.child.kill("SIGCONT");
      // Tickets that it had claimed may be signed only now: the ledger can have grown again.
      await until(async () => {
        const { stored, published } = await state();
        return stored === published;
      });
      await expectHealed("asleep", 20, another);
    },
  );
});
