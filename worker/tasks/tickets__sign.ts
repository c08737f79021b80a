import type { Task } from "graphile-worker";
import type { Signer } from "../signer.ts";

declare global {
  namespace GraphileWorker {
    interface Tasks {
      tickets__sign: unknown;
    }
  }
}

/**
 * The job `tickets__sign`: a wake-up and no more. Its payload is not read, because whoever can add a job could write anything into it; what
 * is to be signed is asked of the database.
 */
export function makeTicketsSignTask(signer: Pick<Signer, "drain">): Task<"tickets__sign"> {
  return () => signer.drain();
}
