/**
 * Who calls: from the text of an Authorization header to a database role and a subject.
 *
 * Two ways of checking a token exist and never mix: a shared secret (HS256 only), or the public keys of an issuer (asymmetric algorithms
 * only). So a public key can never serve as a secret, and a token never chooses how it is checked.
 */
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import { refusal } from "./refusals.ts";

/** The database roles that a request can have; there is no other, and never none. */
export type Role = "press_anonymous" | "press_holder" | "press_operator";

/** Who calls. `subject` is null for nobody, and only then. `expiresAt` is when the token ends, in milliseconds; nobody has none. */
export type Identity =
  | { readonly role: "press_anonymous"; readonly subject: null; readonly expiresAt: null }
  | { readonly role: "press_holder" | "press_operator"; readonly subject: string; readonly expiresAt: number };

/** A caller without a token. */
export const anonymous: Identity = { role: "press_anonymous", subject: null, expiresAt: null };

/** Which tokens are accepted. */
export interface JwtOptions {
  readonly key:
    | { /** At least 32 bytes, as RFC 7518 asks of HS256. */ readonly secret: Uint8Array }
    | { readonly jwksUrl: URL /** Asymmetric ones only. */; readonly algorithms: readonly string[] };
  /** The `aud` that a token must have. */
  readonly audience: string;
  /** The `iss` that a token must have; not checked when undefined. */
  readonly issuer?: string | undefined;
  /** The claim that names the role: `operator`; `holder` or absent. */
  readonly roleClaim: string;
}

/** Checks the text of an Authorization header (undefined: there was none); throws UNAUTHENTICATED. */
export type Authenticate = (authorization: string | undefined) => Promise<Identity>;

const SECRET_BYTES_MIN = 32;
const SUBJECT_LENGTH_MAX = 255;
const TOKEN_LENGTH_MAX = 8192;
/** Of clocks that do not quite agree. */
const CLOCK_TOLERANCE_SECONDS = 5;
const REMEMBERED_TOKENS_MAX = 10_000;

/** What {@link isSubject} asks for, to complete a sentence. */
export const SUBJECT_FORM = `a text of 1 to ${SUBJECT_LENGTH_MAX} characters, none of them a control character`;

/** The fixed map of claims to roles: nothing that a token says reaches the database as the name of a role. */
const rolesByClaim = new Map<unknown, "press_holder" | "press_operator">([
  [undefined, "press_holder"],
  ["holder", "press_holder"],
  ["operator", "press_operator"],
]);

/** The caller of a token. */
type Verified = Exclude<Identity, { readonly role: "press_anonymous" }>;

/**
 * Makes the one function that resolves identities, for HTTP and WebSocket alike. A verified token is remembered until it expires, because
 * checking a signature costs more than most queries.
 *
 * @throws {Error} when the options cannot be meant: a short secret, or an algorithm that does not fit the kind of key
 */
export function makeAuthenticate(options: JwtOptions): Authenticate {
  const verify = makeVerify(options);
  const remembered = new Map<string, Verified>();

  return async (authorization) => {
    if (authorization === undefined) return anonymous;
    const token = bearerToken(authorization);
    const known = remembered.get(token);
    if (known !== undefined && known.expiresAt > Date.now()) return known;

    remembered.delete(token);
    const verified = await verify(token);
    if (remembered.size >= REMEMBERED_TOKENS_MAX) forgetOldest(remembered);
    remembered.set(token, verified);
    return verified;
  };
}

function makeVerify({ key, audience, issuer, roleClaim }: JwtOptions): (token: string) => Promise<Verified> {
  const checks: JWTVerifyOptions = {
    audience,
    ...(issuer === undefined ? null : { issuer }),
    requiredClaims: ["sub", "exp"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };

  if ("secret" in key) {
    if (key.secret.byteLength < SECRET_BYTES_MIN)
      throw new Error(`The secret of the tokens must have at least ${SECRET_BYTES_MIN} bytes.`);
    return async (token) => {
      const result = await jwtVerify(token, key.secret, { ...checks, algorithms: ["HS256"] }).catch(refuseToken);
      return verifiedFrom(result.payload, roleClaim);
    };
  }

  if (key.algorithms.length === 0 || !key.algorithms.every(isAsymmetric)) {
    throw new Error(
      `Tokens checked with an issuer's keys need asymmetric algorithms, not "${key.algorithms.join(",")}".`,
    );
  }
  const keys = createRemoteJWKSet(key.jwksUrl);
  return async (token) => {
    const result = await jwtVerify(token, keys, { ...checks, algorithms: [...key.algorithms] }).catch(refuseToken);
    return verifiedFrom(result.payload, roleClaim);
  };
}

function isAsymmetric(algorithm: string): boolean {
  return /^(Ed25519|EdDSA|(ES|PS|RS)(256|384|512))$/.test(algorithm);
}

function verifiedFrom(payload: JWTPayload, roleClaim: string): Verified {
  const { sub, exp } = payload;
  if (typeof sub !== "string" || !isSubject(sub)) {
    throw unauthenticated(`The token's "sub" must be ${SUBJECT_FORM}.`);
  }
  const role = rolesByClaim.get(payload[roleClaim]);
  if (role === undefined)
    throw unauthenticated(`The token's "${roleClaim}" must be "holder" or "operator", or absent.`);
  return { role, subject: sub, expiresAt: Number(exp) * 1000 };
}

/** Whether a caller can be called so. */
export function isSubject(text: string): boolean {
  return text !== "" && text.isWellFormed() && [...text].length <= SUBJECT_LENGTH_MAX && !/\p{Cc}/u.test(text);
}

function bearerToken(authorization: string): string {
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1];
  if (token === undefined || token.length > TOKEN_LENGTH_MAX) {
    throw unauthenticated("The Authorization header must be: Bearer, a space, and the token.");
  }
  return token;
}

function refuseToken(error: unknown): never {
  if (error instanceof errors.JWTExpired) throw unauthenticated("The token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed)
    throw unauthenticated(`The token's "${error.claim}" is missing or not acceptable.`);
  if (isFaultOfToken(error)) throw unauthenticated("The token is not valid.");
  throw refusal("OVERLOADED", "The token cannot be checked right now: the issuer's keys cannot be read.", {
    statusCode: 503,
  });
}

/** What is left is a fault on the way to the issuer's keys, and says nothing about the token. */
function isFaultOfToken(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false;
  return error instanceof errors.JOSEError && error.code !== "ERR_JOSE_GENERIC";
}

function unauthenticated(sentence: string): Error {
  return refusal("UNAUTHENTICATED", sentence, {
    hint: "Get a new token, or send none to read what is public.",
    statusCode: 401,
  });
}

function forgetOldest(remembered: Map<string, Verified>): void {
  const oldest = remembered.keys().next();
  if (!oldest.done) remembered.delete(oldest.value);
}
