import { limits } from "./limits.ts";
import { refusal, TRY_AGAIN } from "./refusals.ts";

export interface CallerTurnsOptions {
  /** Of one caller, at a time. */
  readonly max: number;
  /** How long the others of that caller wait for one of these to end. */
  readonly waitMilliseconds?: number;
}

/** Of one caller: how many have begun, and who waits, the first first. */
interface Line {
  begun: number;
  readonly waiting: (() => void)[];
}

/**
 * Lets so many of each caller at a time use a connection. What waits for a lock in the database keeps its connection meanwhile, and all callers together
 * have few: somebody whose own rows are held would else keep everybody out.
 */
export class CallerTurns {
  readonly #max: number;
  readonly #waitMilliseconds: number;
  readonly #lines = new Map<string, Line>();

  constructor({ max, waitMilliseconds = limits.connectionWaitMilliseconds }: CallerTurnsOptions) {
    this.#max = max;
    this.#waitMilliseconds = waitMilliseconds;
  }

  /** Callers of whom something has begun. */
  get count(): number {
    return this.#lines.size;
  }

  /** @throws {SafeError} OVERLOADED when it could not begin in time; then nothing was done */
  async run<Result>(caller: string, work: () => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(caller) ?? { begun: 0, waiting: [] };
    this.#lines.set(caller, line);
    await this.#enter(line);
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next === undefined) line.begun -= 1;
      else next();
      if (line.begun === 0) this.#lines.delete(caller);
    }
  }

  async #enter(line: Line): Promise<void> {
    if (line.begun < this.#max) {
      line.begun += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    line.waiting.push(resolve);
    const timer = setTimeout(() => {
      line.waiting.splice(line.waiting.indexOf(resolve), 1);
      const sentence = "Too much of yours is on its way already.";
      reject(refusal("OVERLOADED", sentence, { hint: TRY_AGAIN, statusCode: 503 }));
    }, this.#waitMilliseconds);
    await promise.finally(() => clearTimeout(timer));
  }
}
