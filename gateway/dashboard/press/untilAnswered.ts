/** Sends a request until its answer is known. */
import type { Problem } from "./problem.ts";

/** What became of a request: what was asked for, or why not. */
export type Outcome<Value> = { readonly value: Value } | { readonly problem: Problem };

interface Ways<Value> {
  /** Sends the request, under the same key every time. */
  readonly send: () => Promise<Outcome<Value>>;
  /** Asks what an earlier attempt brought; a null value: nothing so far. Left out where there is no such question. */
  readonly look?: () => Promise<Outcome<Value | null>>;
  /** Whether it may have been sent before, as after a reload. */
  readonly mayBeSent: boolean;
  /** Resolves when it is time for the next attempt; `attempt` counts from 1. */
  readonly pause: (attempt: number) => Promise<void>;
  /** Told why the last attempt brought no answer. */
  readonly onRetry: (problem: Problem) => void;
  /** Aborted, it gives up; the request stays in the journal. */
  readonly signal: AbortSignal;
}

/** INTERNAL_ERROR says nothing of whether the request was carried out. */
const UNCERTAIN = "INTERNAL_ERROR";

/**
 * The first answer that is final. A retryable problem is none: the outcome is looked up, and the request sent again under its key.
 *
 * @returns null when it was aborted
 */
export async function untilAnswered<Value>(ways: Ways<Value>): Promise<Outcome<Value> | null> {
  const { send, look, pause, onRetry, signal } = ways;
  let mayBeSent = ways.mayBeSent;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const earlier = mayBeSent && look !== undefined ? await look() : { value: null };
    if ("value" in earlier && earlier.value !== null) return { value: earlier.value };
    // Whoever it was asked for may have gone while the answer was on its way.
    if (signal.aborted) return null;
    // Who cannot even be asked is not sent anything.
    const outcome = "problem" in earlier ? earlier : await send();
    if ("value" in outcome) return outcome as Outcome<Value>;
    const isCertain = outcome.problem.code !== UNCERTAIN || attempt > 1 || look === undefined;
    if (!outcome.problem.isRetryable && isCertain) return outcome;
    mayBeSent = true;
    onRetry(outcome.problem);
    await pause(attempt);
  }
  return null;
}

/** Waits longer each time, ten seconds at most, and never in step with others. */
export function pauseBetween(attempt: number): Promise<void> {
  const milliseconds = Math.min(500 * 2 ** (attempt - 1), 10_000) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
