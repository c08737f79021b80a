import { type Configuration, ConfigurationError, variableName } from "../configuration.ts";
import { publicIdentity } from "../publicIdentity.ts";
import { readSecretFile } from "../secretFile.ts";
import type { AttestationsOptions } from "../worker/attestations/attestations.ts";
import type { SigningKey } from "../worker/keys.ts";
import { findKey } from "./signingKey.ts";

/**
 * Whose word the worker takes as evidence, and what it signs credentials with.
 *
 * @param create whether the key of the credentials is made when its file does not exist
 * @throws {ConfigurationError} when the file of the token cannot be read, or the token is for no service
 * @throws {SigningKeyError} when the key cannot be used
 */
export async function readAttestationOptions(
  configuration: Configuration,
  create: boolean | undefined,
): Promise<AttestationsOptions> {
  const key = await findKey(configuration, "credentialKey", create);
  return {
    issuers: configuration.attestationIssuers,
    repositories: await readRepositoryOptions(configuration),
    credentials: key && credentialsOf(configuration, key),
  };
}

/** A credential is valid for a year, and a port that is any free one for as long as the gateway runs. */
function credentialsOf(configuration: Configuration, key: SigningKey): AttestationsOptions["credentials"] {
  const isLasting = configuration.publicUrl !== undefined || configuration.port !== 0;
  return { key, issuer: isLasting ? publicIdentity(configuration) : undefined };
}

async function readRepositoryOptions(configuration: Configuration): Promise<AttestationsOptions["repositories"]> {
  const { repositoryApiUrl: apiUrl, repositoryApiToken, repositoryApiTokenFile } = configuration;
  if (apiUrl !== undefined) return { apiUrl, token: repositoryApiToken ?? (await readToken(repositoryApiTokenFile)) };
  for (const key of ["repositoryApiToken", "repositoryApiTokenFile"] as const) {
    if (configuration[key] === undefined) continue;
    throw new ConfigurationError(
      `${variableName(key)} is set, but REPOSITORY_API_URL is not: set it too, or repositories are not verified.`,
    );
  }
  return undefined;
}

/** An empty file is no token: containers have one whether there is a token or not. */
async function readToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const token = await readSecretFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(
      `The file of ${variableName("repositoryApiTokenFile")} cannot be read: ${file} (${error.code}).`,
    );
  });
  return token === "" ? undefined : token;
}
