/* What the tests of the events share: what the stream must have, publishers without a worker around them, and streams that are not in order. */
import { jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import { expect } from "vitest";
import { ledgerEvent } from "../../events/ledgerEvent.ts";
import { natsSubject } from "../../events/natsSubject.ts";
import { EventPublisher, type PublisherOptions } from "../../worker/events/publisher.ts";
import type { EventSource } from "../../worker/events/queries.ts";
import { type EventOptions, EventStream } from "../../worker/events/stream.ts";
import type { TestDatabase } from "../database.ts";
import type { StreamMessage, TestNats } from "../nats.ts";
import { PREFIX, STREAM } from "./eventNames.ts";
import { makeLog, until } from "./support.ts";

export { PREFIX, STREAM };

/** How a worker is told where its events go. */
export function eventOptions(nats: TestNats, options: Partial<EventOptions> = {}): EventOptions {
  const patience = { connectMilliseconds: 20_000 }; // Of a busy machine: what a server is said to be is not that it was slow.
  return { natsUrls: [nats.url], prefix: PREFIX, stream: STREAM, replicas: 1, ...patience, ...options };
}

export function sourceOf(database: TestDatabase, origin: string, prefix = PREFIX): EventSource {
  return { db: database.pool("press_worker"), origin, prefix };
}

/** A publisher with a log that can be read. */
export function makePublisher(
  nats: TestNats,
  source: EventSource,
  { events, ...options }: Partial<Omit<PublisherOptions, "events">> & { events?: Partial<EventOptions> } = {},
) {
  const log = makeLog();
  const publisher = new EventPublisher({ source, events: eventOptions(nats, events), log, ...options });
  return { publisher, log };
}

/** What the stream must have: every entry that a checkpoint covers, as its event, and nothing else. */
export async function expectedMessages(database: TestDatabase, origin: string): Promise<StreamMessage[]> {
  const { rows } = await database
    .pool("owner")
    .query<{ place: string; leaf: string }>(
      "select place, leaf from press.ledger_entries where place < (select max(tree_size) from press.checkpoints) order by place",
    );
  return rows.map(({ place, leaf }) => messageOf(origin, Number(place), leaf));
}

/** The message of a leaf, at a place. */
export function messageOf(origin: string, place: number, leaf: string): StreamMessage {
  return {
    sequence: place + 1,
    subject: natsSubject(PREFIX, leaf),
    messageId: `${origin}/${place}`,
    contentType: "application/cloudevents+json",
    data: ledgerEvent(origin, place, leaf).json,
  };
}

/** Every event, once, in the ledger's order, byte for byte; and the ledger is not empty. */
export async function expectComplete(nats: TestNats, database: TestDatabase, origin: string): Promise<StreamMessage[]> {
  const expected = await expectedMessages(database, origin);
  expect(expected.length).toBeGreaterThan(0);
  expect(await nats.messages(STREAM)).toEqual(expected);
  return expected;
}

/** How many messages the stream has; 0 when there is none, or no server. */
export async function streamSize(nats: TestNats): Promise<number> {
  const connection = await nats.connect({ reconnect: false }).catch(() => undefined);
  if (connection === undefined) return 0;
  try {
    const { streams } = await jetstreamManager(connection, { checkAPI: false });
    return (await streams.info(STREAM)).state.messages;
  } catch {
    return 0;
  } finally {
    await connection.close();
  }
}

/** A stream as a press makes it for the ledger, but as far as told; with these messages, in this order, whatever they are. */
export async function forgeStream(
  nats: TestNats,
  messages: readonly Pick<StreamMessage, "subject" | "data">[],
  config: Partial<StreamConfig> = {},
  origin = "press.test/ledger",
): Promise<void> {
  const stream = await EventStream.open(eventOptions(nats), origin);
  await stream.replace();
  await stream.close();
  const connection = await nats.connect();
  const manager = await jetstreamManager(connection);
  const info = await manager.streams.info(STREAM);
  await manager.streams.delete(STREAM);
  await manager.streams.add({ ...info.config, ...config });
  for (const { subject, data } of messages) {
    await manager.jetstream().publish(subject, data, { headers: headers() });
  }
  await connection.close();
}

/** What a stream is made of that can lose messages: the press's own cannot. */
export const UNPROTECTED = { deny_delete: false, deny_purge: false };

/** Changes the stream through JetStream's own API, as a person with all rights could. */
export async function withManager<Result>(
  nats: TestNats,
  act: (streams: Awaited<ReturnType<typeof jetstreamManager>>["streams"]) => Promise<Result>,
): Promise<Result> {
  const connection = await nats.connect();
  try {
    return await act((await jetstreamManager(connection)).streams);
  } finally {
    await connection.close();
  }
}

/** The row in which the holder of the lease tells what it saw. */
export async function noted(database: TestDatabase) {
  const { rows } = await database.pool("press_worker").query<{
    publisher: string | null;
    stream_size: string | null;
    problem: string | null;
  }>("select publisher, stream_size, problem from press_worker.event_stream()");
  return rows[0];
}

/** As a worker does it, until there is nothing to publish: failures are tried again. */
export async function catchUpUntil(publisher: EventPublisher, condition: () => Promise<boolean>): Promise<void> {
  await until(async () => {
    await publisher.catchUp().catch(() => undefined);
    return condition();
  });
}
