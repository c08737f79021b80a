/** What the worker asks the database about events, and tells it: calls of functions in press_worker, and nothing else. */
import { readLeaf } from "../../events/leaf.ts";
import { ledgerEvent } from "../../events/ledgerEvent.ts";
import { natsSubject } from "../../events/natsSubject.ts";
import type { Queryable } from "../guardedPool.ts";
import { latestCheckpoint } from "../ledgerQueries.ts";
import type { StreamEvent } from "./stream.ts";

/** Where events come from. */
export interface EventSource {
  readonly db: Queryable;
  /** The name of the ledger. */
  readonly origin: string;
  /** What the subjects of all events begin with. */
  readonly prefix: string;
}

/**
 * How many events there are: entries that a checkpoint under this name covers. Under a new name there are none until its first checkpoint,
 * because until then another database might still begin the ledger of that name.
 */
export async function publishedSize({ db, origin }: EventSource): Promise<number> {
  const latest = await latestCheckpoint(db);
  return latest?.origin === origin ? latest.size : 0;
}

/** As many events from a place on as there are, and not more than count (1 to 10000). */
export async function readEvents({ db, origin, prefix }: EventSource, first: number, count: number) {
  const { rows } = await db.query<{ place: string; leaf: string }>({
    name: "ledger_events",
    text: "select place, leaf from press_worker.ledger_events($1, $2)",
    values: [first, count],
  });
  return rows.map(({ place, leaf }): StreamEvent => {
    const about = readLeaf(leaf);
    const { json } = ledgerEvent(origin, Number(place), leaf, about);
    return { place: Number(place), subject: natsSubject(prefix, about), json };
  });
}

/** Takes or extends the lease; false while another publisher has it. */
export async function holdEventStream(db: Queryable, publisher: string, leaseSeconds: number): Promise<boolean> {
  const { rows } = await db.query<{ is_held: boolean }>({
    name: "hold_event_stream",
    text: "select press_worker.hold_event_stream($1, $2) as is_held",
    values: [publisher, leaseSeconds],
  });
  return rows[0]?.is_held ?? false;
}

/**
 * Keeps for others what the holder of the lease saw.
 *
 * @param size how many events the stream has; undefined when it could not be asked
 * @param problem a sentence; undefined when all is well
 */
export async function noteEventStream(
  db: Queryable,
  publisher: string,
  size: number | undefined,
  problem: string | undefined,
): Promise<void> {
  await db.query({
    name: "note_event_stream",
    text: "select press_worker.note_event_stream($1, $2, $3)",
    values: [publisher, size, problem],
  });
}

/** Ends the lease. */
export async function releaseEventStream(db: Queryable, publisher: string): Promise<void> {
  await db.query({ text: "select press_worker.release_event_stream($1)", values: [publisher] });
}
