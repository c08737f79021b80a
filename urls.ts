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

/** How the press is known to everybody who has a credential of it. */
export interface PublicIdentity {
  /** Where its gateway is, without a slash at the end: `https://press.example`. */
  readonly baseUrl: string;
  /** The same as a DID of the method web: `did:web:press.example`; a port follows behind `%3A`. */
  readonly did: string;
}

/**
 * What credentials name as their issuer, and where their status lists are: PUBLIC_URL; without it the address on which the gateway listens,
 * which is enough for this machine. Gateway and worker have to have the same.
 */
export function publicIdentity({ publicUrl, host, port }: Configuration): PublicIdentity {
  const url = new URL(publicUrl ?? `http://${reachable(host)}:${port}`);
  return { baseUrl: url.origin, did: `did:web:${encodeURIComponent(url.host)}` };
}

/** A gateway that listens on all addresses is reached at that of this machine. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
