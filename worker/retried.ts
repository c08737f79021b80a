import { setTimeout as sleep } from "node:timers/promises";

/** What the database says when others were in the way, and nothing was done: RETRY, a deadlock that it has broken, LOCK_TIMEOUT. */
const IN_THE_WAY = ["40001", "40P01", "PRBSY"];
const ATTEMPTS_MAX = 5;
const PAUSE_MILLISECONDS_MAX = 100;

/**
 * Does some work in the database again while others are in its way, after pauses of random length, so that those who collided do not
 * again.
 *
 * @throws what the last of five attempts threw
 */
export async function retried<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isInTheWay(error) || attempt === ATTEMPTS_MAX) throw error;
      await sleep(Math.random() * PAUSE_MILLISECONDS_MAX * attempt);
    }
  }
}

function isInTheWay(error: unknown): boolean {
  return IN_THE_WAY.includes((error as { code?: string }).code ?? "");
}
