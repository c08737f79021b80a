/* The worker's part of the ledger: what was signed gets into a checkpoint, whichever worker does it; the store is compared with the database
   before anything is signed, and what does not fit stops the press. */
import { afterEach, describe, expect, test } from "vitest";
import { LedgerVerifier } from "../../verifier/index.ts";
import { CheckpointStoreError } from "../../worker/checkpointStore.ts";
import { Checkpoints } from "../../worker/checkpoints.ts";
import { type LedgerOptions, startWorker, type Worker, type WorkerOptions } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { checkLedger, readCheckpoints } from "./ledgerChecks.ts";
import { issueMore, issuePending, makeKey, makeLedger, makeLog, makeStore, signedCount, until } from "./support.ts";

const databases: TestDatabase[] = [];
const running: Worker[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
  await Promise.all(databases.splice(0).map((database) => database.drop()));
});

async function makeDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  databases.push(database);
  return database;
}

async function start(database: TestDatabase, ledger: LedgerOptions, options: Partial<WorkerOptions> = {}) {
  const log = makeLog();
  const databaseUrl = database.url("press_worker");
  const worker = await startWorker({ databaseUrl, signingKey: makeKey(), ledger, log, ...options });
  running.push(worker);
  return { worker, log };
}

/** The size of the latest checkpoint, and that of the ledger with what waits for its place. */
async function sizes(database: TestDatabase): Promise<{ published: number; all: number }> {
  const { rows } = await database.pool("owner").query<{ published: string; all: string }>(
    `select coalesce((select max(tree_size) from press.checkpoints), 0) as published,
            (select count(*) from press.ledger_entries) + (select count(*) from press_private.ledger_inbox) as all`,
  );
  return { published: Number(rows[0]?.published), all: Number(rows[0]?.all) };
}

const isRecorded = (database: TestDatabase) => async () => {
  const { published, all } = await sizes(database);
  return published === all;
};

async function stopReason(database: TestDatabase): Promise<string | null> {
  const { rows } = await database
    .pool("operator")
    .query<{ reason: string | null }>("select press.press_stop_reason() as reason");
  return rows[0]?.reason ?? null;
}

const isStopped = (database: TestDatabase) => async () => (await stopReason(database)) !== null;

/** Issues tickets of a new edition and waits until all of them are signed and under a checkpoint. */
async function issueRecorded(database: TestDatabase, slug: string, quantity: number): Promise<void> {
  await issuePending(database, slug, quantity);
  await until(async () => (await signedCount(database, slug)) === quantity);
  await until(isRecorded(database));
}

test("what is issued is signed, gets its place, and comes under a checkpoint that is in the store", async () => {
  const database = await makeDatabase();
  const ledger = makeLedger();
  const { worker, log } = await start(database, ledger);
  await issueRecorded(database, "recorded", 30);
  await worker.stop();
  expect(await checkLedger(database.pool("owner"), [worker.vkey])).toBeGreaterThan(0);
  const { published } = await sizes(database);
  expect((await ledger.store.read())?.checkpoint.size).toBe(published);
  expect(worker.vkey).toBe(ledger.store.stored?.vkey);
  expect(log.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([
    expect.stringContaining("Attestations and credentials wait"),
  ]);
});

test("closing an edition is recorded once all of it is signed", async () => {
  const database = await makeDatabase();
  await issuePending(database, "closed", 5);
  await database.pool("operator").query("select press.close_edition('closed')");
  const { worker } = await start(database, makeLedger());
  await until(async () => {
    const { rows } = await database
      .pool("owner")
      .query<{ leaf: string }>("select leaf from press.ledger_entries where type = 'edition.closed'");
    return rows[0]?.leaf.includes('"issued_count":5') ?? false;
  });
  await until(isRecorded(database));
  await checkLedger(database.pool("owner"), [worker.vkey]);
});

test("an edition that takes long to record keeps no other entry waiting", async () => {
  const database = await makeDatabase();
  const owner = await database.pool("owner").connect();
  await owner.query(
    `create table press_private.gate ();
     alter function press_private.edition_closed_leaf rename to edition_closed_leaf_at_once;
     create function press_private.edition_closed_leaf(edition press.editions) returns text language plpgsql as
     $$ begin lock table press_private.gate; return press_private.edition_closed_leaf_at_once(edition); end $$;
     revoke all on function press_private.edition_closed_leaf from public`,
  );
  await owner.query("begin; lock table press_private.gate");
  const { worker } = await start(database, makeLedger());
  await issueRecorded(database, "large", 3);
  await database.pool("operator").query("select press.close_edition('large')");
  const isWaiting = "select from pg_locks where relation = 'press_private.gate'::regclass and not granted";
  await until(async () => (await owner.query(isWaiting)).rowCount === 1);
  await issueRecorded(database, "meanwhile", 3);
  const closings = "select from press.ledger_entries where type = 'edition.closed'";
  expect((await owner.query(closings)).rowCount).toBe(0);

  await owner.query("commit");
  await until(async () => (await owner.query(closings)).rowCount === 1);
  owner.release(true);
  await checkLedger(database.pool("owner"), [worker.vkey]);
});

test("a busy ledger has about ten checkpoints a second, not one for every batch", async () => {
  const database = await makeDatabase();
  let batches = 0;
  const observe = (step: string) => {
    if (step === "stored") batches += 1;
  };
  const { worker } = await start(database, makeLedger(), { batchSize: 5, observe });
  const began = performance.now();
  await issueRecorded(database, "busy", 1000);
  const seconds = (performance.now() - began) / 1000;
  await worker.stop();
  expect(batches).toBeGreaterThanOrEqual(200);
  const count = await checkLedger(database.pool("owner"), [worker.vkey]);
  expect(count).toBeLessThanOrEqual(seconds * 12.5 + 2); // One each 80 ms, and those of the start and the end.
});

test("a backlog of earlier days is worked off in batches, with checkpoints in between", async () => {
  const database = await makeDatabase();
  await database
    .pool("owner")
    .query(
      `select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(1, 25000) n`,
    );
  const { worker } = await start(database, makeLedger());
  await until(isRecorded(database));
  await worker.stop();
  const checkpoints = await readCheckpoints(database.pool("owner"), [worker.vkey]);
  expect(checkpoints.map(({ size }) => size).filter((size) => size % 10_000 === 0)).toEqual([10_000, 20_000]);
  await checkLedger(database.pool("owner"), [worker.vkey]);
});

describe("several workers", () => {
  test("with a store each: every store knows the latest checkpoint, whoever signed it", async () => {
    const database = await makeDatabase();
    const ledger = makeLedger();
    const stores = [makeStore(), makeStore(), makeStore()];
    const workers = await Promise.all(stores.map((store) => start(database, { ...ledger, store, adopt: true })));
    await issueRecorded(database, "shared", 300);
    const { published } = await sizes(database);
    for (const store of stores) await until(async () => (await store.read())?.checkpoint.size === published);
    await checkLedger(
      database.pool("owner"),
      workers.map(({ worker }) => worker.vkey),
    );
    expect(await stopReason(database)).toBe(null);
  });

  test("with one store, which knows the latest checkpoint in the end", async () => {
    const database = await makeDatabase();
    const ledger = makeLedger();
    const workers = await Promise.all([1, 2, 3].map(() => start(database, ledger)));
    await issueRecorded(database, "one-store", 300);
    const { published } = await sizes(database);
    await until(async () => (await ledger.store.read())?.checkpoint.size === published);
    await Promise.all(workers.map(({ worker }) => worker.stop()));
    await checkLedger(
      database.pool("owner"),
      workers.map(({ worker }) => worker.vkey),
    );
    expect(await stopReason(database)).toBe(null);
  });

  test("a new one with an empty store is told that the ledger has been published; --adopt takes it as it is", async () => {
    const database = await makeDatabase();
    const ledger = makeLedger();
    const { worker } = await start(database, ledger);
    await issueRecorded(database, "before", 3);
    const another = { ...ledger, store: makeStore() };
    await expect(start(database, another)).rejects.toThrow(
      "The checkpoint store of a test is empty, but the ledger in the database has been published: correct CHECKPOINT_STORE or put the file back; or, if you know that this database is the latest, start with --adopt.",
    );
    expect(another.store.stored).toBe(undefined);
    const { log } = await start(database, { ...another, adopt: true });
    expect(log.lines).toContainEqual(expect.stringContaining("Adopted the ledger of the database."));
    expect((await another.store.read())?.checkpoint.size).toBeGreaterThan(0);
    await issueRecorded(database, "after", 3);
    await checkLedger(database.pool("owner"), [worker.vkey]);
  });

  test("a new one with an empty store and another name is refused, with --adopt too: nothing is renamed by mistake", async () => {
    const database = await makeDatabase();
    const ledger = makeLedger();
    const { worker } = await start(database, ledger);
    await issueRecorded(database, "before", 3);
    const misnamed = { ...ledger, store: makeStore(), origin: "golden-press.local/ledger", adopt: true };
    await expect(start(database, misnamed)).rejects.toThrow(
      'The ledger in the database was published as press.example/ledger, but LEDGER_ORIGIN is golden-press.local/ledger: set it to press.example/ledger; or, to give the ledger another name for ever, run "golden-press ledger adopt" first.',
    );
    expect(misnamed.store.stored).toBe(undefined);
    await issueRecorded(database, "after", 3);
    await checkLedger(database.pool("owner"), [worker.vkey]);
  });
});

describe("keys", () => {
  test("one key for both purposes is refused", async () => {
    const database = await makeDatabase();
    const key = makeKey();
    await expect(start(database, { ...makeLedger(), checkpointKey: key }, { signingKey: key })).rejects.toThrow(
      "The key of the tickets is also set as the key of the checkpoints, and a key serves for one purpose only",
    );
    const ledger = makeLedger();
    const signingKey = makeKey();
    const { worker } = await start(database, ledger, { signingKey });
    await worker.stop();
    await expect(start(database, ledger, { signingKey: ledger.checkpointKey })).rejects.toThrow("a key");
    await expect(start(database, { ...ledger, checkpointKey: signingKey })).rejects.toThrow(
      /a key never serves for two purposes|INVALID_INPUT/,
    );
  });

  test("the key of the checkpoints is changed: one history under both, and the old key publishes nothing more", async () => {
    const database = await makeDatabase();
    const old = makeLedger();
    const first = await start(database, old);
    await issueRecorded(database, "old-key", 20);
    const fresh = { ...old, checkpointKey: makeKey() };
    const second = await start(database, fresh); // For a while both sign.
    await issueRecorded(database, "both-keys", 200);
    await database
      .pool("press_worker")
      .query("select from press_worker.retire_signing_key($1)", [old.checkpointKey.keyId]);
    await first.worker.stop();
    const before = await readCheckpoints(database.pool("owner"), [first.worker.vkey, second.worker.vkey]);
    await issueRecorded(database, "new-key", 20);
    const vkeys = [first.worker.vkey, second.worker.vkey];
    await checkLedger(database.pool("owner"), vkeys);
    const { rows } = await database
      .pool("owner")
      .query<{ note: string }>("select note from press.checkpoints where tree_size > $1", [before.at(-1)?.size]);
    const verifier = new LedgerVerifier(second.worker.vkey);
    expect(rows.map(({ note }) => verifier.verifyCheckpoint(note).isValid)).toEqual(rows.map(() => true));
    await expect(start(database, old)).rejects.toMatchObject({ code: "PRKEY" });
  });
});

describe("the store", () => {
  test("that cannot be written: no checkpoint is published, which is said once; and all of it is when it can be again", async () => {
    const database = await makeDatabase();
    const ledger = makeLedger();
    const { worker, log } = await start(database, ledger);
    await issueRecorded(database, "before", 3);
    const { write } = ledger.store;
    let attempts = 0;
    ledger.store.write = async () => {
      attempts += 1;
      throw new CheckpointStoreError(
        "The checkpoint store of a test cannot be written (ENOSPC): its disk is full; make room.",
      );
    };
    const { published } = await sizes(database);
    await issuePending(database, "full", 20);
    await until(async () => (await signedCount(database, "full")) === 20);
    await until(() => attempts >= 3);
    expect((await sizes(database)).published).toBe(published);
    const complaints = log.lines.filter((line) => line.startsWith("error"));
    expect(complaints.length).toBe(1);
    expect(complaints[0]).toContain("its disk is full; make room.");
    ledger.store.write = write;
    await until(isRecorded(database));
    expect(await stopReason(database)).toBe(null);
    await checkLedger(database.pool("owner"), [worker.vkey]);
  });

  test("that cannot be written keeps a worker from starting", async () => {
    const database = await makeDatabase();
    const store = makeStore();
    store.requireWritable = async () => {
      throw new CheckpointStoreError("The checkpoint store of a test cannot be written (EROFS).");
    };
    await expect(start(database, { ...makeLedger(), store })).rejects.toThrow("cannot be written (EROFS)");
    expect((await sizes(database)).all).toBe(0);
  });

  test("that disappears: nothing is signed until it is back", async () => {
    const database = await makeDatabase();
    const ledger = makeLedger();
    const { worker, log } = await start(database, ledger);
    await issueRecorded(database, "before", 3);
    const { stored } = ledger.store;
    const { published } = await sizes(database);
    ledger.store.stored = undefined;
    await issuePending(database, "disappeared", 3);
    await until(() =>
      log.lines.some((line) => line.includes("has disappeared, so nothing is signed: put the file back.")),
    );
    expect((await sizes(database)).published).toBe(published);
    ledger.store.stored = stored;
    await until(isRecorded(database));
    await checkLedger(database.pool("owner"), [worker.vkey]);
  });

  test("of another ledger is not touched", async () => {
    const database = await makeDatabase();
    const ledger = makeLedger();
    const { worker } = await start(database, ledger);
    await issueRecorded(database, "before", 3);
    await worker.stop();
    const { stored } = ledger.store;
    await expect(start(database, { ...ledger, origin: "press.example/renamed" })).rejects.toThrow(
      'The checkpoint store of a test is of the ledger press.example/ledger, but LEDGER_ORIGIN is press.example/renamed: set it back, or go on under the new name with "golden-press ledger adopt".',
    );
    expect(ledger.store.stored).toBe(stored);
    expect(await stopReason(database)).toBe(null);
  });
});

describe("a database that a superuser changed", () => {
  async function tamper(database: TestDatabase, statement: string): Promise<void> {
    await database.pool("owner").query(
      `alter table press.ledger_entries disable trigger user; alter table press_private.ledger_nodes disable trigger user;
       alter table press.ledger_entries drop constraint ledger_entries_leaf_hash_is_the_leafs;
       ${statement}`,
    );
  }

  test("in what was published: the press stops by itself, says what to do, and signs nothing", async () => {
    const database = await makeDatabase();
    // The watch looks once: here it is the checkpoint outside that tells.
    const { log } = await start(database, makeLedger(), { watch: { pauseMilliseconds: 3_600_000 } });
    await issueRecorded(database, "before", 20);
    const { published } = await sizes(database);
    await tamper(
      database,
      `update press_private.ledger_nodes set hash = sha256(hash) where level = (select max(level) from press_private.ledger_nodes)`,
    );
    await until(isStopped(database));
    expect(await stopReason(database)).toBe(
      `This database does not begin with the ${published} ledger entries that were published. Operators: bring back the right database, or accept the loss with "golden-press ledger adopt"; then "golden-press ledger start".`,
    );
    expect(log.lines).toContainEqual(expect.stringMatching(/^error .*Stopped the press\.$/));
    await expect(issueMore(database, "before", 1)).rejects.toMatchObject({ code: "PRSTO" });
    expect((await sizes(database)).published).toBe(published);
  });

  test("so that the tree does not continue what was published, although its beginning is the same", async () => {
    const database = await makeDatabase();
    const { checkpointKey: key, store, origin } = makeLedger();
    const pool = database.pool("press_worker");
    const checkpoints = new Checkpoints({ key, store, origin, log: makeLog() });
    await pool.query("select from press_worker.register_signing_key($1, 'checkpoint')", [key.publicKey]);
    const grow = async (count: number) => {
      await database
        .pool("owner")
        .query(
          `select press_private.append_entry('key.activated', null, null, format('{"n":%s}', n)) from generate_series(1, $1::integer) n`,
          [count],
        );
      await pool.query("select press_worker.integrate_ledger(100)");
    };
    await grow(2);
    await checkpoints.advance(pool);
    expect((await sizes(database)).published).toBe(3);
    await grow(5);
    await tamper(database, "update press_private.ledger_nodes set hash = sha256(hash) where (level, index) = (3, 0)");
    await expect(checkpoints.advance(pool)).rejects.toThrow(
      "The ledger of 8 entries in this database does not continue the one of 3 that was published.",
    );
    expect((await sizes(database)).published).toBe(3);
    expect((await store.read())?.checkpoint.size).toBe(3);
    expect(await stopReason(database)).not.toBe(null);
  });
});
