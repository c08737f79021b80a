import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { SigningKey } from "../../worker/keys.ts";
import { startWorker, type Worker, type WorkerOptions } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { testRequiring } from "../requirements.ts";
import {
  envelopesOf,
  issuePending,
  makeDoor,
  makeKey,
  makeLedger,
  makeLog,
  signedCount,
  until,
  untilSessionsEnd,
  verdicts,
} from "./support.ts";

let database: TestDatabase;
const ledger = makeLedger();
const running: Worker[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
});
afterAll(() => database.drop());

async function start(signingKey: SigningKey, options: Partial<WorkerOptions> = {}) {
  const log = makeLog();
  const worker = await startWorker({ databaseUrl: database.url("press_worker"), signingKey, ledger, log, ...options });
  running.push(worker);
  return { worker, log };
}

const isSigned = (slug: string, count: number) => async () => (await signedCount(database, slug)) === count;

test("registers its key, and signs what is pending and what is issued later, without any job", async () => {
  const key = makeKey();
  await issuePending(database, "before", 3);
  await start(key);
  await until(isSigned("before", 3));
  await issuePending(database, "after", 3);
  await until(isSigned("after", 3));
  expect(verdicts(await envelopesOf(database, "after"), key.publicKey)).toEqual(new Set(["signed"]));
  const { rows } = await database
    .pool("operator")
    .query("select public_key from press.signing_keys where key_id = $1", [key.keyId]);
  expect(rows).toEqual([{ public_key: key.publicKey }]);
});

test.each([2, 4])("%i workers share the work and sign nothing twice", async (count) => {
  const slug = `shared-by-${count}`;
  await issuePending(database, slug, 1000);
  const key = makeKey();
  // Nobody goes on before all have something to sign: the last to start would find nothing left.
  const door = makeDoor();
  let missing = count;
  const startOne = () => {
    let isFirst = true;
    const observe = async (step: string) => {
      if (step !== "claimed" || !isFirst) return;
      isFirst = false;
      missing -= 1;
      if (missing === 0) door.open();
      await door.opened;
    };
    return start(key, { batchSize: 20, leaseSeconds: 60, observe }); // However long the last one takes to start.
  };
  const started = await Promise.all(Array.from({ length: count }, startOne));
  await until(isSigned(slug, 1000));
  await Promise.all(started.map(({ worker }) => worker.stop()));
  const counts = started.map(({ worker }) => worker.counts);
  expect(counts.reduce((sum, { attached }) => sum + attached, 0)).toBe(1000);
  expect(counts.map(({ repeated, refused, unfit }) => repeated + refused + unfit)).toEqual(counts.map(() => 0));
  expect(counts.filter(({ attached }) => attached > 0).length).toBe(count);
  expect(verdicts(await envelopesOf(database, slug), key.publicKey)).toEqual(new Set(["signed"]));
});

describe("jobs", () => {
  const jobCount = async () => {
    const { rows } = await database
      .pool("press_worker")
      .query<{ count: string }>("select count(*) from graphile_worker.jobs");
    return Number(rows[0]?.count);
  };

  test("the gateway's wake-up runs, and is gone afterwards", async () => {
    await database.pool("press_gateway").query("select press_gateway.request_signing()");
    expect(await jobCount()).toBe(1);
    await start(makeKey());
    await until(async () => (await jobCount()) === 0);
  });

  test("a forged payload changes nothing, and a hundred replays sign nothing again", async () => {
    const key = makeKey();
    const [id] = await issuePending(database, "replayed", 1);
    const { worker } = await start(key);
    await until(isSigned("replayed", 1));
    const before = await envelopesOf(database, "replayed");
    const forged = JSON.stringify([{ ticket_id: id, payload: "pay mallory", key_id: key.keyId }]);
    await database
      .pool("press_worker")
      .query("select count(graphile_worker.add_job('tickets__sign', $1::json)) from generate_series(1, 100)", [forged]);
    await until(async () => (await jobCount()) === 0);
    expect(worker.counts).toEqual({ attached: 1, repeated: 0, refused: 0, unfit: 0 });
    expect(await envelopesOf(database, "replayed")).toEqual(before);
  });

  test.each(["press_gateway", "operator", "press_auditor"] as const)(
    "%s cannot add a job of its own",
    async (login) => {
      const adding = database.pool(login).query("select graphile_worker.add_job('tickets__sign')");
      await expect(adding).rejects.toMatchObject({ code: "42501" });
    },
  );
});

test("closes editions whose time has come", async () => {
  const operator = database.pool("operator");
  await operator.query("select press.create_edition('timed', 'An edition', 5, closes_at => now() + interval '300 ms')");
  await operator.query("select press.open_edition('timed')");
  const { log } = await start(makeKey());
  await until(async () => {
    const { rows } = await operator.query<{ status: string }>("select status from press.editions where slug = 'timed'");
    return rows[0]?.status === "closed";
  });
  await until(() => log.lines.some((line) => line.includes("Closed an edition whose time had come")));
});

describe("a retired key", () => {
  const retire = (key: SigningKey) =>
    database.pool("press_worker").query("select from press_worker.retire_signing_key($1)", [key.keyId]);

  test("cannot start a worker", async () => {
    const key = makeKey();
    const { worker } = await start(key);
    await worker.stop();
    await retire(key);
    await expect(start(key)).rejects.toMatchObject({ code: "PRKEY" });
  });

  test("signs nothing more, which is said; another key signs the rest, and what it had signed stays valid", async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    const { worker, log } = await start(old);
    await issuePending(database, "before-retirement", 5);
    await until(isSigned("before-retirement", 5));
    await retire(old);
    await until(() =>
      log.lines.some((line) => line.startsWith("error") && line.includes("Could not sign what is pending")),
    );
    expect(log.lines.join("\n")).toContain("PRKEY");
    await issuePending(database, "after-retirement", 5);
    await start(fresh);
    await until(isSigned("after-retirement", 5));
    await worker.stop();
    expect(worker.counts.attached).toBe(5);
    expect(verdicts(await envelopesOf(database, "before-retirement"), old.publicKey)).toEqual(new Set(["signed"]));
    expect(verdicts(await envelopesOf(database, "after-retirement"), fresh.publicKey)).toEqual(new Set(["signed"]));
  });

  test("that is retired while a batch is in hand stores none of it", async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    const [claimed, door] = [makeDoor(), makeDoor()];
    const observe = async (step: string) => {
      if (step !== "signed") return;
      claimed.open();
      await door.opened;
    };
    await issuePending(database, "in-hand", 5);
    const { worker, log } = await start(old, { observe, leaseSeconds: 1 });
    await claimed.opened;
    await retire(old);
    door.open();
    await until(() => log.lines.some((line) => line.includes("PRKEY")));
    expect(await signedCount(database, "in-hand")).toBe(0);
    await start(fresh);
    await until(isSigned("in-hand", 5));
    expect(worker.counts.attached).toBe(0);
    expect(verdicts(await envelopesOf(database, "in-hand"), fresh.publicKey)).toEqual(new Set(["signed"]));
  });
});

test("rotating keys under load: every envelope verifies under the key that it names", async () => {
  const keys = Array.from({ length: 4 }, makeKey);
  await issuePending(database, "rotated", 400);
  for (const key of keys) {
    const { worker } = await start(key, { batchSize: 10 });
    await until(async () => worker.counts.attached >= 50);
    await worker.stop();
    if (key !== keys.at(-1))
      await database.pool("press_worker").query("select from press_worker.retire_signing_key($1)", [key.keyId]);
  }
  await start(keys.at(-1) as SigningKey);
  await until(isSigned("rotated", 400));
  const envelopes = await envelopesOf(database, "rotated");
  for (const key of keys) {
    const own = envelopes.filter((envelope) => envelope?.includes(`"key_id":"${key.keyId}"`));
    expect(own.length).toBeGreaterThanOrEqual(50);
    expect(verdicts(own, key.publicKey)).toEqual(new Set(["signed"]));
  }
});

describe("stopping", () => {
  test("in mid-batch stores the batch in hand, takes no other, and leaves no connection", async () => {
    await issuePending(database, "stopped", 30);
    const [claimed, door] = [makeDoor(), makeDoor()];
    const observe = async (step: string) => {
      if (step !== "claimed") return;
      claimed.open();
      await door.opened;
    };
    const { worker } = await start(makeKey(), { batchSize: 10, observe });
    await claimed.opened;
    const stopped = worker.stop();
    door.open();
    await stopped;
    expect(worker.counts.attached).toBe(10);
    expect(await signedCount(database, "stopped")).toBe(10);
    await untilSessionsEnd(database, "golden-press-worker");
  });

  test("leaves no locked job behind, and can be asked for twice", async () => {
    const { worker } = await start(makeKey());
    await database.pool("press_gateway").query("select press_gateway.request_signing() from generate_series(1, 20)");
    await Promise.all([worker.stop(), worker.stop()]);
    const { rows } = await database
      .pool("press_worker")
      .query("select from graphile_worker.jobs where locked_at is not null");
    expect(rows.length).toBe(0);
  });
});

describe("the login", () => {
  test.each(["operator", "superuser", "press_gateway", "press_auditor"] as const)(
    "%s is not the worker's",
    async (login) => {
      await expect(start(makeKey(), { databaseUrl: database.url(login) })).rejects.toThrow(
        /^The worker must log in as press_worker, .*, but WORKER_DATABASE_URL is a URL of /,
      );
    },
  );

  test("that was given more rights than its role has is refused", async () => {
    const owner = database.pool("superuser");
    await owner.query("set role press_owner; grant insert on press.tickets to press_worker; reset role");
    await expect(start(makeKey())).rejects.toThrow(
      "but it has more: INSERT on table press.tickets (revoke insert on table press.tickets from press_worker).",
    );
    await owner.query("set role press_owner; revoke insert on press.tickets from press_worker; reset role");
    const { worker } = await start(makeKey());
    await worker.stop();
  });

  test("a database that does not answer is an error, not a wait", async () => {
    const url = new URL(database.url("press_worker"));
    url.port = "1";
    await expect(start(makeKey(), { databaseUrl: url.href })).rejects.toThrow(
      /^The worker cannot use the database of WORKER_DATABASE_URL: connect ECONNREFUSED/,
    );
  });
});

describe("when the database goes away", () => {
  const endSessions = () =>
    database
      .pool("superuser")
      .query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'press_worker' and datname = $1", [
        database.name,
      ]);
  const complaints = (lines: readonly string[]) =>
    lines.filter((line) => line.startsWith("error") && line.includes("Could not sign what is pending"));

  testRequiring("superuser")("for a while: the worker says so once, and signs on when it is back", async () => {
    const admin = database.pool("superuser");
    const key = makeKey();
    const { log } = await start(key);
    await issuePending(database, "before-outage", 5);
    await until(isSigned("before-outage", 5));
    await admin.query(`alter database ${database.name} connection limit 0`);
    await endSessions();
    await until(() => complaints(log.lines).length > 0);
    await issuePending(database, "during-outage", 5);
    expect(await signedCount(database, "during-outage")).toBe(0);
    await admin.query(`alter database ${database.name} connection limit -1`);
    await until(isSigned("during-outage", 5));
    await until(() => log.lines.some((line) => line.includes("Could sign what is pending again")));
    expect(complaints(log.lines).length).toBe(1);
    expect(verdicts(await envelopesOf(database, "during-outage"), key.publicKey)).toEqual(new Set(["signed"]));
  });

  testRequiring("superuser")(
    "again and again, in the middle of jobs and batches: every ticket gets its one signature",
    async () => {
      const key = makeKey();
      const { worker } = await start(key, { batchSize: 10, leaseSeconds: 1 });
      for (let round = 1; round <= 10; round += 1) {
        await issuePending(database, `cut-off-${round}`, 30);
        await database
          .pool("press_gateway")
          .query("select press_gateway.request_signing() from generate_series(1, 20)");
        await until(async () => (await signedCount(database, `cut-off-${round}`)) > 0);
        await endSessions();
      }
      for (let round = 1; round <= 10; round += 1) {
        await until(isSigned(`cut-off-${round}`, 30));
        expect(verdicts(await envelopesOf(database, `cut-off-${round}`), key.publicKey)).toEqual(new Set(["signed"]));
      }
      const { attached, repeated, refused, unfit } = worker.counts;
      expect(attached).toBeLessThanOrEqual(300); // Less: the answer to a batch that was stored may have been cut off.
      expect([attached + repeated > 0, refused, unfit]).toEqual([true, 0, 0]);
    },
  );
});
