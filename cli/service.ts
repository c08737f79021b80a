import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Configuration } from "../configuration.ts";
import { makeLogger } from "../logging.ts";

/** A part of the press that runs until it is stopped. */
export interface Service {
  stop(): Promise<void>;
}

/** A log of JSON lines on the standard output, as services have it; the start makes them readable for a terminal. */
export function makeLog(name: string, { logLevel }: Pick<Configuration, "logLevel">): Logger {
  return makeLogger(name, logLevel ?? "info");
}

/**
 * Keeps a service running until the process is asked to stop, by a signal or by the end of the process that forked it, and stops it in
 * order then.
 *
 * @param facts what the parent process, if there is one, is told now that the service is ready
 */
export async function runService(service: Service, facts: Readonly<Record<string, string>>): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
    process.once("disconnect", resolve);
  });
  // When the parent is gone nobody reads any more: a log line must not end us before the batch in hand is stored.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.send?.(facts, undefined, undefined, () => undefined); // It may have died meanwhile, which the disconnect says.
  await asked;
  await service.stop();
  if (process.connected) process.disconnect();
  await lastLines(process.stdout);
  // What a library has left open, as a connection on which nobody answers, keeps no process that has stopped.
  setTimeout(() => process.exit(), LEFT_OPEN_MILLISECONDS).unref();
}

/** How long what is open after the end may take to close by itself. */
const LEFT_OPEN_MILLISECONDS = 1_000;
/** How long the reader of the log may take for the last lines. */
const LAST_LINES_MILLISECONDS = 1_000;
const LOOK_MILLISECONDS = 20;

/** Lets the log be read to its end. One that nobody reads keeps no process that has stopped. */
async function lastLines(output: NodeJS.WriteStream): Promise<void> {
  const deadline = performance.now() + LAST_LINES_MILLISECONDS;
  while (output.writableLength > 0 && performance.now() < deadline) await sleep(LOOK_MILLISECONDS);
  if (output.writableLength > 0) process.exit();
}
