/**
 * Signing in with an OpenID Connect provider: the authorization code flow with PKCE, state and nonce.
 *
 * What a sign-in has to remember until its person comes back is in a cookie of theirs, encrypted under a key that every gateway of the
 * configuration derives, so that any of them can finish what another began, and none remembers anything. The token that comes of it is
 * checked by the one function that checks all tokens; if that takes neither of the provider's, the person is not signed in.
 */
import { hkdfSync } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";
import * as client from "openid-client";
import type { Logger } from "pino";
import { SafeError } from "postgraphile/grafast";
import type { Authenticate } from "./auth.ts";
import { kept } from "./kept.ts";
import {
  AT_PROVIDER_SECONDS,
  codeOf,
  discover,
  isForeignAnswer,
  isNo,
  logged,
  PROVIDER_KEPT_MILLISECONDS,
  REDEEMING_MAX,
} from "./provider.ts";
import { refusal } from "./refusals.ts";

export interface OidcOptions {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What is asked for, separated by spaces; `openid` among it. */
  readonly scope: string;
  /** Where browsers reach the gateway: an origin, the same for all gateways. */
  readonly publicUrl: URL;
}

/** What a sign-in has to remember. */
export interface Begun {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly returnTo: string;
}

/** Somebody who has signed in. */
export interface SignedIn {
  readonly token: string;
  readonly expiresAt: number;
  /** The page on which the sign-in began. */
  readonly returnTo: string;
}

/** Where the provider sends people back to; it must know this address. */
export const CALLBACK_PATH = "/session/callback";

const SIGN_IN_AGAIN = "Sign in again.";

export class OidcSignIn {
  readonly #options: OidcOptions;
  readonly #authenticate: Authenticate;
  readonly #log: Logger;
  readonly #key: Uint8Array;
  readonly #provider: () => Promise<client.Configuration>;
  #redeemingCount = 0;

  constructor(options: OidcOptions, { authenticate, log }: { authenticate: Authenticate; log: Logger }) {
    this.#options = options;
    this.#authenticate = authenticate;
    this.#log = log;
    const { clientId, clientSecret, publicUrl } = options;
    const info = `${publicUrl.origin}\n${clientId}`;
    this.#key = new Uint8Array(hkdfSync("sha256", clientSecret, "golden-press/sign-in/v1", info, 32));
    this.#provider = kept(() => discover(options), PROVIDER_KEPT_MILLISECONDS);
  }

  /**
   * Begins a sign-in.
   *
   * @returns where to send the person, and what to keep in a cookie of theirs meanwhile
   * @throws {SafeError} OVERLOADED when the provider does not say where
   */
  async begin(returnTo: string): Promise<{ readonly location: string; readonly kept: string }> {
    const provider = await this.#provider().catch((error: unknown) => this.#refuse(error));
    const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
    const location = client.buildAuthorizationUrl(provider, {
      redirect_uri: new URL(CALLBACK_PATH, this.#options.publicUrl).href,
      scope: this.#options.scope,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    const begun: Begun = { verifier, state, nonce, returnTo };
    const kept = await new EncryptJWT({ ...begun })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .setExpirationTime(`${AT_PROVIDER_SECONDS}s`)
      .encrypt(this.#key);
    return { location: location.href, kept };
  }

  /**
   * Reads what a sign-in has kept. A browser keeps that of one only: with two tabs, of the one that began last.
   *
   * @param address the path and query with which the person came back
   * @param kept what {@link begin} gave to keep
   * @throws {SafeError} INVALID_INPUT without what was kept; UNAUTHENTICATED when it is another sign-in's
   */
  async recall(address: string, kept: string | undefined): Promise<Begun> {
    const begun = await this.#open(kept);
    if (new URL(address, this.#options.publicUrl).searchParams.get("state") === begun.state) return begun;
    throw refusal("UNAUTHENTICATED", "Another sign-in began in this browser after this one.", {
      hint: "Finish that one, or sign in again.",
      statusCode: 401,
    });
  }

  /**
   * Finishes a sign-in.
   *
   * @param address the path and query with which the person came back
   * @param begun what {@link recall} has read
   * @throws {SafeError} UNAUTHENTICATED when the provider, or the gateway, does not take the person; OVERLOADED when the provider cannot be
   *   reached, or too many are signing in
   */
  async finish(address: string, begun: Begun): Promise<SignedIn> {
    const currentUrl = new URL(address, this.#options.publicUrl);
    if (this.#redeemingCount >= REDEEMING_MAX) {
      throw refusal("OVERLOADED", "Too many are signing in.", { hint: SIGN_IN_AGAIN, statusCode: 503 });
    }
    this.#redeemingCount += 1;
    try {
      const tokens = await client.authorizationCodeGrant(await this.#provider(), currentUrl, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
      });
      return { ...(await this.#accept(tokens)), returnTo: begun.returnTo };
    } catch (error) {
      return this.#refuse(error);
    } finally {
      this.#redeemingCount -= 1;
    }
  }

  async #open(kept: string | undefined): Promise<Begun> {
    try {
      const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
      const { payload } = await jwtDecrypt<Begun>(kept ?? "", this.#key, only);
      return payload;
    } catch {
      throw refusal("INVALID_INPUT", "This sign-in took too long, was finished before, or began in another browser.", {
        hint: SIGN_IN_AGAIN,
        statusCode: 400,
      });
    }
  }

  /** The access token is made for those who serve, if it can be read at all; else what the provider says of the person must do. */
  async #accept(tokens: client.TokenEndpointResponse): Promise<Pick<SignedIn, "token" | "expiresAt">> {
    const objections: string[] = [];
    for (const [name, token] of [
      ["access token", tokens.access_token],
      ["ID token", tokens.id_token],
    ]) {
      if (token === undefined) continue;
      try {
        const { expiresAt } = await this.#authenticate(`Bearer ${token}`);
        if (expiresAt !== null) return { token, expiresAt };
      } catch (error) {
        if (!isUnauthenticated(error)) throw error;
        objections.push(`of the ${name}: ${error.message.replace(/^UNAUTHENTICATED: /, "")}`);
      }
    }
    this.#log.warn({ objections }, "somebody signed in with the provider, but no token of its is accepted here");
    throw refusal("UNAUTHENTICATED", "The provider has signed you in, but its tokens are not accepted here.", {
      detail: objections.join(" "),
      hint: "JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE and JWT_ROLE_CLAIM must be what its tokens say. With the client's id as JWT_AUDIENCE its ID tokens are accepted.",
      statusCode: 401,
    });
  }

  /** Says what went wrong on the way to the provider and back. What it has written for people is not repeated: it may be anybody's words. */
  #refuse(error: unknown): never {
    if (error instanceof SafeError) throw error;
    this.#log.warn(logged(error), "a sign-in with the provider failed");
    if (isAboutSecret(error)) {
      throw refusal("UNAUTHENTICATED", "The provider does not take this gateway for the one that it knows.", {
        hint: "OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be what the provider has for it.",
        statusCode: 401,
      });
    }
    if (isNo(error)) {
      throw refusal("UNAUTHENTICATED", `The provider has not signed you in; it answers: ${codeOf(error)}.`, {
        hint: SIGN_IN_AGAIN,
        statusCode: 401,
      });
    }
    if (isForeignAnswer(error)) {
      throw refusal("UNAUTHENTICATED", "The provider's answer is not one to this sign-in.", {
        hint: SIGN_IN_AGAIN,
        statusCode: 401,
      });
    }
    throw refusal("OVERLOADED", "The provider cannot be asked right now.", {
      hint: "Sign in again in a moment.",
      statusCode: 503,
    });
  }
}

function isUnauthenticated(error: unknown): error is SafeError {
  return error instanceof SafeError && error.extensions?.code === "UNAUTHENTICATED";
}

/** Where the secret goes in a header, the answer to a wrong one comes in a header too (RFC 6749, 5.2). */
function isAboutSecret(error: unknown): boolean {
  if (error instanceof client.WWWAuthenticateChallengeError) return true;
  return error instanceof client.ResponseBodyError && error.error === "invalid_client";
}
