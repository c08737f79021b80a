/* Where the workers of the tests publish. It stands alone, so that a worker process loads nothing else of the tests for it. */

export const STREAM = "GOLDEN_PRESS";
export const PREFIX = "choco.events.monetization";
