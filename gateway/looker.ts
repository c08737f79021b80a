/**
 * Looking into the database for those who wait here: once for all of them, at a hint, and from time to time without one.
 */
import type { Logger } from "pino";
import { FailureLog } from "./failureLog.ts";

export interface LookerOptions {
  /** What is looked for, as the log names it: "envelopes". */
  readonly name: string;
  readonly look: () => Promise<void>;
  /** Whether anybody waits; nothing is asked for nobody. */
  readonly isWanted: () => boolean;
  /** Between two looks that no hint asked for. */
  readonly pauseMilliseconds: number;
  readonly log: Logger;
}

export class Looker {
  readonly #options: LookerOptions;
  readonly #failures: FailureLog;
  #looking: Promise<void> | null = null;
  #isHinted = false;
  #isClosed = false;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: LookerOptions) {
    this.#options = options;
    this.#failures = new FailureLog(options.name, options.log);
  }

  /** Looks if anybody waits, and once more if a look is under way: it may have been too early. Then again and again. */
  look(): void {
    if (this.#isClosed || !this.#options.isWanted()) {
      clearInterval(this.#ticker);
      this.#ticker = undefined;
      return;
    }
    this.lookLater();
    this.#isHinted = true;
    this.#looking ??= this.#lookWhileHinted();
  }

  /** Looks again and again, for as long as anybody waits, but not at once. */
  lookLater(): void {
    if (!this.#isClosed) this.#ticker ??= setInterval(() => this.look(), this.#options.pauseMilliseconds);
  }

  /** Begins no further look, and waits until the one under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#ticker);
    await this.#looking;
  }

  async #lookWhileHinted(): Promise<void> {
    while (this.#isHinted && !this.#isClosed && this.#options.isWanted()) {
      this.#isHinted = false;
      await this.#lookOnce();
    }
    // In the same turn as the last check, so that no hint falls in between.
    this.#looking = null;
  }

  async #lookOnce(): Promise<void> {
    try {
      await this.#options.look();
      this.#failures.succeeded();
    } catch (error) {
      this.#failures.failed(error);
    }
  }
}
