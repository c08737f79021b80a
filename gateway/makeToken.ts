import { SignJWT } from "jose";

/** What a token says, beside whom it is for. */
export interface TokenTerms {
  /** The shared secret with which tokens are checked, too. */
  readonly secret: Uint8Array;
  readonly audience: string;
  readonly issuer?: string | undefined;
  /** The claim that names the role. */
  readonly roleClaim: string;
}

/**
 * Makes a token as an issuer would that shares the secret (HS256).
 *
 * @param expires a time span like `30m`, `12h` or `7d`
 * @throws {TypeError} when `expires` is none
 */
export async function makeToken(
  { secret, audience, issuer, roleClaim }: TokenTerms,
  { subject, isOperator, expires }: { subject: string; isOperator: boolean; expires: string },
): Promise<string> {
  const unsigned = new SignJWT(isOperator ? { [roleClaim]: "operator" } : {})
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(subject)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(expires);
  if (issuer !== undefined) unsigned.setIssuer(issuer);
  return unsigned.sign(secret);
}
