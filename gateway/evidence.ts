/**
 * Proving with an OpenID provider who one is: the authorization code flow with PKCE of a public client, whose nonce is what
 * press.begin_attestation gave this person. The ID token that comes of it is evidence, and nothing else: nobody is signed in by it.
 *
 * What has to be remembered until the person comes back is in a cookie of theirs, encrypted under a key that is derived from the token of their
 * session: so no other session finishes it, and any gateway can. That cookie of the session does not come with somebody who is sent here from
 * another site; so the way back only keeps what the provider has said, and the person's page, which has the session, finishes.
 */
import { createHash, hkdfSync, randomUUID, timingSafeEqual } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";
import * as client from "openid-client";
import type { Logger } from "pino";
import { SafeError } from "postgraphile/grafast";
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

export interface EvidenceOptions {
  /** The providers whose ID tokens the press takes as evidence, as each names itself, and what each calls it; the same as the worker's. */
  readonly issuers: readonly { readonly issuer: string; readonly clientId: string }[];
  /** Where browsers reach the gateway: an origin, the same for all gateways. */
  readonly publicUrl: URL;
}

/** What a proof has to remember. */
interface Begun {
  readonly issuer: string;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly requestKey: string;
}

/** Evidence to submit, under its request key. */
export interface Evidence {
  /** An ID token, as the provider gave it: nobody has verified its signature yet. */
  readonly token: string;
  readonly requestKey: string;
}

/** Where providers send people back to; what follows names the provider. */
export const EVIDENCE_CALLBACK_PATH = "/attest/callback/";

/** With its path: more than providers say when they send somebody back, and less than browsers keep in a cookie together with the rest. */
const ANSWER_LENGTH_MAX = 2_048;
const BEGIN_AGAIN = "Begin again.";

/**
 * Where a provider sends people back to, each to another place: one that leads them on to another provider would get that one's code otherwise, and
 * prove with it that somebody else is who they are (RFC 9700, 4.4).
 */
function callbackPathOf(issuer: string): string {
  const { host, pathname } = new URL(issuer);
  return `${EVIDENCE_CALLBACK_PATH}${host}${pathname.replace(/\/$/, "")}`;
}

export class OidcEvidence {
  readonly #publicUrl: URL;
  readonly #log: Logger;
  readonly #providers: ReadonlyMap<string, () => Promise<client.Configuration>>;
  #redeemingCount = 0;

  constructor({ issuers, publicUrl }: EvidenceOptions, { log }: { readonly log: Logger }) {
    this.#publicUrl = publicUrl;
    this.#log = log;
    this.#providers = new Map(
      issuers.map(({ issuer, clientId }) => {
        const options = { issuer: new URL(issuer), clientId };
        return [issuer, kept(() => discover(options), PROVIDER_KEPT_MILLISECONDS)];
      }),
    );
  }

  /** The providers, as they name themselves. */
  get issuers(): readonly string[] {
    return [...this.#providers.keys()];
  }

  /**
   * Begins a proof.
   *
   * @param issuer one of {@link issuers}
   * @param session the token of the person's session
   * @param challenge gives the nonce, once it is known that there is such a provider
   * @returns where to send the person, and what to keep in a cookie of theirs meanwhile
   * @throws {SafeError} INVALID_INPUT for a provider that is not configured; OVERLOADED when it does not say where
   */
  async begin(
    issuer: string,
    session: string,
    challenge: () => Promise<string>,
  ): Promise<{ readonly location: string; readonly kept: string }> {
    const provider = await this.#providerOf(issuer);
    const nonce = await challenge();
    const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()];
    const location = client.buildAuthorizationUrl(provider, {
      redirect_uri: new URL(callbackPathOf(issuer), this.#publicUrl).href,
      scope: "openid",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    const begun: Begun = { issuer, verifier, state, nonce, requestKey: randomUUID() };
    const sealed = await new EncryptJWT({ ...begun })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .setExpirationTime(`${AT_PROVIDER_SECONDS}s`)
      .encrypt(keyOf(session));
    return { location: location.href, kept: `${digestOf(state).toString("base64url")}~${sealed}` };
  }

  /**
   * Adds to what a proof has kept what the provider has said. Whether it is good is judged when the proof is finished.
   *
   * @param address the path and query with which the person came back
   * @param kept what {@link begin} gave to keep
   * @returns what to keep in its place
   * @throws {SafeError} INVALID_INPUT without what was kept, or when the answer is too long; UNAUTHENTICATED when it is another proof's
   */
  answer(address: string, kept: string | undefined): string {
    const [digest = "", sealed = ""] = kept?.split("~") ?? [];
    if (sealed === "") throw notBegun();
    const { pathname, search, searchParams } = new URL(address, this.#publicUrl);
    const expected = Buffer.from(digest, "base64url");
    const given = digestOf(searchParams.get("state") ?? "");
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
      throw refusal("UNAUTHENTICATED", "Another proof began in this browser after this one.", {
        hint: "Finish that one, or begin again.",
        statusCode: 401,
      });
    }
    const answer = `${pathname}${search}`;
    if (answer.length > ANSWER_LENGTH_MAX) {
      throw refusal("INVALID_INPUT", `The provider's answer has more than ${ANSWER_LENGTH_MAX} characters.`, {
        hint: "Prove who you are in another way.",
        statusCode: 400,
      });
    }
    return `${digest}~${sealed}~${Buffer.from(answer).toString("base64url")}`;
  }

  /**
   * Redeems what the provider has said.
   *
   * @param kept what {@link answer} gave to keep
   * @param session the token of the person's session
   * @throws {SafeError} INVALID_INPUT without an answer that was kept, or in another session; EVIDENCE_REJECTED when the provider says no, or
   *   something that is no answer, or when it is another provider's; OVERLOADED when it cannot be reached, or too many are proving something
   */
  async finish(kept: string | undefined, session: string): Promise<Evidence> {
    const [, sealed = "", answer = ""] = kept?.split("~") ?? [];
    if (answer === "") throw notBegun();
    const begun = await open(sealed, session);
    const currentUrl = new URL(Buffer.from(answer, "base64url").toString(), this.#publicUrl);
    if (currentUrl.pathname !== callbackPathOf(begun.issuer)) {
      throw rejected("The answer is of another provider than the one with which this proof began.");
    }
    const provider = await this.#providerOf(begun.issuer);
    if (this.#redeemingCount >= REDEEMING_MAX) {
      throw refusal("OVERLOADED", "Too many are proving who they are.", { hint: BEGIN_AGAIN, statusCode: 503 });
    }
    this.#redeemingCount += 1;
    try {
      const { id_token: token } = await client.authorizationCodeGrant(provider, currentUrl, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      });
      return { token: token ?? "", requestKey: begun.requestKey };
    } catch (error) {
      return this.#refuse(error);
    } finally {
      this.#redeemingCount -= 1;
    }
  }

  async #providerOf(issuer: string): Promise<client.Configuration> {
    const read = this.#providers.get(issuer);
    if (read === undefined) {
      throw refusal("INVALID_INPUT", "The press takes no evidence from this provider.", {
        hint: "Choose one of those that it names: ATTESTATION_ISSUERS.",
        statusCode: 400,
      });
    }
    return read().catch((error: unknown) => this.#refuse(error));
  }

  /** Says what went wrong on the way to the provider and back. What it has written for people is not repeated: it may be anybody's words. */
  #refuse(error: unknown): never {
    if (error instanceof SafeError) throw error;
    this.#log.warn(logged(error), "a proof with a provider failed");
    if (error instanceof client.WWWAuthenticateChallengeError || (isNo(error) && error.error === "invalid_client")) {
      throw rejected("The provider does not take the press for a client that it knows.", {
        hint: "An operator has to register it there as a public client, under the client's id of ATTESTATION_ISSUERS.",
      });
    }
    if (isNo(error)) throw rejected(`The provider has not confirmed who you are; it answers: ${codeOf(error)}.`);
    if (isForeignAnswer(error)) throw rejected("The provider's answer is not one to this proof.");
    throw refusal("OVERLOADED", "The provider cannot be asked right now.", {
      hint: "Begin again in a moment.",
      statusCode: 503,
    });
  }
}

async function open(sealed: string, session: string): Promise<Begun> {
  try {
    const only = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
    const { payload } = await jwtDecrypt<Begun>(sealed, keyOf(session), only);
    return payload;
  } catch {
    throw notBegun();
  }
}

function keyOf(session: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", session, "golden-press/evidence/v1", "", 32));
}

function digestOf(state: string): Buffer {
  return createHash("sha256").update(state).digest();
}

function notBegun(): Error {
  return refusal("INVALID_INPUT", "This proof took too long, was finished before, or began in another session.", {
    hint: BEGIN_AGAIN,
    statusCode: 400,
  });
}

function rejected(sentence: string, { hint = BEGIN_AGAIN } = {}): Error {
  return refusal("EVIDENCE_REJECTED", sentence, { hint, statusCode: 403 });
}
