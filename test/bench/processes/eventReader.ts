/** Whoever reads the events over NATS: waits until they are all there, reads them all, or notes when each one comes. */
import { setTimeout as sleep } from "node:timers/promises";
import { DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { serve } from "../harness/children.ts";
import { EventDigest } from "../harness/eventDigest.ts";

/** Where the events are. */
export interface Source {
  readonly url: string;
  readonly stream: string;
}

/** The tickets whose issuing was told, in the order of the stream. */
export interface Heard {
  readonly ticketIds: readonly string[];
  /** When each was told, in milliseconds since 1970. */
  readonly times: Float64Array;
}

export type EventReader = typeof actions;
const actions = { follow, digest, listen, heard };
let connection: NatsConnection | undefined;
if (import.meta.main) serve(actions, async () => connection?.close());

const LOOK_MILLISECONDS = 20;
const WAIT_MILLISECONDS = 120_000;

/** Waits until the stream has so many events; returns how many it took a second, by the broker's own clock. */
async function follow({ size, ...source }: Source & { readonly size: number }): Promise<number> {
  const { streams } = await jetstreamManager(await open(source));
  const until = performance.now() + WAIT_MILLISECONDS;
  for (;;) {
    const state = await streams.info(source.stream).then(
      (info) => info.state,
      () => undefined, // It is not there yet.
    );
    if (state !== undefined && state.messages >= size) {
      const [first, last] = [state.first_ts, state.last_ts].map((time) => Date.parse(String(time)));
      return (size - 1) / (((last ?? 0) - (first ?? 0)) / 1000);
    }
    if (performance.now() > until) throw new Error(`The stream has ${state?.messages ?? 0} events of ${size}.`);
    await sleep(LOOK_MILLISECONDS);
  }
}

/** Reads the first events, so many. */
async function digest({ size, ...source }: Source & { readonly size: number }): Promise<string> {
  const consumer = await jetstream(await open(source)).consumers.get(source.stream);
  const messages = await consumer.consume({ max_messages: 10_000 });
  const read = new EventDigest();
  let count = 0;
  for await (const { seq, subject, data } of messages) {
    read.add(seq, subject, data);
    count += 1;
    if (count === size) break;
  }
  return String(read);
}

const ticketIds: string[] = [];
const times: number[] = [];

/** From now on notes when each ticket's issuing is told. */
async function listen(source: Source): Promise<void> {
  const consumer = await jetstream(await open(source)).consumers.get(source.stream, {
    deliver_policy: DeliverPolicy.New,
  });
  await consumer.consume({ callback: note });
}

function note(message: JsMsg): void {
  const now = performance.timeOrigin + performance.now();
  const { type, data } = message.json<{ type: string; data: { ticket_id: string } }>();
  if (type !== "ticket.issued") return;
  ticketIds.push(data.ticket_id);
  times.push(now);
}

/** What was told since the last call. */
function heard(): Heard {
  return { ticketIds: ticketIds.splice(0), times: Float64Array.from(times.splice(0)) };
}

async function open({ url }: Source): Promise<NatsConnection> {
  connection ??= await connect({ servers: new URL(url).host });
  return connection;
}
