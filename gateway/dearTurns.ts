/**
 * Turns for work that holds the event loop long: whoever sends a document that nobody has sent before has it parsed, judged and planned, and one who sends
 * many of them would have the loop for himself. Such work goes on in small portions, of each caller in turn, and after a portion the others are served first.
 */
import { AsyncResource } from "node:async_hooks";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** What begins in one portion; whatever has begun is not interrupted. */
const PORTION_MILLISECONDS = 5;
/**
 * After a portion that took so long the others have the event loop for three times as long, and longer after a long one: by the square, so that those who
 * meet a portion and wait are few, however long it is.
 */
const restAfter = (spent: number) => Math.min(3 * spent + spent ** 2 / 2, REST_MILLISECONDS_MAX);
const REST_MILLISECONDS_MAX = 2_000;
/** How long after the last of the others nobody needs the loop. */
const NEED_MILLISECONDS = 50;
const LOOK_MILLISECONDS = 5;

export class DearTurns {
  /** Who waits, by caller; the first of them is next. */
  readonly #lanes = new Map<string, (() => void)[]>();
  #isTurning = false;
  /** When one of the others was served last. */
  #servedAt = Number.NEGATIVE_INFINITY;

  /** Says that one of the others is served, whose work is not dear. */
  noteOther(): void {
    this.#servedAt = performance.now();
  }

  /**
   * Does the work at once where nothing of the kind is under way, else when it is its turn.
   *
   * @param caller of one caller it is first come, first served; of many, one each
   * @param work its synchronous part is what is dear
   */
  run<Result>(caller: string, work: () => Result): Promise<Awaited<Result>> {
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<Result>>();
    const begin = AsyncResource.bind(() => {
      try {
        resolve(work() as Awaited<Result>);
      } catch (error) {
        reject(error);
      }
    });
    const lane = this.#lanes.get(caller);
    if (lane === undefined) this.#lanes.set(caller, [begin]);
    else lane.push(begin);
    if (!this.#isTurning) void this.#turn();
    return promise;
  }

  async #turn(): Promise<void> {
    this.#isTurning = true;
    while (this.#lanes.size > 0) {
      const spent = this.#portion();
      await nextTurn();
      await this.#rest(restAfter(spent));
    }
    this.#isTurning = false;
  }

  /** @returns how many milliseconds it took */
  #portion(): number {
    const since = performance.now();
    for (const [caller, [begin, ...others]] of this.#lanes) {
      this.#lanes.delete(caller);
      if (others.length > 0) this.#lanes.set(caller, others);
      begin?.();
      if (performance.now() - since > PORTION_MILLISECONDS) break;
    }
    return performance.now() - since;
  }

  async #rest(milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds;
    for (let now = performance.now(); now < until; now = performance.now()) {
      if (now - this.#servedAt > NEED_MILLISECONDS) return;
      await delay(Math.min(until - now, LOOK_MILLISECONDS));
    }
  }
}
