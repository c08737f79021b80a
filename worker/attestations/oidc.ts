/**
 * Evidence of the kind oidc: an ID token (OpenID Connect Core 1.0) of a provider that the operator has named. The token is a stranger's until its
 * signature is checked, so nothing that it says decides who is asked: its issuer is looked up in the configuration, and its key in what that
 * issuer publishes.
 */
import canonicalize from "canonicalize";
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { type GuardedRequest, OutsideError } from "../../network/guardedFetch.ts";
import { fetchBehind } from "../../network/reach.ts";
import { type Evidence, type Gather, NONCE, type Problem, type Proof } from "./evidence.ts";

/** A provider whose ID tokens count, and what it calls the press. */
export interface AttestationIssuer {
  /** As it names itself: the `iss` of its tokens, to the character. */
  readonly issuer: string;
  readonly clientId: string;
}

/** What gathering of this kind needs. */
export interface OidcOptions {
  readonly issuers: readonly AttestationIssuer[];
  /** For how long after they were read keys are not read again, whatever a token names: strangers must not make the press ask and ask. */
  readonly keysCooldownMilliseconds?: number | undefined;
  readonly lookup?: GuardedRequest["lookup"];
  /** How long a provider may take for an answer. */
  readonly timeoutMilliseconds?: number | undefined;
}

/** Signatures that only the holder of a private key can make. None of them can be checked with anything that is published. */
const ALGORITHMS = [
  "Ed25519",
  "EdDSA",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "RS256",
  "RS384",
  "RS512",
];
/** Of clocks that do not quite agree, as for the rules. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** By how much the clock of the database and this one may differ, before keys that were read long ago are taken for later ones than a token. */
const CLOCKS_MILLISECONDS = 5_000;
/** A token answers a nonce, which lives for a quarter of an hour. */
const TOKEN_AGE_SECONDS_MAX = 900;
const SUBJECT_LENGTH_MAX = 255;

const TIMEOUT_MILLISECONDS = 5_000;
const KEYS_COOLDOWN_MILLISECONDS = 5_000;
/** What a provider says of itself may change, and so may its keys. */
const KEPT_MILLISECONDS = 600_000;
/** What a provider says of itself is some kilobytes; its keys are, each with certificates, some tens of them. */
const ANSWER_BYTES_MAX = 262_144;

const OF_ANOTHER_CLIENT = "The token was issued to another client than this press.";
/** A provider may publish keys that are too short, damaged, or private; and a token of anybody may name one of them. */
const UNUSABLE_KEY = "The token names a key of its issuer's that cannot be used.";
const UNTRUSTED = "The token is of an issuer that this press does not trust.";

/** Makes what gathers evidence of the kind oidc. Providers are asked when the first token of theirs comes. */
export function makeOidcGather(options: OidcOptions): Gather {
  const providers = new Map(options.issuers.map((issuer) => [issuer.issuer, new Provider(issuer, options)]));
  return async (evidence) => {
    const unverified = readUnverified(evidence.text);
    if ("problem" in unverified) return unverified;
    const provider = providers.get(unverified.issuer);
    return provider === undefined ? { problem: UNTRUSTED } : provider.gather(evidence);
  };
}

/** The keys of a provider, as they were when the provider was asked what it says of itself. */
interface Keys {
  readonly url: string;
  readonly get: ReturnType<typeof createRemoteJWKSet>;
  /** When the provider said where they are, on the clock of `performance.now()`. */
  readonly locatedAt: number;
  /** When it was last asked for them, in milliseconds since 1970; what it has published since is not among them. */
  readonly askedAt: () => number;
}

class Provider {
  readonly #issuer: AttestationIssuer;
  readonly #url: URL;
  readonly #options: OidcOptions;
  #keys: Keys | undefined;
  #locating: Promise<Keys> | undefined;
  /** The worker's, and so the same for all evidence: keys are asked for once for whoever waits for them. */
  #stopping: AbortSignal | undefined;

  constructor(issuer: AttestationIssuer, options: OidcOptions) {
    this.#issuer = issuer;
    this.#url = new URL(issuer.issuer);
    this.#options = options;
  }

  async gather({ text, submittedAt, signal }: Evidence): Promise<Proof | Problem> {
    this.#stopping = signal;
    const keys = await this.#locateKeys();
    const triedAt = Date.now();
    try {
      const { payload } = await this.#verify(text, keys.get, submittedAt);
      return proofOf(this.#issuer, payload);
    } catch (error) {
      // Keys that were read before the token came may lack the one that it names.
      const enough = Math.min(triedAt, submittedAt.getTime() + CLOCKS_MILLISECONDS);
      if (error instanceof errors.JWKSNoMatchingKey && keys.askedAt() < enough) {
        throw this.#outside("has not been asked again yet for the key of a token", Math.ceil(this.#cooldown / 1000));
      }
      return { problem: problemOf(error) };
    }
  }

  /** A token without a key id may be of any key of its kind. */
  async #verify(text: string, keys: JWTVerifyGetKey, currentDate: Date) {
    const { issuer, clientId } = this.#issuer;
    const checks = {
      algorithms: ALGORITHMS,
      issuer,
      audience: clientId,
      requiredClaims: ["sub", "exp", "iat"],
      maxTokenAge: TOKEN_AGE_SECONDS_MAX,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate,
    };
    try {
      return await jwtVerify(text, keys, checks);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      let failure: unknown = error;
      for await (const key of error) {
        try {
          return await jwtVerify(text, key, checks);
        } catch (another) {
          if (isAboutClaims(another)) throw another;
          failure = another;
        }
      }
      throw failure;
    }
  }

  get #cooldown(): number {
    return this.#options.keysCooldownMilliseconds ?? KEYS_COOLDOWN_MILLISECONDS;
  }

  async #locateKeys(): Promise<Keys> {
    const keys = this.#keys;
    if (keys !== undefined && performance.now() - keys.locatedAt < KEPT_MILLISECONDS) return keys;
    this.#locating ??= this.#discover().finally(() => {
      this.#locating = undefined;
    });
    this.#keys = await this.#locating;
    return this.#keys;
  }

  /** OpenID Connect Discovery 1.0. Keys that were read stay read while they are where they were. */
  async #discover(): Promise<Keys> {
    const { issuer } = this.#issuer;
    const address = new URL(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    const metadata = (await this.#ask(address)) as { issuer?: unknown; jwks_uri?: unknown } | null;
    if (metadata?.issuer !== issuer) throw this.#outside("gives itself another name than the one that is configured");
    const url = this.#requireKeysUrl(metadata.jwks_uri);
    const locatedAt = performance.now();
    if (this.#keys?.url === url.href) return { ...this.#keys, locatedAt };
    let askedAt = 0;
    const readKeys: FetchImplementation = async () => {
      const now = Date.now();
      const keys = await this.#ask(url);
      if (!isKeySet(keys)) throw this.#outside("publishes keys that are none");
      askedAt = now;
      return Response.json(keys);
    };
    const get = createRemoteJWKSet(url, {
      [customFetch]: readKeys,
      cooldownDuration: this.#cooldown,
      cacheMaxAge: KEPT_MILLISECONDS,
    });
    return { url: url.href, get, locatedAt, askedAt: () => askedAt };
  }

  #requireKeysUrl(text: unknown): URL {
    const url = typeof text === "string" ? URL.parse(text) : null;
    if (url === null) throw this.#outside("does not say where its keys are");
    return url;
  }

  async #ask(url: URL): Promise<unknown> {
    const response = await fetchBehind(this.#url, url, {
      headers: { accept: "application/json" },
      signal: this.#stopping,
      timeoutMilliseconds: this.#options.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS,
      bytesMax: ANSWER_BYTES_MAX,
      lookup: this.#options.lookup,
    });
    if (response.status !== 200) throw new OutsideError(`${url.host} answers ${response.status}`);
    return response.json().catch(() => {
      throw new OutsideError(`${url.host} answers with something else than JSON`);
    });
  }

  #outside(predicate: string, retryAfterSeconds?: number): OutsideError {
    return new OutsideError(`${this.#issuer.issuer} ${predicate}`, { retryAfterSeconds });
  }
}

/** RFC 7517, 5. */
function isKeySet(value: unknown): boolean {
  const { keys } = (value ?? {}) as { keys?: unknown };
  return Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null && !Array.isArray(key));
}

function isAboutClaims(error: unknown): boolean {
  return error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed;
}

/**
 * Why a token is refused, for the person who submitted it.
 *
 * @throws {OutsideError} what is no fault of the token's
 */
function problemOf(error: unknown): string {
  if (error instanceof OutsideError) throw error;
  if (error instanceof errors.JWTExpired) {
    return error.claim === "iat"
      ? "The token is too old: sign in again."
      : "The token had expired when it was submitted: sign in again.";
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === "aud" ? OF_ANOTHER_CLIENT : `The token's "${error.claim}" is missing or not acceptable.`;
  }
  if (error instanceof errors.JWKSInvalid || !(error instanceof errors.JOSEError)) return UNUSABLE_KEY;
  return "The token was not signed by a key of its issuer.";
}

/** Who says that it has issued the token. Nothing else of it is of use before its signature is checked. */
function readUnverified(text: string): { readonly issuer: string } | Problem {
  try {
    const { alg, typ = "JWT" } = decodeProtectedHeader(text);
    const { iss } = decodeJwt(text);
    if (!ALGORITHMS.includes(alg ?? "")) {
      return { problem: "The token is not signed in a way that only its issuer can: with a private key." };
    }
    // RFC 8725, 3.11: what was issued for another purpose says so here.
    if (typ.toUpperCase() !== "JWT")
      return { problem: "The token is no ID token: show the one that you got when you signed in." };
    return typeof iss === "string" ? { issuer: iss } : { problem: UNTRUSTED };
  } catch {
    return { problem: "The token is damaged: copy it whole." };
  }
}

/** OpenID Connect Core 1.0, 2: at most 255 ASCII characters. Providers are as liberal with the characters as the press is with those of tokens. */
function isSubject(text: string): boolean {
  return text !== "" && text.length <= SUBJECT_LENGTH_MAX && text.isWellFormed() && !/\p{Cc}/u.test(text);
}

function proofOf({ issuer, clientId }: AttestationIssuer, { sub, aud, azp, nonce }: JWTPayload): Proof | Problem {
  // OpenID Connect Core 1.0, 3.1.3.7: of several audiences the token says whom it was issued to.
  const isOfSeveral = Array.isArray(aud) && aud.length > 1;
  if (azp === undefined ? isOfSeveral : azp !== clientId) {
    return { problem: OF_ANOTHER_CLIENT };
  }
  if (typeof sub !== "string" || !isSubject(sub)) {
    return { problem: "The token does not say whom it is about." };
  }
  return {
    proof: canonicalize({ issuer, kind: "oidc", subject: sub }) ?? "",
    nonce: typeof nonce === "string" && NONCE.test(nonce) ? nonce : null,
    facts: {},
  };
}
