import { Logger, run, type TaskList } from "graphile-worker";
import type { Pool } from "pg";
import type { Log } from "./log.ts";

/** How long a job that runs at the end may still take before it is told to give up. */
const GRACE_MILLISECONDS = 5_000;

/**
 * Runs jobs until the signal aborts or graphile-worker gives up, which it does when it cannot write a job's end back: the caller then
 * calls again.
 */
export async function runJobs(pool: Pool, taskList: TaskList, log: Log, signal: AbortSignal): Promise<void> {
  const runner = await run({
    pgPool: pool,
    taskList,
    noHandleSignals: true, // Who stops first is decided by whoever started the worker.
    preset: {
      worker: {
        concurrentJobs: 1,
        gracefulShutdownAbortTimeout: GRACE_MILLISECONDS,
        // Not for speed: only the batched way has a handler for an end that cannot be written because the connection is lost. The other
        // leaves the rejected promise to nobody, which ends the process.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        logger: makeLogger(log),
      },
    },
  });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped = runner.stop().catch(() => undefined); // It had stopped by itself.
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    await runner.promise;
  } finally {
    signal.removeEventListener("abort", stop);
    await stopped;
  }
}

/** graphile-worker says at `info` what is of use to its own developers only, and writes stacks into its messages. */
function makeLogger(log: Log): Logger {
  const levels = { error: "warn", warning: "warn", info: "debug", debug: "debug" } as const;
  return new Logger(() => (level, message) => {
    const [firstLine] = message.split("\n");
    log[levels[level]](`Jobs: ${firstLine}`);
  });
}
