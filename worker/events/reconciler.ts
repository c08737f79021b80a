import { performance } from "node:perf_hooks";
import type { Log } from "../log.ts";
import { judge, type Verdict } from "./judge.ts";
import { type EventSource, publishedSize, readEvents } from "./queries.ts";
import type { EventStream, StreamState } from "./stream.ts";
import { EventStreamError, SilentServerError } from "./streamError.ts";

/** Where a stream and the ledger part. */
export interface Difference {
  readonly place: number;
  /** The stream lacks the event; has another one; or has one where the published ledger has ended. */
  readonly kind: "missing" | "different" | "beyond";
  /** What the stream has there; an event that is missing counts as damaged. */
  readonly verdict: Verdict;
}

/** What a comparison has found. */
export interface Comparison {
  /** Events of the stream that are as the ledger has them: all before the first difference. */
  readonly checked: number;
  /** How many events the stream ever took; null when there is no stream. */
  readonly streamSize: number | null;
  /** How many there are to be. A stream that is behind is no difference. */
  readonly ledgerSize: number;
  readonly firstDifference: Difference | null;
}

/** A chunk: some tenths of a second of a broker's time. */
const CHUNK_SIZE = 1_000;
const REST_MILLISECONDS = 3_600_000;

/**
 * Compares places of the stream with the ledger, byte for byte.
 *
 * @param state of the stream, asked for before: what it has was published before
 * @returns the first difference, null when there is none
 * @throws {EventStreamError}
 */
export async function compareEvents(
  stream: EventStream,
  source: EventSource,
  state: StreamState,
  first: number,
  count: number,
): Promise<Difference | null> {
  const [stored, expected] = await Promise.all([stream.read(first, count), readEvents(source, first, count)]);
  for (const [index, event] of stored.entries()) {
    const place = first + index;
    if (event === undefined) {
      if (state.isLimited) continue; // Somebody wants it to forget.
      return { place, kind: "missing", verdict: "damaged" };
    }
    const verdict = judge(expected[index], event, source.origin);
    if (verdict !== "same") return { place, kind: expected[index] === undefined ? "beyond" : "different", verdict };
  }
  return null;
}

/**
 * Compares all of the stream with the ledger, as fast as both can be read.
 *
 * @param onProgress is told how many events are compared, and of how many
 * @throws {EventStreamError}
 */
export async function compareStream(
  stream: EventStream,
  source: EventSource,
  onProgress: (checked: number, all: number) => unknown = () => undefined,
): Promise<Comparison> {
  const state = await stream.state();
  const ledgerSize = await publishedSize(source);
  const { size = 0, firstPlace = 0 } = state ?? {};
  let firstDifference: Difference | null = null;
  let next = firstPlace > 0 && !state?.isLimited ? 0 : firstPlace;
  const begin = next;
  while (state !== undefined && next < size && firstDifference === null) {
    const count = Math.min(CHUNK_SIZE, size - next);
    firstDifference = await compareEvents(stream, source, state, next, count);
    next = firstDifference?.place ?? next + count;
    await onProgress(next - begin, size - begin);
  }
  return { checked: next - begin, streamSize: state?.size ?? null, ledgerSize, firstDifference };
}

/** A publisher's hold of a stream that it knows to be in order at its end. */
export interface Hold {
  readonly stream: EventStream;
  readonly state: StreamState;
}

/** What a reconciler needs. */
export interface ReconcilerOptions {
  readonly source: EventSource;
  /** What the publisher holds now; undefined when another one does, or nothing is in order. */
  readonly hold: () => Hold | undefined;
  /** Is told of the place of a difference, and sets it right. */
  readonly repair: (place: number) => Promise<void>;
  readonly log: Log;
  /** Between two passes: an hour unless told. */
  readonly restMilliseconds?: number | undefined;
}

/**
 * Reads the whole stream again, and compares it with the ledger: when the publisher has taken hold of it, and then once an hour. A broker may
 * lose what it has acknowledged, and a disk may change it; an acknowledgement proves nothing about tomorrow.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #restMilliseconds: number;
  /** What the pass is over. It begins anew when the stream was, and ends before another one begins for a new connection. */
  #hold: Hold | undefined;
  /** The next place to compare, and where the pass ends; what is published meanwhile was acknowledged a moment ago. */
  #next = 0;
  #end = 0;
  #dueAt = 0;
  /** Less when the server was too slow for it, until the next pass. */
  #chunkSize = CHUNK_SIZE;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#restMilliseconds = options.restMilliseconds ?? REST_MILLISECONDS;
  }

  /**
   * Compares a chunk, if a pass is under way or due. Whoever calls it in between pauses leaves room for others.
   *
   * @throws {EventStreamError} when the stream cannot be read, and the publisher still holds it; the next call tries it again
   */
  async step(): Promise<void> {
    const hold = this.#options.hold();
    if (hold === undefined) return;
    if (hold.state.created !== this.#hold?.state.created) this.#begin(hold);
    else if (hold.stream !== this.#hold.stream) this.#dueAt = 0;
    this.#hold = hold;
    this.#end = Math.min(this.#end, hold.state.size); // It may have lost its end meanwhile, and be published anew from there.
    if (this.#next >= this.#end) {
      if (performance.now() < this.#dueAt) return;
      this.#begin(hold);
    }
    try {
      await this.#compare(hold);
    } catch (error) {
      if (error instanceof SilentServerError) this.#chunkSize = Math.ceil(this.#chunkSize / 2);
      // Where the publisher has lost it too, it says so.
      if (!(error instanceof EventStreamError) || this.#isHeld(hold)) throw error;
    }
  }

  #isHeld({ stream }: Hold): boolean {
    return !stream.isClosed && this.#options.hold()?.stream === stream;
  }

  #begin({ state }: Hold): void {
    this.#next = state.isLimited ? state.firstPlace : 0;
    this.#end = state.size;
    this.#chunkSize = CHUNK_SIZE;
    this.#dueAt = performance.now() + this.#restMilliseconds;
  }

  async #compare({ stream, state }: Hold): Promise<void> {
    const { source, repair, log } = this.#options;
    const count = Math.min(this.#chunkSize, this.#end - this.#next);
    const difference = count > 0 ? await compareEvents(stream, source, state, this.#next, count) : null;
    this.#next = difference?.place ?? this.#next + count;
    if (difference !== null) {
      log.warn({ stream: stream.name, ...difference }, "The stream differs from the ledger.");
      await repair(difference.place);
    } else if (this.#next >= this.#end) {
      log.debug({ stream: stream.name, events: this.#end }, "The stream has what the ledger has.");
    }
  }
}
