import { type Configuration, ConfigurationError } from "../configuration.ts";
import { readSecretFile } from "../secretFile.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { embeddedHome } from "./connection.ts";

const SECRET_BYTES_MIN = 32;

/**
 * The shared secret of the tokens: from the environment, or the one that the embedded press made.
 *
 * @returns undefined when the tokens are checked with an issuer's keys instead
 * @throws {ConfigurationError} when there is none, or it is too short
 */
export async function readTokenSecret(configuration: Configuration): Promise<Uint8Array | undefined> {
  if (configuration.jwtJwksUrl !== undefined) return undefined;
  const text = configuration.jwtSecret ?? (await secretFromFile(configuration));
  const secret = Buffer.from(text, "utf8");
  if (secret.length >= SECRET_BYTES_MIN) return secret;
  throw new ConfigurationError(
    `The secret of the tokens must have at least ${SECRET_BYTES_MIN} bytes (openssl rand -hex 32 makes one).`,
  );
}

async function secretFromFile(configuration: Configuration): Promise<string> {
  const file = configuration.jwtSecretFile ?? (await embeddedHome(configuration))?.jwtSecretFile;
  if (file === undefined) {
    throw new ConfigurationError(
      "Tokens need a key: set JWT_SECRET_FILE (or JWT_SECRET), or JWT_JWKS_URL of their issuer; the embedded press makes its own at `npm start`.",
    );
  }
  return readSecretFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`The secret of the tokens cannot be read from ${file} (${error.code}).`, EXIT.usage);
  });
}
