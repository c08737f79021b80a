/**
 * What the events cost NATS and its client alone: the same bytes, under the same subjects and with the same expectations, published from memory
 * into the same stream. Nothing is read, made or noted meanwhile.
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers } from "@nats-io/transport-node";
import pg from "pg";
import { type EventSource, readEvents } from "../../../worker/events/queries.ts";
import { type EventOptions, EventStream, type StreamEvent } from "../../../worker/events/stream.ts";
import { serve } from "../harness/children.ts";
import { EventDigest } from "../harness/eventDigest.ts";

export interface Load extends Omit<EventSource, "db"> {
  readonly databaseUrl: string;
  /** How many events. */
  readonly size: number;
}

export type PlainPublisher = typeof actions;
const actions = { load, deleteStream, publish };
if (import.meta.main) serve(actions);

/** So many are under way at once, as many as in a batch of the worker. */
const UNDER_WAY = 1_000;
const READ_AT_ONCE = 10_000;

const events: StreamEvent[] = [];
let origin = "";
const encoder = new TextEncoder();

/** Keeps the first events of a press in memory; returns the digest of a stream that has them all. */
async function load({ databaseUrl, size, ...source }: Load): Promise<string> {
  origin = source.origin;
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  const digest = new EventDigest();
  while (events.length < size) {
    const count = Math.min(READ_AT_ONCE, size - events.length);
    events.push(...(await readEvents({ ...source, db }, events.length, count)));
  }
  await db.end();
  for (const { place, subject, json } of events) digest.add(place + 1, subject, json);
  return String(digest);
}

async function deleteStream(options: EventOptions): Promise<void> {
  const connection = await connect(serversOf(options));
  await (await jetstreamManager(connection)).streams.delete(options.stream).catch(() => undefined); // There may be none.
  await connection.close();
}

function serversOf({ natsUrls }: EventOptions) {
  return { servers: natsUrls.map((url) => new URL(url).host) };
}

/** Makes the stream, and publishes everything into it. */
async function publish(options: EventOptions): Promise<void> {
  const stream = await EventStream.open(options, origin);
  await stream.ensure();
  await stream.close();
  const connection = await connect(serversOf(options));
  const client = jetstream(connection);
  const contents = events.map(({ json }) => encoder.encode(json));
  let next = 0;
  const publishNext = async () => {
    while (next < events.length) {
      const { place, subject } = events[next] as StreamEvent;
      next += 1;
      const header = headers();
      header.set("Content-Type", "application/cloudevents+json");
      const expect = { streamName: options.stream, lastSequence: place };
      await client.publish(subject, contents[place], { headers: header, msgID: `${origin}/${place}`, expect });
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, publishNext));
  await connection.close();
}
