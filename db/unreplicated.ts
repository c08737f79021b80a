/* What was committed and is not on the standby. PostgreSQL reports success with a warning when somebody ends the wait for a synchronous standby; nobody
   reads warnings. */
import type pg from "pg";

/** Where in PostgreSQL the warning comes from: its words are in the language of the server, and its code is that of every warning. */
const WAIT = "SyncRepWaitForLSN";

/** Something was committed, and a synchronous standby may not have it: it may be gone tomorrow, and counts as what became of a lost connection. */
export class UnreplicatedError extends Error {
  override readonly name = "UnreplicatedError";
  /** As of a lost connection, which it is to whoever asked. */
  readonly code = "ECONNABORTED";

  constructor() {
    super("This was committed, but the wait for the standby was cancelled, which may not have it.");
  }
}

type Query = (...args: unknown[]) => unknown;
type Callback = (error: unknown, result: unknown) => void;

/** Lets a query of a pool fail whose wait for a synchronous standby was cancelled: what it did is not to be relied on, nor anybody to be told. */
export function failUnreplicated(pool: pg.Pool): void {
  pool.on("connect", (client) => {
    let isWaitCancelled = false;
    client.on("notice", ({ routine }) => {
      if (routine === WAIT) isWaitCancelled = true;
    });
    const failure = (): UnreplicatedError | undefined => {
      if (!isWaitCancelled) return undefined;
      isWaitCancelled = false;
      return new UnreplicatedError();
    };
    const query = client.query.bind(client) as Query;
    client.query = ((...args: unknown[]) => {
      const last = args.at(-1);
      if (typeof last === "function") {
        const callback = last as Callback;
        return query(...args.slice(0, -1), (error: unknown, result: unknown) => callback(error ?? failure(), result));
      }
      const result = query(...args);
      return result instanceof Promise ? result.then((rows) => throwing(failure(), rows)) : result;
    }) as typeof client.query;
  });
}

function throwing<Result>(failure: Error | undefined, result: Result): Result {
  if (failure !== undefined) throw failure;
  return result;
}
