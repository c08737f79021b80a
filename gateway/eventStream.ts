/**
 * What one reader of events is sent, from a place on, for as long as it stays: every event once and in order, and the latest checkpoint when it
 * has everything that this covers.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { LedgerFeed } from "./ledgerFeed.ts";
import { COMMENT, type EventBundles, formatCheckpoint, formatRetry } from "./serverSentEvents.ts";

export interface EventStreamOptions {
  readonly feed: Pick<LedgerFeed, "when" | "isClosed">;
  readonly bundles: Pick<EventBundles, "piece">;
  /** Of the first event. One that is not there yet is waited for. */
  readonly firstPlace: number;
  /** Given, it ends the stream. */
  readonly signal: AbortSignal;
  /** How long there may be nothing to send before a comment shows that the connection lives. */
  readonly silenceMilliseconds: number;
}

/** Until a reader that was cut off comes back. */
const RETRY_MILLISECONDS = 1_000;
/** Between two checkpoints. */
const CHECKPOINT_PAUSE_MILLISECONDS = 1_000;
/** Until what could not be read is tried again. */
const FAILURE_PAUSE_MILLISECONDS = 1_000;

/**
 * Makes the stream. It waits while its reader takes nothing, and while the database is away. It ends when the ledger goes on under another
 * name: the places are those of other events then, so the reader has to begin anew, and sees it by the source of what comes.
 */
export async function* eventStream({
  feed,
  bundles,
  firstPlace,
  signal,
  silenceMilliseconds,
}: EventStreamOptions): AsyncGenerator<Buffer | string, void> {
  yield formatRetry(RETRY_MILLISECONDS);
  let place = firstPlace;
  let origin: string | null = null;
  /** A checkpoint of which the reader has everything and knows nothing. */
  let checkpoint: string | null = null;
  let checkpointAt = performance.now();

  while (!signal.aborted && !feed.isClosed) {
    if (checkpoint !== null && performance.now() >= checkpointAt) {
      yield formatCheckpoint(checkpoint);
      checkpoint = null;
      checkpointAt = performance.now() + CHECKPOINT_PAUSE_MILLISECONDS;
    }
    const patience = checkpoint === null ? silenceMilliseconds : checkpointAt - performance.now();
    const state = await feed.when(({ size, origin: name }) => size > place || name !== origin, signal, patience);
    if (signal.aborted) return;
    if (state === null) {
      if (checkpoint === null) yield COMMENT;
      continue;
    }
    if (origin !== null && origin !== state.origin) return;
    origin = state.origin;

    while (place < state.size) {
      const piece = await bundles.piece(place, state);
      if (piece === null) break;
      yield piece.bytes;
      place = piece.nextPlace;
    }
    if (place >= state.size) {
      checkpoint = state.note;
      continue;
    }
    await delay(FAILURE_PAUSE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    yield COMMENT;
  }
}
