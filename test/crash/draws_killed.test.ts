/* A worker that is killed (SIGKILL) between any two steps of a draw, or somewhere in the commit of its result: another one finishes, there is one
   result, and nobody has seen another. A trigger in the test's database keeps every result that is ever written to a draw. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DrawStep } from "../../worker/draws.ts";
import { createSigningKey, type SigningKey } from "../../worker/keys.ts";
import { type LedgerOptions, startWorker, type Worker } from "../../worker/worker.ts";
import { type BeaconServer, startBeacon } from "../beacon.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
import { auditFindings, drawsOf, drawWhenReady, leavesOf, makeRaffle } from "../raffles.ts";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires } from "../requirements.ts";
import { makeLog, until } from "../worker/support.ts";
import { kill, launchWorker, makeLedgerIn } from "./launchWorker.ts";

everyTestRequires("superuser"); // Its witness is a trigger on a table of the press.
let database: TestDatabase;
let beacon: BeaconServer;
let folder: string;
let keyFile: string;
let key: SigningKey;
let ledger: LedgerOptions;
const children: ChildProcess[] = [];
const workers: Worker[] = [];

const KEEP_EVERY_RESULT = `
  create schema witness;
  create table witness.results (edition_id integer, attempt integer, ticket_number integer);
  create function witness.keep() returns trigger language plpgsql security definer as $$
  begin
    insert into witness.results values (new.edition_id, new.attempt, new.ticket_number);
    return null;
  end $$;
  create trigger keep after update on press.draws for each row execute function witness.keep();
  revoke all on schema witness from public;`;

/** All the while. */
let looking: Looking;

beforeAll(async () => {
  database = await createTestDatabase();
  looking = new Looking(database);
  await database.pool("superuser").query(KEEP_EVERY_RESULT);
  beacon = await startBeacon();
  await beacon.addTo(database);
  folder = await mkdtemp(join(tmpdir(), "golden-press-draws-"));
  keyFile = join(folder, "signing-key.pem");
  key = await createSigningKey(keyFile);
  ledger = await makeLedgerIn(folder);
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  await looking.end(); // Also where all tests are skipped: a database is not dropped while somebody looks into it.
  await beacon.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

function launch(holdAt: DrawStep) {
  const databaseUrl = database.url("press_worker");
  const files = { folder, signingKeyFile: keyFile, beaconUrl: beacon.url };
  const running = launchWorker({ ...files, databaseUrl, batchSize: 10, leaseSeconds: 1, holdAt });
  children.push(running.child);
  return running;
}

async function startAnother(): Promise<Worker> {
  const databaseUrl = database.url("press_worker");
  const worker = await startWorker({ databaseUrl, signingKey: key, ledger, beaconUrls: [beacon.url], log: makeLog() });
  workers.push(worker);
  return worker;
}

/** One result was ever written, it is in the ledger once, and it is what everybody recomputes. */
async function expectOneResult(slug: string): Promise<void> {
  await until(async () => (await leavesOf(database, slug)).some((leaf) => leaf.includes('"edition.drawn"')));
  const [draw, ...others] = await drawsOf(database, slug);
  expect([draw?.status, others]).toEqual(["drawn", []]);
  const text = `select w.ticket_number from witness.results w join press.editions e on e.id = w.edition_id where e.slug = $1`;
  const { rows } = await database.pool("superuser").query(text, [slug]);
  expect(rows).toEqual([{ ticket_number: draw?.ticket_number }]);
  const told = (await leavesOf(database, slug)).filter((leaf) => leaf.includes('"edition.drawn"'));
  expect(told.map((leaf) => JSON.parse(leaf).ticket_number)).toEqual([draw?.ticket_number]);
  const recompute = "select agrees from press.recompute_draw($1)";
  expect((await database.pool("operator").query(recompute, [slug])).rows).toEqual([{ agrees: true }]);
}

/** Asks for the draw of a new raffle while a worker runs that holds at the step, and kills the worker there. */
async function killAt(step: DrawStep, slug: string, mode: "random_int" | "sealed" | "beacon"): Promise<void> {
  const { child, steps } = launch(step);
  await makeRaffle(database, slug, {
    mode,
    tickets: 5,
    ...(mode === "beacon" ? { beacon } : null),
  });
  await drawWhenReady(database, slug);
  await until(() => steps.includes(step));
  await kill(child);
}

describe("killed", () => {
  test.each(["random_int", "sealed", "beacon"] as const)(
    "after it has chosen, before anybody knows, %s",
    async (mode) => {
      const slug = `chosen-${mode.replace("_", "-")}`;
      await killAt("drawChosen", slug, mode);
      expect(await drawsOf(database, slug)).toMatchObject([
        { status: "requested", ticket_number: null, entropy: null },
      ]);
      await startAnother();
      await expectOneResult(slug);
    },
  );

  test("after the result was stored: nothing is to be repaired", async () => {
    await killAt("drawRecorded", "recorded", "random_int");
    const before = await drawsOf(database, "recorded");
    expect(before).toMatchObject([{ status: "drawn" }]);
    await startAnother();
    await expectOneResult("recorded");
    expect(await drawsOf(database, "recorded")).toEqual(before);
  });

  test("after a round was archived: another decides by it, and asks nobody again", async () => {
    await killAt("beaconArchived", "archived", "beacon");
    const asked = beacon.asked.length;
    await startAnother();
    await expectOneResult("archived");
    expect(beacon.asked.length).toBe(asked);
  });

  test("after it has committed to a secret: the edition opens, and another worker with the same key reveals it", async () => {
    const { child, steps } = launch("drawCommitted");
    await database.pool("operator").query("select press.create_edition('committed', 'Committed', 3, null, 'sealed')");
    await until(() => steps.includes("drawCommitted"));
    await kill(child);
    await database.pool("operator").query("select press.open_edition('committed')");
    await database.pool("operator").query("select press.issue_ticket('committed', recipient => 'alice')");
    await drawWhenReady(database, "committed");
    await startAnother();
    await expectOneResult("committed");
  });
});

test(`killed somewhere in the commit of its result, again and again: there is one result (seed ${seed})`, async () => {
  for (let round = 0; round < rounds(5, 40, 2); round++) {
    const slug = `commit-${round}`;
    const { child, steps } = launch("drawChosen");
    await makeRaffle(database, slug, { mode: "random_int", tickets: 5 });
    await drawWhenReady(database, slug);
    await until(() => steps.includes("drawChosen"));
    child.send("go on");
    await sleep(random.integer(12)); // Not a wait: the moment to die.
    await kill(child);
    await startAnother();
    await expectOneResult(slug);
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  }
}, 600_000);

test("after all of it the audit finds nothing, and nobody who looked meanwhile did", async () => {
  await startAnother();
  await until(async () => (await auditFindings(database)).length === 0);
  expect((await looking.end()).found).toEqual([]);
});
