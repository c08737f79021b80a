/* What docs/events.md says about messages that a consumer cannot take, run as it stands there. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { TestNats } from "../nats.ts";
import { makeEdition } from "../race/sessions.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import { expectComplete, makePublisher, STREAM, sourceOf } from "../worker/eventSupport.ts";
import { until } from "../worker/support.ts";

everyTestRequires("nats-server");

const ORIGIN = "press.test/ledger";
const isMissing = missingRequirement("nats-server") !== undefined;
let database: TestDatabase;
let nats: TestNats;
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 200, 200);
  const worker = await TestWorker.start(database, ORIGIN);
  await worker.issueHeld("golden-ticket", Array(100).fill("alice"));
  if (isMissing) return;
  nats = await TestNats.start();
  const { publisher } = makePublisher(nats, sourceOf(database, ORIGIN));
  await publisher.catchUp();
  await publisher.stop();
});
afterAll(async () => {
  await nats?.stop();
  await database.drop();
});

async function documentedCode(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../../docs/events.md"), "utf8");
  return /```ts\n(await manager\.consumers[\s\S]*?)```/.exec(text)?.[1] ?? "";
}

test("what a consumer can never take is kept for it in a stream of its own, and the rest flows", async () => {
  const connection = await nats.connect();
  const manager = await jetstreamManager(connection);
  const AsyncFunction = (async () => undefined).constructor as new (...args: string[]) => (m: unknown) => Promise<void>;
  await new AsyncFunction("manager", await documentedCode())(manager);

  const events = await expectComplete(nats, database, ORIGIN);
  const isPoison = (sequence: number) => sequence % 10 === 3;
  const [poison, healthy] = [true, false].map((is) =>
    events.map(({ sequence }) => sequence).filter((sequence) => isPoison(sequence) === is),
  );
  const taken = new Set<number>();
  const consumer = await manager.jetstream().consumers.get(STREAM, "shop");
  const messages = await consumer.consume({
    callback(message) {
      if (isPoison(message.seq)) return message.nak();
      taken.add(message.seq);
      message.ack();
    },
  });
  await until(async () => (await manager.streams.info("SHOP_GIVEN_UP")).state.messages === poison?.length);
  await messages.close();
  expect([...taken].toSorted((a, b) => a - b)).toEqual(healthy);

  const givenUp = await Promise.all(
    poison?.map(async (_sequence, index) => {
      const advisory = await manager.streams.getMessage("SHOP_GIVEN_UP", { seq: index + 1 });
      const { stream_seq: seq } = advisory?.json<{ stream_seq: number }>() ?? { stream_seq: 0 };
      return (await manager.streams.getMessage(STREAM, { seq }))?.string();
    }) ?? [],
  );
  const expected = events.filter(({ sequence }) => isPoison(sequence)).map(({ data }) => data);
  expect(givenUp.toSorted()).toEqual(expected.toSorted());
  await connection.close();
});
