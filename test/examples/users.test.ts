/* docs/examples/nats-server.conf, started: what its users may, and what they may not. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { EventPublisher } from "../../worker/events/publisher.ts";
import { press } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { type StreamMessage, TestNats } from "../nats.ts";
import { makeEdition } from "../race/sessions.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import { catchUpUntil, expectedMessages, makePublisher, PREFIX, STREAM, sourceOf } from "../worker/eventSupport.ts";

everyTestRequires("nats-server");

const ORIGIN = "press.test/ledger";
const PRESS = { user: "press", pass: "one", inboxPrefix: "_INBOX_PRESS" };
const SHOP = { user: "shop", pass: "two" };
const isMissing = missingRequirement("nats-server") !== undefined;

let database: TestDatabase;
let nats: TestNats;
let publisher: EventPublisher;
let expected: StreamMessage[];
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 50, 50);
  const worker = await TestWorker.start(database, ORIGIN);
  await worker.issueHeld("golden-ticket", Array(20).fill("alice"));
  expected = await expectedMessages(database, ORIGIN);
  if (isMissing) return;
  vi.stubEnv("PRESS_PASSWORD", PRESS.pass);
  vi.stubEnv("SHOP_PASSWORD", SHOP.pass);
  const text = await readFile(join(import.meta.dirname, "../../docs/examples/nats-server.conf"), "utf8");
  nats = await TestNats.start({ config: text.slice(text.indexOf("authorization:")) });
  publisher = makePublisher(nats, sourceOf(database, ORIGIN), { events: { natsUrls: [pressUrl()] } }).publisher;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  if (!isMissing) {
    await publisher.stop();
    await nats.stop();
  }
  await database.drop();
});

function pressUrl(): string {
  return `nats://${PRESS.user}:${PRESS.pass}@127.0.0.1:${nats.port}`;
}

async function publishAll(): Promise<void> {
  await catchUpUntil(publisher, async () => (await nats.messages(STREAM, PRESS))?.length === expected.length);
}

/** What a user hears who sends this to that subject: `done`, or that it is forbidden. */
async function attempt(connection: NatsConnection, subject: string, payload = ""): Promise<string> {
  try {
    await connection.request(subject, payload, { timeout: 30_000 });
    return "done";
  } catch (error) {
    return (error as Error).message;
  }
}

const FORBIDDEN = expect.stringMatching(/permissions violation/i);
const streamConfig = (name: string) => JSON.stringify({ name, subjects: [`${PREFIX}.>`], storage: "memory" });

/** What would change the stream, or say something that the press has not said. */
const HARM: readonly (readonly [subject: string, payload?: string])[] = [
  [`${PREFIX}.golden_ticket.issued`, "{}"],
  [`${PREFIX}._press.key.activated`, "{}"],
  [`$JS.API.STREAM.CREATE.${STREAM}`, streamConfig(STREAM)],
  [`$JS.API.STREAM.UPDATE.${STREAM}`, streamConfig(STREAM)],
  [`$JS.API.STREAM.DELETE.${STREAM}`],
  [`$JS.API.STREAM.PURGE.${STREAM}`],
  [`$JS.API.STREAM.MSG.DELETE.${STREAM}`, JSON.stringify({ seq: 1 })],
  [`$JS.API.STREAM.RESTORE.${STREAM}`, "{}"],
  [`$JS.API.STREAM.SNAPSHOT.${STREAM}`, JSON.stringify({ deliver_subject: "_INBOX.taken" })],
  ["$JS.API.STREAM.CREATE.OTHER", streamConfig("OTHER")],
  ["$JS.API.STREAM.LIST"],
];

describe("press", () => {
  test("publishes, compares, and makes the stream anew", async () => {
    await publishAll();
    expect(await nats.messages(STREAM, PRESS)).toEqual(expected);
    const settings = {
      WORKER_DATABASE_URL: database.url("press_worker"),
      LEDGER_ORIGIN: ORIGIN,
      NATS_URL: pressUrl(),
    };
    expect((await press(["events", "check"], settings)).stdout).toContain("nothing found");
    expect((await press(["events", "rebuild", "--yes"], settings)).code).toBe(0);
    expect(await nats.messages(STREAM, PRESS)).toEqual(expected);
  });

  test("may do nothing to the streams of others", async () => {
    const connection = await nats.connect(PRESS);
    for (const act of ["CREATE", "UPDATE", "DELETE", "PURGE"]) {
      const subject = `$JS.API.STREAM.${act}.OTHER`;
      expect(await attempt(connection, subject, streamConfig("OTHER")), subject).toEqual(FORBIDDEN);
    }
    await connection.close();
  });
});

describe("shop", () => {
  test("reads everything, but not what concerns others", async () => {
    await publishAll();
    const connection = await nats.connect(SHOP);
    for (const subject of [`${PREFIX}.>`, "_INBOX_PRESS.>", "_INBOX_PRESS.*"]) {
      const subscription = connection.subscribe(subject);
      await expect(subscription[Symbol.asyncIterator]().next(), subject).rejects.toThrow(/permissions violation/i);
    }
    await connection.close();
  });

  test("changes nothing, and says nothing in the name of the press", async () => {
    await publishAll();
    const connection = await nats.connect(SHOP);
    for (const [subject, payload] of HARM) {
      expect(await attempt(connection, subject, payload), subject).toEqual(FORBIDDEN);
    }
    await connection.close();
    expect(await nats.messages(STREAM, PRESS)).toEqual(expected);
  });

  test("cannot have the server do for it what it may not", async () => {
    await publishAll();
    const connection = await nats.connect(SHOP);
    const { consumers } = await jetstreamManager(connection, { checkAPI: false });
    const deliverTo = (name: string, deliver_subject: string) =>
      consumers.add(STREAM, { name, durable_name: name, deliver_subject, ack_policy: "none", headers_only: true });

    const names: string[] = [];
    for (const [index, [subject]] of HARM.entries()) {
      const { name } = await deliverTo(`detour-${index}`, subject).catch(() => ({ name: undefined }));
      if (name !== undefined) names.push(name);
    }
    // The server delivers to those who listen, so whatever it would have delivered to the others it had begun with by then.
    const own = connection.subscribe("_INBOX.own", { max: expected.length });
    names.push((await deliverTo("own", "_INBOX.own")).name);
    let heard = 0;
    for await (const _ of own) heard += 1;
    expect(heard).toBe(expected.length);

    const delivered = await Promise.all(names.map(async (name) => (await consumers.info(STREAM, name)).delivered));
    expect(delivered.map(({ consumer_seq }) => consumer_seq)).toEqual([...Array(names.length - 1).fill(0), heard]);
    for (const name of names) await consumers.delete(STREAM, name);
    await connection.close();
    expect(await nats.messages(STREAM, PRESS)).toEqual(expected);
  });
});
