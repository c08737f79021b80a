/**
 * Turns for work that holds the event loop long: whoever sends a document that nobody has sent before has it parsed, judged and planned, and one who sends
 * many of them would have the loop for himself. Such work goes on in small portions, of each caller in turn, and after a portion the others are served first.
 */
import { AsyncResource } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** What begins in one portion; whatever has begun is not interrupted. */
const PORTION_MILLISECONDS = 10;
/** For each millisecond of a portion that was used up, how many the others have, if they need them. */
const REST_FACTOR = 3;
const REST_MILLISECONDS_MAX = 500;
/** How often it is looked whether the others need it, and which part of that time they must have used. */
const LOOK_MILLISECONDS = 2;
const NEED = 0.25;

export class DearTurns {
  /** Who waits, by caller; the first of them is next. */
  readonly #lanes = new Map<string, (() => void)[]>();
  #isTurning = false;

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
      if (spent > PORTION_MILLISECONDS) await restWhileNeeded(spent);
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
}

async function restWhileNeeded(spent: number): Promise<void> {
  const until = performance.now() + Math.min(spent * REST_FACTOR, REST_MILLISECONDS_MAX);
  while (performance.now() < until) {
    const before = performance.eventLoopUtilization();
    await delay(LOOK_MILLISECONDS);
    if (performance.eventLoopUtilization(before).utilization < NEED) return;
  }
}
