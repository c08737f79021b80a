import { type Configuration, ConfigurationError } from "../configuration.ts";
import type { GatewayOptions } from "../gateway/server.ts";
import { publicIdentity } from "../publicIdentity.ts";

/**
 * The providers to which the gateway takes people; they send them back to where the press is known.
 *
 * @throws {ConfigurationError} when that is nowhere
 */
export function evidenceOf(configuration: Configuration): GatewayOptions["evidence"] {
  const { attestationIssuers: issuers } = configuration;
  if (issuers.length === 0) return undefined;
  if (configuration.port === 0 && configuration.publicUrl === undefined) {
    throw new ConfigurationError(
      "ATTESTATION_ISSUERS is set, but with PORT=0 nobody can say to which address they send people back: set PUBLIC_URL, or another PORT.",
    );
  }
  return { issuers, publicUrl: new URL(publicIdentity(configuration).baseUrl) };
}

/** Where people see their repositories: GitHub's API has a host of its own; others have it beside their pages. */
export function repositoryHostOf({ repositoryApiUrl }: Configuration): string | undefined {
  if (repositoryApiUrl === undefined) return undefined;
  const { host } = new URL(repositoryApiUrl);
  return host === "api.github.com" ? "github.com" : host;
}
