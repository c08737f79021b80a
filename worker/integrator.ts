import { setTimeout as sleep } from "node:timers/promises";
import { noteSpan } from "../tracing/spans.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Queryable } from "./guardedPool.ts";
import { checkpointAge, integrateLedger } from "./ledgerQueries.ts";
import { oneAtATime } from "./oneAtATime.ts";

/** What an integrator needs. */
export interface IntegratorOptions {
  readonly db: Queryable;
  readonly checkpoints: Checkpoints;
  readonly observe?: ((step: "integrated") => unknown) | undefined;
}

/** Entries in one transaction: tens of milliseconds, so that there are checkpoints also while a long backlog is worked off. */
const BATCH_SIZE = 10_000;
/** How old the last checkpoint is before there is another: about ten a second, with the time that signing one takes. */
const CHECKPOINT_MILLISECONDS = 80;

/**
 * Gives the entries in the ledger's inbox their places, and has a checkpoint signed over them. Any number of workers do this: one at a time
 * integrates, and what one was killed in the middle of is done by the next that looks.
 */
export class Integrator {
  readonly #db: Queryable;
  readonly #checkpoints: Checkpoints;
  readonly #observe: (step: "integrated") => unknown;
  readonly #stopping = new AbortController();
  #isFailing = false;

  constructor({ db, checkpoints, observe }: IntegratorOptions) {
    this.#db = db;
    this.#checkpoints = checkpoints;
    this.#observe = observe ?? (() => undefined);
  }

  /** Brings everything into a checkpoint that was committed before the call. There is one round at a time, and calls share it. */
  readonly catchUp = oneAtATime(() => this.#round());

  /** Says that there is something to do. Whoever calls {@link catchUp} regularly hears of failures, and is waited for after one. */
  wake(): void {
    if (!this.#isFailing) this.catchUp().catch(() => undefined);
  }

  /** A last round without a pause, if the one before did not fail. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (!this.#isFailing) await this.catchUp().catch(() => undefined);
  }

  async #round(): Promise<void> {
    try {
      await this.#pause(await checkpointAge(this.#db));
      let count: number;
      do {
        const since = Date.now();
        count = await integrateLedger(this.#db, BATCH_SIZE);
        if (count > 0) {
          noteSpan("give entries their places", since, { "golden_press.entries": count });
          await this.#observe("integrated");
        }
        await this.#checkpoints.advance(this.#db);
      } while (count >= BATCH_SIZE && !this.#stopping.signal.aborted);
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      throw error;
    }
  }

  /** Until the last checkpoint, whichever worker signed it, is old enough for another. */
  async #pause(age: number): Promise<void> {
    const pause = Math.min(CHECKPOINT_MILLISECONDS - age, CHECKPOINT_MILLISECONDS); // A clock may have been set back.
    if (pause > 0) await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
