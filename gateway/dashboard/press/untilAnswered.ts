/** Sends a request until its answer is known. */
import type { Problem } from "./problem.ts";

/** What became of a request: what was asked for, or why not. */
export type Outcome<Value> = { readonly value: Value } | { readonly problem: Problem };

/** Where it ended: `isSettled` says that the outcome is the press's last word, so that the request's key is not needed any more. */
export type Ending<Value> = Outcome<Value> & { readonly isSettled: boolean };

interface Ways<Value> {
  /** Sends the request, under the same key every time. */
  readonly send: () => Promise<Outcome<Value>>;
  /** Asks what an earlier attempt brought; a null value: nothing so far. Left out where there is no such question. */
  readonly look?: () => Promise<Outcome<Value | null>>;
  /** Whether it may have been sent before, as after a reload. */
  readonly mayBeSent: boolean;
  /** How often it is tried before the person is told that nothing is known; left out, for as long as it takes. */
  readonly attemptsMax?: number;
  /** Resolves when it is time for the next attempt; `attempt` counts from 1. */
  readonly pause: (attempt: number) => Promise<void>;
  /** Told why the last attempt brought no answer. */
  readonly onRetry: (problem: Problem) => void;
  /** Aborted, it gives up; the request stays in the journal. */
  readonly signal: AbortSignal;
}

/** It says nothing of whether the request was carried out, and may never pass by itself. */
const FAULT = "INTERNAL_ERROR";
const FAULTS_MAX = 4;
/** They speak of who asks, not of the request: it goes on when they are signed in again. */
const SIGNED_OUT: ReadonlySet<string> = new Set(["UNAUTHENTICATED", "NOT_SIGNED_IN"]);

/**
 * The first answer that is final. A retryable problem is none: the outcome is looked up, and the request sent again under its key. A fault is
 * none either, nor is a problem with looking; after a few of them it is left open what became of the request.
 *
 * @returns null when it was aborted
 */
export async function untilAnswered<Value>(ways: Ways<Value>): Promise<Ending<Value> | null> {
  const { send, look, pause, onRetry, signal, attemptsMax = Number.POSITIVE_INFINITY } = ways;
  let mayBeSent = ways.mayBeSent;
  let faults = 0;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const earlier = mayBeSent && look !== undefined ? await look() : { value: null };
    if ("value" in earlier && earlier.value !== null) return { value: earlier.value, isSettled: true };
    // Whoever it was asked for may have gone while the answer was on its way.
    if (signal.aborted) return null;
    // Who cannot even be asked is not sent anything.
    const isLooking = "problem" in earlier;
    const outcome = isLooking ? earlier : await send();
    if ("value" in outcome) return { value: outcome.value as Value, isSettled: true };
    const { problem } = outcome;
    const isFault = problem.code === FAULT;
    if (isFault) faults += 1;
    if (!isFault && !problem.isRetryable) return { problem, isSettled: !isLooking && !SIGNED_OUT.has(problem.code) };
    if (attempt >= attemptsMax || faults >= FAULTS_MAX) return { problem, isSettled: false };
    mayBeSent = true;
    onRetry(problem);
    await pause(attempt);
  }
  return null;
}

/** Waits longer each time, ten seconds at most, and never in step with others. */
export function pauseBetween(attempt: number): Promise<void> {
  const milliseconds = Math.min(500 * 2 ** (attempt - 1), 10_000) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
