/**
 * Turns at the event loop. Planning an operation holds it for as long as it takes, and what arrived together would be planned back to back,
 * with nobody else served meanwhile. So work that begins when a turn has already been used up waits for the next one.
 */

/** What may begin in one turn of the event loop; whatever has begun is not interrupted. */
const TURN_MILLISECONDS = 20;

/** Makes a function that calls `begin` at once, or in a later turn when this one is used up; first come, first served. */
export function makeTurns(
  turnMilliseconds: number = TURN_MILLISECONDS,
): <Result>(begin: () => Result) => Result | Promise<Awaited<Result>> {
  const waiting: (() => void)[] = [];
  let spent = 0;

  const timed = <Result>(begin: () => Result): Result => {
    if (spent === 0) setImmediate(nextTurn);
    const since = performance.now();
    try {
      return begin();
    } finally {
      spent += performance.now() - since;
    }
  };
  const nextTurn = () => {
    spent = 0;
    while (waiting.length > 0 && spent < turnMilliseconds) timed(waiting.shift() as () => void);
  };

  return (begin) => {
    if (waiting.length === 0 && spent < turnMilliseconds) return timed(begin);
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof begin>>>();
    waiting.push(() => {
      try {
        resolve(begin() as Awaited<ReturnType<typeof begin>>);
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  };
}
