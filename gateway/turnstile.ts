import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** How many pass in one turn of the event loop. */
const AT_ONCE = 50;
/** For each millisecond that they took, how many the others have before the next ones pass; and never more than so many. */
const REST_FACTOR = 3;
const REST_MILLISECONDS_MAX = 50;

/**
 * Lets many do a little, a few of them in each turn of the event loop. While there are more, what they do takes a quarter of its time at most,
 * and the rest is everybody else's.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #isTurning = false;

  /** Resolves when it is the caller's turn; first come, first served. What follows in the same turn is what counts. */
  async pass(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    if (!this.#isTurning) void this.#turn();
    await promise;
  }

  async #turn(): Promise<void> {
    this.#isTurning = true;
    while (this.#waiting.length > 0) {
      const since = performance.now();
      for (const resolve of this.#waiting.splice(0, AT_ONCE)) resolve();
      await nextTurn();
      const rest = Math.min((performance.now() - since) * REST_FACTOR, REST_MILLISECONDS_MAX);
      if (this.#waiting.length > 0) await delay(rest);
    }
    this.#isTurning = false;
  }
}
