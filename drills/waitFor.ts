import { setTimeout as sleep } from "node:timers/promises";

/** A drill shows something else than what the press promises, or cannot go on. The message is a sentence that says what. */
export class DrillError extends Error {
  override readonly name = "DrillError";
}

const LOOK_MILLISECONDS = 20;
const PATIENCE_MILLISECONDS = 120_000;

/**
 * Waits until a condition holds; what it throws counts as no, because databases come and go here.
 *
 * @param what completes the sentence "It was waited in vain for …"
 * @throws {DrillError} after two minutes
 */
export async function waitFor(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  let failure: unknown;
  while (performance.now() < deadline) {
    try {
      if (await condition()) return;
    } catch (error) {
      failure = error;
    }
    await sleep(LOOK_MILLISECONDS);
  }
  throw new DrillError(`It was waited in vain for ${what}.`, { cause: failure });
}

/** @throws {DrillError} with the sentence, unless it holds */
export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new DrillError(sentence);
}
