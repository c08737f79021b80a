import type { Logger } from "pino";

/** A failure that may last: it is said once, and once more when it is over, so that a database that is away for an hour does not fill the log. */
export class FailureLog {
  readonly #name: string;
  readonly #log: Logger;
  #isFailing = false;

  /** @param name of what is tried, as the log has it: "the ledger" */
  constructor(name: string, log: Logger) {
    this.#name = name;
    this.#log = log;
  }

  failed(error: unknown): void {
    if (!this.#isFailing)
      this.#log.warn({ err: error }, `${this.#name} cannot be read; it is tried again until it succeeds`);
    this.#isFailing = true;
  }

  succeeded(): void {
    if (this.#isFailing) this.#log.info(`${this.#name} can be read again`);
    this.#isFailing = false;
  }
}
