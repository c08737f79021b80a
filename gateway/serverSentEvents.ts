/**
 * The ledger's events in the form of server-sent events (WHATWG HTML, 9.2), made once for all readers: a bundle of 256 at a time, as the ledger
 * is kept.
 */
import type { Logger } from "pino";
import { ledgerEvent } from "../events/ledgerEvent.ts";
import { ByteCache } from "./byteCache.ts";
import { FailureLog } from "./failureLog.ts";
import { type LedgerState, TILE_WIDTH } from "./ledger.ts";
import type { LedgerFeed } from "./ledgerFeed.ts";

/** Nothing, which keeps a connection alive. */
export const COMMENT = ":\n\n";

/** How long a reader that lost its connection waits before it comes back. */
export function formatRetry(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`;
}

/** A checkpoint, byte for byte: what follows its last line feed is a line as well. It has no id, so that readers come back to an event. */
export function formatCheckpoint(note: string): string {
  const lines = note.split("\n").map((line) => `data: ${line}\n`);
  return `event: checkpoint\n${lines.join("")}\n`;
}

/** Whole events from some place on. */
export interface EventPiece {
  readonly bytes: Buffer;
  /** The place after the last of them. */
  readonly nextPlace: number;
}

interface Bundle {
  readonly bytes: Buffer;
  /** Where in them each event ends. */
  readonly ends: readonly number[];
  readonly byteLength: number;
}

export interface EventBundlesOptions {
  readonly feed: Pick<LedgerFeed, "leaves">;
  readonly log: Logger;
}

const CACHE_BYTES_MAX = 32 * 1_048_576;
/** Of one piece, unless a single event has more. */
const PIECE_BYTES_MAX = 65_536;

export class EventBundles {
  readonly #feed: Pick<LedgerFeed, "leaves">;
  readonly #failures: FailureLog;
  readonly #full = new ByteCache<Bundle>(CACHE_BYTES_MAX);
  readonly #making = new Map<string, Promise<Bundle | null>>();
  /** The last one that was not full: the end of the ledger, which most readers read. */
  #tail: { readonly key: string; readonly bundle: Bundle } | null = null;

  constructor({ feed, log }: EventBundlesOptions) {
    this.#feed = feed;
    this.#failures = new FailureLog("the ledger for readers of events", log);
  }

  /**
   * Events from a place on, about 64 kB of them at most. Null when they cannot be read right now, or the ledger is not that one any more: look
   * again in a moment.
   *
   * @param place from 0, within the tree
   */
  async piece(place: number, state: LedgerState): Promise<EventPiece | null> {
    try {
      const bundle = await this.#bundle(Math.floor(place / TILE_WIDTH), state);
      this.#failures.succeeded();
      return bundle && pieceOf(bundle, place, state.size);
    } catch (error) {
      this.#failures.failed(error);
      return null;
    }
  }

  /** All events of a bundle that the state covers, and maybe those that a later one covers. */
  async #bundle(index: number, state: LedgerState): Promise<Bundle | null> {
    const key = `${state.origin} ${index}`;
    const width = Math.min(TILE_WIDTH, state.size - index * TILE_WIDTH);
    const known = this.#full.get(key) ?? (this.#tail?.key === key ? this.#tail.bundle : undefined);
    if (known !== undefined && known.ends.length >= width) return known;

    const makingKey = `${key} ${width}`;
    const making =
      this.#making.get(makingKey) ?? this.#make(index, state, key).finally(() => this.#making.delete(makingKey));
    this.#making.set(makingKey, making);
    return making;
  }

  async #make(index: number, state: LedgerState, key: string): Promise<Bundle | null> {
    const firstPlace = index * TILE_WIDTH;
    const leaves = await this.#feed.leaves(firstPlace, state);
    if (leaves === null) return null;
    const events = leaves.map((leaf, offset) => {
      const { place, json } = ledgerEvent(state.origin, firstPlace + offset, leaf);
      return Buffer.from(`id: ${place}\ndata: ${json}\n\n`);
    });
    let end = 0;
    const ends = events.map((event) => {
      end += event.byteLength;
      return end;
    });
    const bundle = { bytes: Buffer.concat(events), ends, byteLength: end };
    if (ends.length === TILE_WIDTH) this.#full.set(key, bundle);
    else this.#tail = { key, bundle };
    return bundle;
  }
}

function pieceOf({ bytes, ends }: Bundle, place: number, size: number): EventPiece {
  const first = place % TILE_WIDTH;
  const start = ends[first - 1] ?? 0;
  const widthMax = size - (place - first);
  let next = first + 1;
  while (next < widthMax && (ends[next] ?? Number.POSITIVE_INFINITY) - start <= PIECE_BYTES_MAX) next += 1;
  // Copied: a reader that takes nothing would keep the whole bundle by a part of it.
  return { bytes: Buffer.from(bytes.subarray(start, ends[next - 1])), nextPlace: place - first + next };
}
