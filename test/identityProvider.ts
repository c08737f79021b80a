/* A real OpenID provider on the loopback address, for ID tokens as evidence: people sign in there by writing their name, as public clients with
   PKCE do it, and its keys change when a test says so. */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
// @ts-expect-error It comes without types.
import { Provider } from "oidc-provider";

/** What the provider calls the press. */
export const CLIENT_ID = "golden-press";
/** Another client of the same provider. */
export const OTHER_CLIENT_ID = "another-press";
const REDIRECT_URI = "https://press.example/attest/callback";

/** Who signs in, and for what. */
export interface SignIn {
  readonly name: string;
  readonly nonce?: string;
  readonly clientId?: string;
}

export class IdentityProvider {
  readonly issuer: string;
  /** The paths that it was asked for, in their order. */
  readonly asked: string[] = [];
  /** Answers in the provider's place where it returns true. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  readonly #server: Server;
  #serve: RequestListener = () => undefined;
  #provider: Provider | undefined;
  #privateKey: CryptoKey | undefined;
  #keyId = "";

  private constructor(server: Server) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const provider = new IdentityProvider(server);
    server.on("request", (request, response) => {
      provider.asked.push(request.url ?? "");
      if (provider.instead(request, response)) return;
      if (request.url?.startsWith("/interaction/")) void interact(provider.#provider, request, response);
      else provider.#serve(request, response);
    });
    await provider.rotateKeys();
    return provider;
  }

  /** Signs with another key from now on, and publishes no other. */
  async rotateKeys(): Promise<void> {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    this.#privateKey = privateKey;
    this.#keyId = randomBytes(8).toString("hex");
    const jwk = { ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: this.#keyId };
    this.#provider = makeProvider(this.issuer, jwk);
    this.#serve = this.#provider.callback();
  }

  /** A person signs in, and gets an ID token. */
  async idToken({ name, nonce, clientId = CLIENT_ID }: SignIn): Promise<string> {
    const verifier = randomBytes(32).toString("base64url");
    const code = await this.#signIn(name, {
      client_id: clientId,
      response_type: "code",
      redirect_uri: REDIRECT_URI,
      scope: "openid",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      ...(nonce === undefined ? {} : { nonce }),
    });
    const response = await fetch(`${this.issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id: clientId,
        redirect_uri: REDIRECT_URI,
        code,
        code_verifier: verifier,
      }),
    });
    const { id_token: token } = (await response.json()) as { id_token?: string };
    if (token === undefined) throw new Error(`The provider gave no token: ${response.status}.`);
    return token;
  }

  /** A token as the provider would not give it, under its present key. */
  async sign(claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: this.issuer, aud: CLIENT_ID, sub: "somebody", iat: now, exp: now + 600, ...claims })
      .setProtectedHeader({ alg: "ES256", kid: this.#keyId, ...header })
      .sign(this.#privateKey as CryptoKey, { crit: { golden: true } });
  }

  /** The keys that it publishes, as it serves them. */
  async publicKeys(): Promise<{ readonly keys: readonly Readonly<Record<string, string>>[] }> {
    return (await fetch(`${this.issuer}/jwks`)).json() as Promise<{ keys: Record<string, string>[] }>;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Goes where the provider leads, with its cookies, until it leads back to the press with a code. */
  async #signIn(name: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const cookies = new Map<string, string>();
    let url = new URL(`/auth?${new URLSearchParams(parameters)}`, this.issuer);
    for (;;) {
      const isForm = url.pathname.startsWith("/interaction/");
      const response = await fetch(url, {
        redirect: "manual",
        headers: { cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join("; ") },
        ...(isForm ? { method: "POST", body: new URLSearchParams({ name }) } : null),
      });
      await response.body?.cancel();
      for (const cookie of response.headers.getSetCookie()) {
        const [, key = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        cookies.set(key, value);
      }
      const location = response.headers.get("location");
      if (location === null) throw new Error(`The provider leads nowhere from ${url.pathname}: ${response.status}.`);
      url = new URL(location, this.issuer);
      const code = url.searchParams.get("code");
      if (code !== null) return code;
    }
  }
}

function makeProvider(issuer: string, key: object): Provider {
  const provider = new Provider(issuer, {
    clients: [CLIENT_ID, OTHER_CLIENT_ID].map((id) => ({
      client_id: id,
      token_endpoint_auth_method: "none",
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code"],
      id_token_signed_response_alg: "ES256",
    })),
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // What people allow was settled when the client was registered.
    loadExistingGrant: async ({ oidc }: { oidc: { client: { clientId: string }; session: { accountId: string } } }) => {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 600, IdToken: 600, Session: 600, Interaction: 600, Grant: 600 },
    features: { devInteractions: { enabled: false } },
  });
  return provider;
}

async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = new URLSearchParams(await text(request)).get("name") ?? "";
  await provider.interactionFinished(request, response, { login: { accountId: name } });
}
