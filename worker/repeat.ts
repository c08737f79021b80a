import { setTimeout as sleep } from "node:timers/promises";
import { errorDetails, kindOf, type Log } from "./log.ts";

/** What is done again and again. */
export interface Repetition {
  /** Names the work in the log: "look for pending tickets". */
  readonly name: string;
  /** The pause after each round, in milliseconds. */
  readonly pauseMilliseconds: number;
  /** The longest pause after failures; five seconds unless told. */
  readonly pauseMaxMilliseconds?: number;
  readonly log: Log;
  /** One round. The signal says that the repetition is being stopped. */
  readonly act: (signal: AbortSignal) => Promise<unknown>;
}

/** A running repetition. */
export interface Repeating {
  /** Begins no further round, and returns when the one that runs has ended. */
  stop(): Promise<void>;
}

const PAUSE_MAX_MILLISECONDS = 5_000;

/**
 * Repeats some work for ever, with a pause in between that doubles while the work fails. A failure is said once, and
 * once more when the work succeeds again: a database that is away for an hour does not fill the log. One of another kind
 * is said, too, or the first would hide it.
 */
export function repeat({ name, pauseMilliseconds, pauseMaxMilliseconds, log, act }: Repetition): Repeating {
  const controller = new AbortController();
  const { signal } = controller;
  let failures = 0;
  /** The kinds of failure that were said. */
  const said = new Set<string>();

  async function round(): Promise<void> {
    try {
      await act(signal);
      if (failures > 0) log.info({ failures }, `Could ${name} again.`);
      failures = 0;
      said.clear();
    } catch (error) {
      failures += 1;
      const kind = kindOf(error);
      const level = said.has(kind) ? "debug" : "error";
      said.add(kind);
      log[level]({ ...errorDetails(error), failures }, `Could not ${name}; it is tried again until it succeeds.`);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await round();
      const pause = Math.min(pauseMilliseconds * 2 ** failures, pauseMaxMilliseconds ?? PAUSE_MAX_MILLISECONDS);
      await sleep(pause, undefined, { signal }).catch(() => undefined); // Stopping ends the pause.
    }
  }

  const running = run();
  return {
    stop() {
      controller.abort();
      return running;
    },
  };
}
