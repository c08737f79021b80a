/* A database that is restored from an earlier backup has forgotten tickets and checkpoints that people have. The worker remembers: the press
   stops by itself, and says what to do; nothing is issued or signed until it was done. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { LedgerVerifier } from "../../verifier/index.ts";
import { CheckpointFile } from "../../worker/checkpointStore.ts";
import { createSigningKey, readSigningKey } from "../../worker/keys.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { press } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { everyTestRequires } from "../requirements.ts";
import { checkLedger, readCheckpoints } from "../worker/ledgerChecks.ts";
import { envelopesOf, issueMore, issuePending, makeLog, signedCount, until } from "../worker/support.ts";

const ORIGIN = "press.example/ledger";
const NEW_ORIGIN = "press.example/ledger-2";

everyTestRequires("superuser");
let folder: string;
let database: TestDatabase;
let copies: string[];
let running: Worker[];
beforeEach(async () => {
  [copies, running] = [[], []];
  folder = await mkdtemp(join(tmpdir(), "golden-press-backup-"));
  await createSigningKey(join(folder, "signing-key.pem"));
  await createSigningKey(join(folder, "checkpoint-key.pem"));
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.map((worker) => worker.stop()));
  await database.drop();
  for (const copy of copies) await asAdmin(`drop database ${copy}`);
  await rm(folder, { recursive: true });
});

async function asAdmin(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: inject("testServer").adminUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Copies the database as it is at this moment; whoever is connected is cut off. */
async function backUp(): Promise<string> {
  const copy = `${database.name}_${copies.length}`;
  await asAdmin(
    `alter database ${database.name} allow_connections false`,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${database.name}'`,
    `create database ${copy} template ${database.name}`,
    `alter database ${database.name} allow_connections true`,
  );
  copies.push(copy);
  return copy;
}

async function restore(copy: string): Promise<void> {
  await asAdmin(`drop database ${database.name} with (force)`, `create database ${database.name} template ${copy}`);
}

/** A worker of this process, with the files of the folder; it counts how often it looks at its store. */
async function start(options: { origin?: string } = {}) {
  const log = makeLog();
  const file = new CheckpointFile(join(folder, "checkpoint"));
  let looks = 0;
  const store = {
    name: file.name,
    requireWritable: () => file.requireWritable(),
    write: (stored: Parameters<typeof file.write>[0]) => file.write(stored),
    read() {
      looks += 1;
      return file.read();
    },
  };
  const worker = await startWorker({
    databaseUrl: database.url("press_worker"),
    signingKey: await readSigningKey(join(folder, "signing-key.pem")),
    ledger: {
      checkpointKey: await readSigningKey(join(folder, "checkpoint-key.pem")),
      store,
      origin: options.origin ?? ORIGIN,
    },
    log,
    leaseSeconds: 1,
  });
  running.push(worker);
  const looksAgain = async (times: number) => {
    const before = looks;
    await until(() => looks >= before + times);
  };
  return { worker, log, looksAgain };
}

/** The environment of an operator's commands. */
const settings = (origin = ORIGIN) => ({
  DATABASE_URL: database.url("operator"),
  WORKER_DATABASE_URL: database.url("press_worker"),
  CHECKPOINT_KEY_FILE: join(folder, "checkpoint-key.pem"),
  CHECKPOINT_STORE: join(folder, "checkpoint"),
  LEDGER_ORIGIN: origin,
});

async function query<Row extends object>(text: string): Promise<Row[]> {
  return (await database.pool("superuser").query<Row>(text)).rows;
}

/** Waits until everything is signed and under a checkpoint, and returns the size of it. */
async function untilRecorded(): Promise<number> {
  let size = 0;
  await until(async () => {
    const [row] = await query<{ size: string; published: string; left: string }>(
      `select (select count(*) from press.ledger_entries) as size, (select max(tree_size) from press.checkpoints) as published,
              (select count(*) from press_private.ledger_inbox) + (select count(*) from press.tickets where envelope is null) as left`,
    );
    size = Number(row?.size);
    return row?.left === "0" && row.published === row.size;
  });
  return size;
}

async function stopReason(): Promise<string | null> {
  const [row] = await query<{ reason: string | null }>("select press.press_stop_reason() as reason");
  return row?.reason ?? null;
}

const isStopped = async () => (await stopReason()) !== null;

/**
 * Lives until a day after the backup: ten golden tickets were signed and recorded when it was made, three silver ones were pending, and the
 * bronze ones came later.
 *
 * @returns the copies of before and of the end, and the size of the ledger that was published
 */
async function liveOnAfterBackup(): Promise<{ earlier: string; latest: string; published: number }> {
  const { worker } = await start();
  await issuePending(database, "golden", 10);
  await untilRecorded();
  await worker.stop();
  await issuePending(database, "silver", 3);
  const earlier = await backUp();
  const next = await start();
  await issuePending(database, "bronze", 2);
  const published = await untilRecorded();
  await next.worker.stop();
  return { earlier, latest: await backUp(), published };
}

/** Nobody gets anything: not by issuing, not by waiting for a signature; no checkpoint either. */
async function expectStandstill(looksAgain: (times: number) => Promise<void>, checkpointCount: number): Promise<void> {
  await looksAgain(5);
  const detail = await stopReason();
  await expect(issueMore(database, "golden", 1)).rejects.toMatchObject({ code: "PRSTO", detail });
  await expect(issuePending(database, "another", 1)).rejects.toMatchObject({ code: "PRSTO" });
  expect(await envelopesOf(database, "silver")).toEqual([null, null, null]);
  const [row] = await query<{ count: string }>("select count(*) from press.checkpoints");
  expect(Number(row?.count)).toBe(checkpointCount);
}

test("under a running worker: the press stops by itself and says what to do; with the right database it goes on by itself", async () => {
  const { earlier, latest, published } = await liveOnAfterBackup();
  const { worker, log, looksAgain } = await start();
  await restore(earlier);
  await until(isStopped);
  expect(await stopReason()).toBe(
    `This database has fewer than the ${published} ledger entries that were published. Operators: bring back the right database, or accept the loss with "golden-press ledger adopt"; then "golden-press ledger start".`,
  );
  const checkpoints = await readCheckpoints(database.pool("superuser"), [worker.vkey]);
  await expectStandstill(looksAgain, checkpoints.length);
  expect(log.lines).toContainEqual(
    expect.stringMatching(/^error .*This database has fewer than .* Stopped the press\.$/),
  );
  const status = await press(["ledger", "status"], settings());
  expect(status.stdout).toContain("press      stopped: This database has fewer than the");

  await restore(latest);
  await issuePending(database, "later", 2);
  expect(await untilRecorded()).toBeGreaterThan(published);
  expect(await stopReason()).toBe(null);
  await checkLedger(database.pool("superuser"), [worker.vkey]);
});

test("while no worker runs: the next one stops the press before it signs anything; a start without a remedy is stopped again", async () => {
  const { earlier } = await liveOnAfterBackup();
  await restore(earlier);
  expect(await stopReason()).toBe(null);
  const { worker, log, looksAgain } = await start();
  expect(await stopReason()).not.toBe(null);
  const checkpoints = await readCheckpoints(database.pool("superuser"), [worker.vkey]);
  await expectStandstill(looksAgain, checkpoints.length);

  const started = await press(["ledger", "start", "--reason", "It will be all right."], settings());
  expect([started.code, started.stdout]).toEqual([0, expect.stringMatching(/^The press runs again\./)]);
  await until(async () => log.lines.filter((line) => line.includes("Stopped the press.")).length === 2);
  await expectStandstill(looksAgain, checkpoints.length);
});

test("and the loss is accepted: under a new name the ledger goes on, and under the old one nothing is ever said again", async () => {
  const { earlier, published } = await liveOnAfterBackup();
  await restore(earlier);
  const { worker } = await start();
  const before = await readCheckpoints(database.pool("superuser"), [worker.vkey]);

  const sameName = await press(["ledger", "adopt", "--reason", "The disk is lost."], settings());
  expect([sameName.code, sameName.stderr]).toEqual([
    1,
    `golden-press: The ledger ${ORIGIN} was published with ${published} entries that this database does not have, and a name never stands for two histories: set LEDGER_ORIGIN to a new name, for every worker.\n`,
  ]);
  const adopted = await press(["ledger", "adopt", "--reason", "The disk is lost."], settings(NEW_ORIGIN));
  expect([adopted.stderr, adopted.code, adopted.stdout]).toEqual([
    "",
    0,
    `Adopted ${before.at(-1)?.size} entries as the ledger ${NEW_ORIGIN}. Start the workers again with this LEDGER_ORIGIN; then, if the press is stopped: golden-press ledger start\n`,
  ]);
  await worker.stop();
  const next = await start({ origin: NEW_ORIGIN });
  expect(await stopReason()).not.toBe(null);
  expect(await envelopesOf(database, "silver")).toEqual([null, null, null]);
  const started = await press(["ledger", "start", "--reason", "The loss was announced."], settings(NEW_ORIGIN));
  expect(started.stdout).toMatch(/^The press runs again\./);

  await issuePending(database, "after-the-loss", 2);
  await untilRecorded();
  expect([await signedCount(database, "silver"), await signedCount(database, "after-the-loss")]).toEqual([3, 2]);
  expect(await stopReason()).toBe(null);
  await checkLedger(database.pool("superuser"), [worker.vkey, next.worker.vkey]);
  const notes = await query<{ note: string }>("select note from press.checkpoints order by tree_size");
  const isUnderOldName = notes.map(({ note }) => new LedgerVerifier(worker.vkey).verifyCheckpoint(note).isValid);
  expect(isUnderOldName).toEqual(notes.map((_, index) => index < before.length));
  const status = await press(["ledger", "status"], settings(NEW_ORIGIN));
  expect(status.stdout).toContain(`vkey       ${next.worker.vkey}`);
  expect(status.stdout).toContain("press      runs");
  const again = await press(["ledger", "adopt", "--reason", "Once more."], settings(NEW_ORIGIN));
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("there is nothing to adopt.")]);
  const backToOld = await press(["ledger", "adopt", "--reason", "The old name was nicer."], settings(ORIGIN));
  expect([backToOld.code, backToOld.stderr]).toEqual([
    1,
    expect.stringContaining("a name never stands for two histories"),
  ]);
});

test("and the same backup is restored again, which knows nothing of the new name: the store remembers both, and neither is taken again", async () => {
  const { earlier } = await liveOnAfterBackup();
  const adopt = (origin: string) => press(["ledger", "adopt", "--reason", "The disk is lost."], settings(origin));
  await restore(earlier);
  expect((await adopt(NEW_ORIGIN)).code).toBe(0);

  await restore(earlier); // Nothing was published under the new name: it may be told to the database again.
  const forgetful = await start({ origin: NEW_ORIGIN });
  await until(() =>
    forgetful.log.lines.some((line) => line.includes(`The ledger of this database is not called ${NEW_ORIGIN}`)),
  );
  expect((await adopt(NEW_ORIGIN)).code).toBe(0);
  await issuePending(database, "under-the-new-name", 2);
  await untilRecorded();
  await forgetful.worker.stop();

  await restore(earlier);
  await expect(start()).rejects.toThrow(
    `is of the ledger ${NEW_ORIGIN}, but LEDGER_ORIGIN is ${ORIGIN}, which was its name before and never is again: set it to ${NEW_ORIGIN}, or to a name that it never had`,
  );
  for (const origin of [ORIGIN, NEW_ORIGIN]) {
    const { code, stderr } = await adopt(origin);
    expect([code, stderr]).toEqual([1, expect.stringContaining("a name never stands for two histories")]);
  }
  expect((await adopt("press.example/ledger-3")).code).toBe(0);
  const known = await new CheckpointFile(join(folder, "checkpoint")).read();
  expect(known?.former.map(({ checkpoint }) => checkpoint.origin)).toEqual([NEW_ORIGIN, ORIGIN]);
});
