import { readFile } from "node:fs/promises";
import { type Configuration, ConfigurationError, variableName } from "../configuration.ts";
import { readUrl } from "../urls.ts";
import type { EventOptions } from "../worker/events/stream.ts";

/**
 * Where the worker publishes events, and as whom.
 *
 * @returns undefined when no broker is set
 * @throws {ConfigurationError} when a file cannot be read, or names a user where there is no server to log in to
 */
export async function readEventOptions(configuration: Configuration): Promise<EventOptions | undefined> {
  const natsUrls = await readUrl(configuration, "natsUrl");
  if (natsUrls === undefined) {
    requireNone(configuration, "natsCredentialsFile");
    requireNone(configuration, "natsCaFile");
    return undefined;
  }
  return {
    natsUrls,
    credentials: await readText(configuration, "natsCredentialsFile"),
    ca: await readText(configuration, "natsCaFile"),
    prefix: configuration.eventSubjectPrefix,
    stream: configuration.eventStream,
    replicas: configuration.eventStreamReplicas,
  };
}

/** The same, for a command that is of no use without a broker. */
export async function requireEventOptions(configuration: Configuration): Promise<EventOptions> {
  const options = await readEventOptions(configuration);
  if (options !== undefined) return options;
  throw new ConfigurationError("There is no NATS server to ask: set NATS_URL, as the worker has it.");
}

type FileKey = "natsCredentialsFile" | "natsCaFile";

function requireNone(configuration: Configuration, key: FileKey): void {
  if (configuration[key] === undefined) return;
  throw new ConfigurationError(
    `${variableName(key)} is set, but NATS_URL is not: set it too, or no event is published.`,
  );
}

async function readText(configuration: Configuration, key: FileKey): Promise<string | undefined> {
  const file = configuration[key];
  if (file === undefined) return undefined;
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`The file of ${variableName(key)} cannot be read: ${file} (${error.code}).`);
  });
}
