/** The URLs with a password in them, as the environment has them: in a variable each, or in a file that a variable names. */
import {
  type Configuration,
  ConfigurationError,
  parseUrlOfFile,
  type UrlKey,
  type UrlOf,
  variableName,
} from "./configuration.ts";
import { readSecretFile } from "./secretFile.ts";

/**
 * The URL (of NATS: the URLs) that the environment has.
 *
 * @returns undefined when it has none
 * @throws {ConfigurationError} when its file cannot be read, or holds no such URL
 */
export async function readUrl<Key extends UrlKey>(
  configuration: Configuration,
  key: Key,
): Promise<UrlOf<Key> | undefined> {
  const file = configuration[`${key}File`];
  if (file === undefined) return configuration[key] as UrlOf<Key> | undefined;
  const text = await readSecretFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`The file of ${variableName(`${key}File`)} cannot be read: ${file} (${error.code}).`);
  });
  return parseUrlOfFile(key, text);
}

/** Whether the environment has a URL; nothing is read for it. */
export function hasUrl(configuration: Configuration, key: UrlKey): boolean {
  return (configuration[key] ?? configuration[`${key}File`]) !== undefined;
}
