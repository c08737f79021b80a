/**
 * The growth of the ledger, for everybody here who follows it: one look at the checkpoint for all of them, at a hint and each second.
 *
 * Only what a published checkpoint covers is ever seen here, so nothing that was read is ever taken back. A ledger that was lost goes on
 * under another name, and may be smaller then: whoever follows it compares the name, not only the size.
 */
import type { Logger } from "pino";
import { parseEntryBundle } from "../verifier/index.ts";
import { type LedgerReader, type LedgerState, TILE_WIDTH } from "./ledger.ts";
import type { Listener } from "./listener.ts";
import { Looker } from "./looker.ts";

export interface LedgerFeedOptions {
  readonly ledger: Pick<LedgerReader, "latest" | "readLatest" | "tile">;
  readonly listener: Pick<Listener, "on">;
  readonly log: Logger;
}

/** Somebody who waits for the ledger to be as `isEnough` says. */
interface Waiting {
  readonly isEnough: (state: LedgerState) => boolean;
  readonly leave: (state: LedgerState | null) => void;
}

/** Between two looks without a hint; and how long what was seen may be taken for the present, unless there was a hint. */
const LOOK_MILLISECONDS = 1_000;

export class LedgerFeed {
  readonly #ledger: LedgerFeedOptions["ledger"];
  readonly #looker: Looker;
  readonly #waiting = new Set<Waiting>();
  #seen: { readonly state: LedgerState; readonly at: number } | null = null;
  /** There was a hint since. */
  #isHinted = false;
  #isClosed = false;

  constructor({ ledger, listener, log }: LedgerFeedOptions) {
    this.#ledger = ledger;
    this.#looker = new Looker({
      name: "the ledger",
      look: () => this.#look(),
      isWanted: () => this.#waiting.size > 0,
      pauseMilliseconds: LOOK_MILLISECONDS,
      log,
    });
    listener.on("press_ledger", () => {
      this.#isHinted = true;
      this.#looker.look();
    });
  }

  /** Whether it was closed: whoever waits from then on waits for nothing. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * The ledger as soon as `isEnough` is true of it; null when the signal is given, the time is up, or the gateway closes. A database that is
   * out of reach is waited for.
   *
   * @param milliseconds how long to wait; for ever unless it is said
   */
  async when(
    isEnough: (state: LedgerState) => boolean,
    signal: AbortSignal,
    milliseconds?: number,
  ): Promise<LedgerState | null> {
    if (this.#isClosed || signal.aborted) return null;
    const present = this.#present();
    if (present !== null && isEnough(present)) return present;

    return new Promise((resolve) => {
      const leave = (state: LedgerState | null) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
        this.#waiting.delete(waiting);
        resolve(state);
      };
      const giveUp = () => leave(null);
      const timer = milliseconds === undefined ? undefined : setTimeout(giveUp, milliseconds);
      const waiting = { isEnough, leave };
      signal.addEventListener("abort", giveUp);
      this.#waiting.add(waiting);
      if (present === null) this.#looker.look();
      else this.#looker.lookLater();
    });
  }

  /**
   * The leaves of the ledger from a place on, to the end of its bundle or of the tree: at most 256. Null when the ledger is not that one any
   * more: look again.
   *
   * @param place from 0, within the tree
   * @param state what {@link when} gave
   * @throws {Error} when they cannot be read now; OVERLOADED when too much is being read
   */
  async leaves(place: number, { origin, size }: LedgerState): Promise<readonly string[] | null> {
    const index = Math.floor(place / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const file = await this.#ledger.tile({ level: "entries", index, width }, origin);
    const leaves = file && parseEntryBundle(file.body);
    return leaves?.slice(place % TILE_WIDTH).map((leaf) => Buffer.from(leaf).toString()) ?? null;
  }

  /** Lets everybody go (null). */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { leave } of [...this.#waiting]) leave(null);
    await this.#looker.close();
  }

  #present(): LedgerState | null {
    if (this.#seen === null || this.#isHinted) return null;
    return performance.now() - this.#seen.at < LOOK_MILLISECONDS ? this.#seen.state : null;
  }

  async #look(): Promise<void> {
    this.#isHinted = false;
    const state = await this.#ledger.readLatest();
    this.#seen = state && { state, at: performance.now() };
    if (state === null) return;
    for (const { isEnough, leave } of [...this.#waiting]) if (isEnough(state)) leave(state);
  }
}
