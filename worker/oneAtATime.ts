/**
 * Lets an act run once at a time. A call while it runs makes it run once more and shares the promise, so everything that was committed
 * before the call is seen by a run that begins after it.
 */
export function oneAtATime(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isAskedAgain = false;

  async function run(): Promise<void> {
    try {
      while (isAskedAgain) {
        isAskedAgain = false;
        await act();
      }
    } finally {
      running = undefined; // In the same turn as the last look at isAskedAgain: a call in between would be forgotten.
    }
  }

  return () => {
    isAskedAgain = true;
    running ??= run();
    return running;
  };
}
