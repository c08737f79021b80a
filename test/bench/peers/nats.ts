/** A real nats-server, as it comes: it acknowledges what it has written, and syncs later. */
import type { EventOptions } from "../../../worker/events/stream.ts";
import { TestNats } from "../../nats.ts";
import { missingRequirement } from "../../requirements.ts";
import type { Bench } from "../harness/row.ts";

/** Where a worker publishes its events, and where they are read. */
export interface Broker {
  readonly options: EventOptions;
  readonly source: { readonly url: string; readonly stream: string };
  /** Ends it as a crash would. */
  readonly kill: () => Promise<void>;
}

/** The reason why there is none, or undefined. */
export function missingNats(): string | undefined {
  return missingRequirement("nats-server");
}

/** Starts one with an empty store, which is gone when the row ends. */
export async function startNats(bench: Bench): Promise<Broker> {
  const nats = await TestNats.start();
  bench.onEnd(() => nats.stop());
  const options = { natsUrls: [nats.url], prefix: "bench.events", stream: "BENCH", replicas: 1 };
  return { options, source: { url: nats.url, stream: options.stream }, kill: () => nats.kill() };
}
