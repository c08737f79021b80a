import { SignJWT } from "jose";
import type { Configuration } from "../configuration.ts";
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
  const claims = options.operator ? { [configuration.jwtRoleClaim]: "operator" } : {};
  const unsigned = new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(options.sub)
    .setAudience(configuration.jwtAudience)
    .setIssuedAt();
  if (configuration.jwtIssuer !== undefined) unsigned.setIssuer(configuration.jwtIssuer);
  setExpiry(unsigned, options.expires);
  console.log(await unsigned.sign(secret));
}

function setExpiry(unsigned: SignJWT, expires: string): void {
  try {
    unsigned.setExpirationTime(expires);
  } catch {
    throw new CommandError(`--expires must be a time span like 30m, 12h or 7d, not "${expires}".`, EXIT.usage);
  }
}
