import { access } from "node:fs/promises";
import { type Configuration, ConfigurationError } from "../configuration.ts";
import { createSigningKey, readSigningKey, SigningKey } from "../worker/keys.ts";
import { embeddedHome } from "./connection.ts";

/** The keys of a worker: the tickets', that of the ledger's checkpoints, and the credentials'. */
export type KeyName = "signingKey" | "checkpointKey" | "credentialKey";

const KEYS = {
  signingKey: { what: "a signing key", variable: "SIGNING_KEY" },
  checkpointKey: { what: "another key, for the checkpoints of the ledger", variable: "CHECKPOINT_KEY" },
  credentialKey: { what: "a third key, for credentials", variable: "CREDENTIAL_KEY" },
} as const satisfies Record<KeyName, unknown>;

/**
 * Loads a private key: from its variable, from the file that a variable names, or from the folder of the embedded press.
 *
 * @param create whether a file that does not exist is made
 * @throws {ConfigurationError} when no key is set
 * @throws {SigningKeyError} when it cannot be used
 */
export async function loadKey(configuration: Configuration, name: KeyName, create = false): Promise<SigningKey> {
  const key = await findKey(configuration, name, create);
  if (key !== undefined) return key;
  const { what, variable } = KEYS[name];
  throw new ConfigurationError(
    `The worker needs ${what}: make one with \`npm run press -- keys create FILE\`, and set ${variable}_FILE to it.`,
  );
}

/** The same for a key without which a worker works too: undefined when none is set. */
export async function findKey(
  configuration: Configuration,
  name: KeyName,
  create = false,
): Promise<SigningKey | undefined> {
  const text = configuration[name];
  if (text !== undefined) {
    delete process.env[KEYS[name].variable]; // So that no child process ever inherits it.
    return new SigningKey(text);
  }
  const file = configuration[`${name}File`] ?? (await embeddedHome(configuration))?.[`${name}File`];
  if (file === undefined) return undefined;
  return create ? await readOrCreate(file) : await readSigningKey(file);
}

async function readOrCreate(file: string): Promise<SigningKey> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  return isThere ? readSigningKey(file) : createSigningKey(file);
}
