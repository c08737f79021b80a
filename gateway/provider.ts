/** What signing in and proving who one is have in common: a client of an OpenID provider, and what may be said of its answers. */
import * as client from "openid-client";
import { type GuardedRequest, OutsideError } from "../network/guardedFetch.ts";
import { fetchBehind } from "../network/reach.ts";

/** A provider, and what it calls the press. */
export interface ProviderOptions {
  readonly issuer: URL;
  readonly clientId: string;
  /** Undefined: a public client, which has none and rests on PKCE alone. */
  readonly clientSecret?: string;
  readonly lookup?: GuardedRequest["lookup"];
}

/** How long a person may take at the provider. */
export const AT_PROVIDER_SECONDS = 600;
/** What the provider says of itself may change. */
export const PROVIDER_KEPT_MILLISECONDS = 600_000;
/** Codes that are redeemed at providers at once. */
export const REDEEMING_MAX = 50;

/** Of one answer of the provider. */
const ANSWER_SECONDS = 10;
/** What a provider says of itself, and the tokens of one person, are some kilobytes. */
const ANSWER_BYTES_MAX = 262_144;

/** What the provider says of itself, and how it wants to hear the secret of this client, if there is one. */
export async function discover(options: ProviderOptions): Promise<client.Configuration> {
  const { issuer, clientId, clientSecret } = options;
  const ask = makeAsk(options);
  // The configuration allows this on the loopback address only.
  const execute = issuer.protocol === "http:" ? [client.allowInsecureRequests] : [];
  const known = await client.discovery(issuer, clientId, undefined, client.None(), {
    execute,
    [client.customFetch]: ask,
  });
  if (clientSecret === undefined) return known;
  const server = known.serverMetadata();
  // OpenID Connect Discovery 1.0, 3: where it does not say, it is client_secret_basic.
  const takesBasic = server.token_endpoint_auth_methods_supported?.includes("client_secret_basic") ?? true;
  const authentication = takesBasic ? client.ClientSecretBasic(clientSecret) : client.ClientSecretPost(clientSecret);
  const provider = new client.Configuration(server, clientId, undefined, authentication);
  provider[client.customFetch] = ask;
  for (const allow of execute) allow(provider);
  return provider;
}

/** Asks a provider, and where it says that it is to be asked: a server that the operator has not named is none of the operator's own network. */
function makeAsk({ issuer, lookup }: ProviderOptions): client.CustomFetch {
  return (address, { method, headers, body }) =>
    fetchBehind(issuer, new URL(address), {
      method,
      headers,
      ...(body === null || body === undefined ? null : { body: String(body) }), // It is a form.
      timeoutMilliseconds: ANSWER_SECONDS * 1_000,
      bytesMax: ANSWER_BYTES_MAX,
      lookup,
    });
}

/** The `error` of an answer (RFC 6749, 4.1.2.1 and 5.2), where it is a code and no text. */
export function codeOf({ error }: { readonly error: string }): string {
  return /^[\w.-]{1,40}$/.test(error) ? error : "an error";
}

/** What the log says of a failure: of what came by the address or from the provider the code only, for anybody may have written the rest. */
export function logged(error: unknown): object {
  if (isNoAnswer(error)) return { err: error.cause };
  if (isNo(error)) return { error: codeOf(error) };
  if (error instanceof client.WWWAuthenticateChallengeError) return { error: "a challenge", status: error.status };
  return error instanceof client.ClientError ? { error: error.code ?? "an answer that is not one" } : { err: error };
}

/** Whether the provider has answered, and with a no. */
export function isNo(error: unknown): error is client.AuthorizationResponseError | client.ResponseBodyError {
  return error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError;
}

/** Whether the provider has answered with something that is not an answer to what was asked. */
export function isForeignAnswer(error: unknown): boolean {
  return error instanceof client.ClientError && !isNoAnswer(error) && !isOfNoProvider(error);
}

/** Whether there was no answer: none in time, none that ends, or nobody within reach. */
function isNoAnswer(error: unknown): error is client.ClientError {
  return error instanceof client.ClientError && error.cause instanceof OutsideError;
}

/** An answer that comes from something else than a provider at work. */
function isOfNoProvider({ code }: client.ClientError): boolean {
  return code === "OAUTH_RESPONSE_IS_NOT_CONFORM" || code === "OAUTH_RESPONSE_IS_NOT_JSON";
}
