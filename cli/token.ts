import type { Configuration } from "../configuration.ts";
import { makeToken } from "../gateway/makeToken.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { readTokenSecret } from "./tokenKey.ts";

/** `golden-press token`: prints a token for the gateway, signed with the shared secret. */
export async function token(
  configuration: Configuration,
  options: { sub: string; operator?: boolean; expires: string },
): Promise<void> {
  const secret = await readTokenSecret(configuration);
  if (secret === undefined) {
    throw new CommandError(
      "JWT_JWKS_URL is set: the tokens come from that issuer, and none can be made here.",
      EXIT.usage,
    );
  }
  if (options.sub.trim() === "") throw new CommandError("--sub must name whom the token is for.", EXIT.usage);
  const { jwtAudience: audience, jwtIssuer: issuer, jwtRoleClaim: roleClaim } = configuration;
  const who = { subject: options.sub, isOperator: options.operator ?? false, expires: options.expires };
  const token = await makeToken({ secret, audience, issuer, roleClaim }, who).catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
    throw new CommandError(`--expires must be a time span like 30m, 12h or 7d, not "${options.expires}".`, EXIT.usage);
  });
  console.log(token);
}
