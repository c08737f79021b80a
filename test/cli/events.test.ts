/* The commands about the stream of events, against a real nats-server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CheckpointFile } from "../../worker/checkpointStore.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { TestNats } from "../nats.ts";
import { makeEdition } from "../race/sessions.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import {
  expectComplete,
  forgeStream,
  makePublisher,
  messageOf,
  STREAM,
  sourceOf,
  streamSize,
  withManager,
} from "../worker/eventSupport.ts";
import { makePem, until } from "../worker/support.ts";
import { type Answer, launch, press } from "./support.ts";

everyTestRequires("nats-server");

const ORIGIN = "press.test/ledger";
let folder: string;
let database: TestDatabase;
let worker: TestWorker;
let size: number;
let nats: TestNats;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-events-"));
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 20, 20);
  worker = await TestWorker.start(database, ORIGIN);
  await worker.issueHeld("golden-ticket", Array(10).fill("alice"));
  size = Number((await latestCheckpoint()).tree_size);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  if (missingRequirement("nats-server") === undefined) nats = await TestNats.start();
});
afterEach(() => nats?.stop());

async function latestCheckpoint(): Promise<{ tree_size: string; root_hash: Buffer; note: string }> {
  const { rows } = await database
    .pool("owner")
    .query("select * from press.checkpoints order by tree_size desc limit 1");
  return rows[0];
}

function inPress(args: readonly string[], settings: NodeJS.ProcessEnv = {}): Promise<Answer> {
  return press(["events", ...args], {
    WORKER_DATABASE_URL: database.url("press_worker"),
    LEDGER_ORIGIN: ORIGIN,
    NATS_URL: nats.url,
    ...settings,
  });
}

/** A checkpoint store that knows of so many entries: those that there are, and then of a ledger that nobody else knows. */
async function keep(name: string, treeSize: number): Promise<string> {
  const file = join(folder, name);
  const { root_hash: root } = await latestCheckpoint();
  await new CheckpointFile(file).write({ vkey: worker.vkey, note: worker.note(treeSize, root), former: [] });
  return file;
}

/** As a worker would. */
async function publishAll(): Promise<void> {
  const { publisher } = makePublisher(nats, sourceOf(database, ORIGIN));
  await publisher.catchUp();
  await publisher.stop();
}

describe("status", () => {
  test("says what is in the ledger and in the stream", async () => {
    const { code, stdout } = await inPress(["status"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`ledger     ${size} events under the last checkpoint of ${ORIGIN}\n`);
    expect(stdout).toContain("stream     there is no GOLDEN_PRESS\n");
    await publishAll();
    const published = (await inPress(["status"])).stdout;
    expect(published).toContain(`stream     ${size} events in GOLDEN_PRESS, none to come\n`);
    expect(published).toMatch(new RegExp(`^seen {7}${size} events, \\d{4}-`, "m"));
    expect(published).toMatch(/^publisher {2}none: no worker has NATS_URL, or none gets through$/m);
    expect(published).toMatch(/^problem {4}none$/m);
  });

  test("says what a worker has noted, also where NATS is not known or does not answer; never a password", async () => {
    await nats.kill();
    const settings = { NATS_URL: `nats://press:hunter2@127.0.0.1:${nats.port}` };
    const { publisher } = makePublisher(nats, sourceOf(database, ORIGIN), {
      events: { natsUrls: [settings.NATS_URL] },
    });
    await expect(publisher.catchUp()).rejects.toThrow(/cannot be reached/);
    const away = await inPress(["status"], settings);
    expect([away.code, away.stdout]).toEqual([
      0,
      expect.stringMatching(/^stream {5}The NATS server 127\.0\.0\.1:\d+ cannot be reached/m),
    ]);
    expect(away.stdout).toMatch(/^problem {4}The NATS server 127\.0\.0\.1:\d+ cannot be reached/m);
    expect(`${away.stdout}${away.stderr}`).not.toContain("hunter2");
    const unknown = await inPress(["status"], { NATS_URL: "" });
    expect([unknown.code, unknown.stdout]).toEqual([
      0,
      expect.stringContaining("stream     not asked, because NATS_URL is not set\n"),
    ]);
    await publisher.stop();
  });
});

test("settings of a broker without one, and files that are not there, are wrong usage", async () => {
  const alone = await inPress(["status"], { NATS_URL: "", NATS_CREDENTIALS_FILE: "/etc/press.creds" });
  expect([alone.code, alone.stderr]).toEqual([
    2,
    "golden-press: NATS_CREDENTIALS_FILE is set, but NATS_URL is not: set it too, or no event is published.\n",
  ]);
  const gone = await inPress(["status"], { NATS_CA_FILE: join(folder, "none") });
  expect([gone.code, gone.stderr]).toEqual([
    2,
    `golden-press: The file of NATS_CA_FILE cannot be read: ${join(folder, "none")} (ENOENT).\n`,
  ]);
});

describe("check", () => {
  test("finds nothing in a stream that is as the ledger, also when it is behind", async () => {
    await publishAll();
    const { code, stdout } = await inPress(["check"]);
    expect([code, stdout]).toEqual([0, `${size} events compared, none to come: nothing found\n`]);
    await forgeStream(nats, (await expectComplete(nats, database, ORIGIN)).slice(0, 4));
    const shorter = await inPress(["check"]);
    expect([shorter.code, shorter.stdout]).toEqual([0, `4 events compared, ${size - 4} to come: nothing found\n`]);
  });

  test("names the first event that is not as the ledger has it", async () => {
    await publishAll();
    const messages = await expectComplete(nats, database, ORIGIN);
    const { data = "" } = messages.at(-1) ?? {};
    const other = { subject: "choco.events.monetization.golden_ticket.issued", data: "{}" };
    await forgeStream(nats, [...messages.slice(0, 3), other, ...messages.slice(4)]);
    const damaged = await inPress(["check"]);
    expect([damaged.code, damaged.stdout]).toEqual([
      1,
      "Event 3 of the stream is not the one of the ledger. golden-press events rebuild makes the stream anew.\n",
    ]);
    const leaf = JSON.stringify(JSON.parse(data).data);
    await forgeStream(nats, [...messages, messageOf(ORIGIN, size, leaf)]);
    const longer = await inPress(["check"]);
    expect([longer.code, longer.stdout]).toEqual([
      1,
      expect.stringContaining(`The stream has an event ${size}, where the published ledger has ended.`),
    ]);
  });

  test("says where there is no stream, and no server", async () => {
    const { code, stdout } = await inPress(["check"]);
    expect([code, stdout]).toEqual([1, "There is no stream GOLDEN_PRESS: a worker with NATS_URL makes it.\n"]);
    const unknown = await inPress(["check"], { NATS_URL: "" });
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      "golden-press: There is no NATS server to ask: set NATS_URL, as the worker has it.\n",
    ]);
    await nats.kill();
    const away = await inPress(["check"]);
    expect([away.code, away.stderr]).toEqual([
      1,
      expect.stringMatching(/^golden-press: The NATS server 127\.0\.0\.1:\d+ cannot be reached/),
    ]);
  });
});

describe("rebuild", () => {
  test("asks first, and touches nothing", async () => {
    await publishAll();
    const { code, stderr } = await inPress(["rebuild"]);
    expect([code, stderr]).toEqual([
      2,
      `golden-press: This deletes the stream GOLDEN_PRESS with its ${size} events, and publishes the ${size} events of the ledger anew. Consumers wait meanwhile. If you mean it, add --yes.\n`,
    ]);
    await expectComplete(nats, database, ORIGIN);
  });

  test("makes a stream anew by itself where no worker does, byte for byte, whatever was in it", async () => {
    const foreign = { subject: "choco.events.monetization.golden_ticket.issued", data: "{}" };
    await forgeStream(nats, [foreign, foreign]);
    const { code, stdout, stderr } = await inPress(["rebuild", "--yes"]);
    expect([code, stdout]).toEqual([0, `The stream GOLDEN_PRESS has been made anew, with ${size} events.\n`]);
    expect(stderr).toContain(" · publishing: ");
    await expectComplete(nats, database, ORIGIN);
  });

  test("gives the stream of another ledger to this one, which nobody else does, and keeps how it is set up", async () => {
    await forgeStream(nats, [], { max_bytes: 50_000_000, deny_purge: false }, "press.test/another");
    const words = "belongs to another ledger, press.test/another";
    expect((await inPress(["status"])).stdout).toContain(words);
    expect((await inPress(["check"])).stderr).toContain(words);
    expect((await inPress(["rebuild", "--yes"])).code).toBe(0);
    await expectComplete(nats, database, ORIGIN);
    const { config } = await withManager(nats, (streams) => streams.info(STREAM));
    expect(config).toMatchObject({ max_bytes: 50_000_000, deny_purge: false, deny_delete: true });
    await publishAll();
  });

  test("makes the stream also where there is no event to publish", async () => {
    const empty = await createTestDatabase();
    try {
      const { code, stdout } = await inPress(["rebuild", "--yes"], { WORKER_DATABASE_URL: empty.url("press_worker") });
      expect([code, stdout]).toEqual([0, "The stream GOLDEN_PRESS has been made anew, with 0 events.\n"]);
      expect(await nats.messages(STREAM)).toEqual([]);
    } finally {
      await empty.drop();
    }
  });

  test("waits for the worker that publishes", async () => {
    const running = launch(["worker"], {
      WORKER_DATABASE_URL: database.url("press_worker"),
      SIGNING_KEY: makePem(),
      CHECKPOINT_KEY: makePem(),
      CHECKPOINT_STORE: await keep("of-the-worker", size),
      LEDGER_ORIGIN: ORIGIN,
      NATS_URL: nats.url,
    });
    await until(async () => (await streamSize(nats)) >= size);
    const { code, stdout } = await inPress(["rebuild", "--yes"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("The stream GOLDEN_PRESS has been made anew")]);
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
    await expectComplete(nats, database, ORIGIN);
    size = Number((await latestCheckpoint()).tree_size); // The worker has registered keys.
  });

  test("is refused where the stream may have more than this database", async () => {
    await publishAll();
    const older = await inPress(["rebuild", "--yes"], {
      CHECKPOINT_STORE: await keep("of-a-later-database", size + 1),
    });
    expect([older.code, older.stderr]).toEqual([
      1,
      expect.stringMatching(
        /knows of \d+ events, and this database of \d+: bring back the right database first, or accept/,
      ),
    ]);
    const renamed = await inPress(["rebuild", "--yes"], { LEDGER_ORIGIN: "press.test/other" });
    expect([renamed.code, renamed.stderr]).toEqual([
      2,
      `golden-press: The last checkpoint is under the name ${ORIGIN}, but LEDGER_ORIGIN is press.test/other: set it as the workers have it.\n`,
    ]);
    await expectComplete(nats, database, ORIGIN);
  });
});
