import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Configuration, ConfigurationError } from "../configuration.ts";
import { EventPublisher } from "../worker/events/publisher.ts";
import { type EventSource, publishedSize } from "../worker/events/queries.ts";
import { compareStream, type Difference } from "../worker/events/reconciler.ts";
import { type EventOptions, EventStream } from "../worker/events/stream.ts";
import type { Queryable } from "../worker/guardedPool.ts";
import { latestCheckpoint } from "../worker/ledgerQueries.ts";
import { findCheckpointStore } from "./checkpointStore.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { readEventOptions, requireEventOptions } from "./eventOptions.ts";
import { Progress } from "./progress.ts";
import { makeLog } from "./service.ts";
import { withPress } from "./withPress.ts";

/** What a worker has kept of the stream for others. */
interface Noted {
  readonly publisher: string | null;
  readonly stream_size: string | null;
  readonly seen_at: string | null;
  readonly problem: string | null;
}

export interface RebuildOptions {
  /** The stream may be deleted. */
  readonly yes?: boolean;
}

/** How fast events are read or published, until it is known. */
const EVENTS_PER_SECOND = 5_000;
const LOOK_MILLISECONDS = 200;

/** `golden-press events status`: how far the stream of the events is, who publishes, and what is the matter. */
export async function showEvents(configuration: Configuration): Promise<void> {
  const options = await readEventOptions(configuration);
  await withSource(configuration, async (source) => {
    const size = await publishedSize(source);
    const { rows } = await source.db.query<Noted>({
      text: "select publisher, stream_size, seen_at::text, problem from press_worker.event_stream()",
    });
    const [noted] = rows;
    const lines = [
      ["ledger", `${counted(size)} under the last checkpoint of ${source.origin}`],
      [
        "stream",
        options === undefined ? "not asked, because NATS_URL is not set" : await describeStream(options, source, size),
      ],
      ["seen", noted?.seen_at == null ? "by no worker yet" : `${counted(Number(noted.stream_size))}, ${noted.seen_at}`],
      ["publisher", noted?.publisher == null ? "none: no worker has NATS_URL, or none gets through" : "a worker"],
      ["problem", noted?.problem ?? "none"],
    ];
    console.log(lines.map(([name, value]) => `${name?.padEnd(10)} ${value}`).join("\n"));
  });
}

/**
 * `golden-press events check`: compares every event of the stream with the ledger.
 *
 * @returns the exit code: 0 none differs, 1 one does, or there is no stream
 */
export async function checkEvents(configuration: Configuration): Promise<number> {
  const options = await requireEventOptions(configuration);
  return withSource(configuration, (source) =>
    withStream(options, source, async (stream) => {
      const show = beginProgress("comparing", await publishedSize(source));
      const { streamSize, ledgerSize, checked, firstDifference } = await compareStream(stream, source, show.reach);
      show.clear();
      if (firstDifference !== null) {
        console.log(`${describeDifference(firstDifference)} golden-press events rebuild makes the stream anew.`);
      } else if (streamSize === null) {
        console.log(`There is no stream ${options.stream}: a worker with NATS_URL makes it.`);
      } else {
        console.log(`${counted(checked)} compared, ${behind(streamSize, ledgerSize)}: nothing found`);
        return EXIT.done;
      }
      return EXIT.failed;
    }),
  );
}

/**
 * `golden-press events rebuild`: deletes the stream, and waits until it has every event again. A worker publishes them; where none does, this
 * does.
 */
export async function rebuildEvents(configuration: Configuration, { yes = false }: RebuildOptions): Promise<void> {
  const options = await requireEventOptions(configuration);
  await withSource(configuration, (source) =>
    withStream(options, source, async (stream) => {
      const size = await requireLedger(configuration, source);
      if (!yes) {
        throw new CommandError(
          `This deletes the stream ${options.stream} with its ${counted(await stream.countReplaced())}, and publishes the ${counted(size)} of the ledger anew. Consumers wait meanwhile. If you mean it, add --yes.`,
          EXIT.usage,
        );
      }
      await stream.replace();
      await publish(source, options, stream, size);
      console.log(`The stream ${options.stream} has been made anew, with ${counted(size)}.`);
    }),
  );
}

/** Until the stream has so many events. */
async function publish(source: EventSource, events: EventOptions, stream: EventStream, size: number): Promise<void> {
  const show = beginProgress("publishing", size);
  const publisher: EventPublisher = new EventPublisher({
    source,
    events,
    log: makeLog("events", { logLevel: "silent" }), // What goes wrong ends this command.
    observe: () => show.reach(publisher.hold()?.state.size ?? 0, size),
  });
  try {
    for (let done = 0; done < size; ) {
      await publisher.catchUp(); // Does nothing while a worker has the lease.
      done = (await stream.state())?.size ?? 0;
      show.reach(done, size);
      if (done < size) await sleep(LOOK_MILLISECONDS);
    }
  } finally {
    await publisher.stop();
    show.clear();
  }
}

/**
 * How many events there are to publish.
 *
 * @throws when this is not the ledger of the workers: then the stream may be all that is left of another one
 */
async function requireLedger(configuration: Configuration, source: EventSource): Promise<number> {
  const store = await findCheckpointStore(configuration);
  const kept = (await store?.read())?.checkpoint;
  const size = await publishedSize(source);
  if (source.origin !== configuration.ledgerOrigin) {
    throw new ConfigurationError(
      `The last checkpoint is under the name ${source.origin}, but LEDGER_ORIGIN is ${configuration.ledgerOrigin}: set it as the workers have it.`,
    );
  }
  if (kept?.origin === source.origin && kept.size > size) {
    throw new CommandError(
      `The ${store?.name} knows of ${counted(kept.size)}, and this database of ${size.toLocaleString("en-US")}: bring back the right database first, or accept the loss (docs/ledger.md).`,
    );
  }
  return size;
}

/** The stream itself, now. */
async function describeStream(options: EventOptions, source: EventSource, ledgerSize: number): Promise<string> {
  try {
    const state = await withStream(options, source, (stream) => stream.state());
    if (state === undefined) return `there is no ${options.stream}`;
    return `${counted(state.size)} in ${options.stream}, ${behind(state.size, ledgerSize)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function describeDifference({ place, kind }: Difference): string {
  if (kind === "missing") return `Event ${place} is missing in the stream.`;
  if (kind === "different") return `Event ${place} of the stream is not the one of the ledger.`;
  return `The stream has an event ${place}, where the published ledger has ended.`;
}

function behind(streamSize: number, ledgerSize: number): string {
  return streamSize < ledgerSize ? `${(ledgerSize - streamSize).toLocaleString("en-US")} to come` : "none to come";
}

function counted(count: number): string {
  return `${count.toLocaleString("en-US")} event${count === 1 ? "" : "s"}`;
}

/** Shows how many of the events are done. */
function beginProgress(name: string, size: number) {
  const part = { name, expectedSeconds: Math.max(size, 1) / EVENTS_PER_SECOND };
  const progress = new Progress([part]);
  progress.begin(part);
  return {
    reach: (done: number, all: number) =>
      progress.reach(done, all, `${counted(done)} of ${all.toLocaleString("en-US")}`),
    clear: () => progress.clear(),
  };
}

/** Where the events come from: the database, as the worker's login, under the name that the ledger has there. */
async function withSource<Result>(
  configuration: Configuration,
  act: (source: EventSource) => Promise<Result>,
): Promise<Result> {
  const connectionString = await databaseUrl(configuration, "worker");
  await withPress(connectionString, async () => undefined); // A wrong database is said in one sentence.
  const db: Queryable & Pick<pg.Pool, "end"> = new pg.Pool({
    connectionString,
    application_name: "golden-press",
    max: 3,
  });
  try {
    const origin = (await latestCheckpoint(db))?.origin ?? configuration.ledgerOrigin;
    return await act({ db, origin, prefix: configuration.eventSubjectPrefix });
  } finally {
    await db.end();
  }
}

async function withStream<Result>(
  options: EventOptions,
  { origin }: EventSource,
  act: (stream: EventStream) => Promise<Result>,
): Promise<Result> {
  const stream = await EventStream.open(options, origin);
  try {
    return await act(stream);
  } finally {
    await stream.close();
  }
}
