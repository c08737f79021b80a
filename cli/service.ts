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
}
