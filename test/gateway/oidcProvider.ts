/* A real OpenID Connect provider on the loopback address, at which people sign in by writing their name. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair } from "jose";
// @ts-expect-error It comes without types.
import { Provider } from "oidc-provider";
import { AUDIENCE } from "./testGateway.ts";

export interface TestClient {
  readonly id: string;
  readonly secret: string;
}

/** Its access tokens are JWTs for the press. */
export const FOR_ACCESS: TestClient = { id: "press", secret: randomBytes(32).toString("hex") };
/** Its access tokens say nothing to anybody but the provider. */
export const FOR_IDENTITY: TestClient = { id: "press-by-identity", secret: randomBytes(32).toString("hex") };

/** A public client, without a secret: people prove with it that they have an account. */
export const FOR_EVIDENCE = { id: "press-evidence" } as const;

/** People who are operators are called so; whoever is long has much to be said of. */
const claimsOf = (name: string) => ({
  ...(name.startsWith("operator") ? { role: "operator" } : {}),
  ...(name.startsWith("long") ? { groups: "x".repeat(4_000) } : {}),
});

export class TestProvider {
  readonly #server: Server;
  readonly issuer: URL;

  private constructor(server: Server, issuer: URL) {
    this.#server = server;
    this.issuer = issuer;
  }

  /** @param redirectUrisOf where the provider of this name may send people back to */
  static async start(redirectUrisOf: (issuer: URL) => readonly string[]): Promise<TestProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const issuer = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const provider = await makeProvider(issuer, redirectUrisOf(issuer));
    const serve = provider.callback();
    server.on("request", (request, response) => {
      if (request.url?.startsWith("/interaction/")) void interact(provider, request, response);
      else serve(request, response);
    });
    return new TestProvider(server, issuer);
  }

  get jwksUrl(): URL {
    return new URL("/jwks", this.issuer);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function makeProvider(issuer: URL, redirectUris: readonly string[]) {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const common = {
    redirect_uris: redirectUris,
    grant_types: ["authorization_code"],
    id_token_signed_response_alg: "ES256",
  };
  const clients = [
    ...[FOR_ACCESS, FOR_IDENTITY].map(({ id, secret }) => ({ ...common, client_id: id, client_secret: secret })),
    { ...common, client_id: FOR_EVIDENCE.id, token_endpoint_auth_method: "none" },
  ];
  const provider = new Provider(issuer.origin, {
    clients,
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "of-today" }] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    claims: { openid: ["sub", "role", "groups"] },
    conformIdTokenClaims: false,
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...claimsOf(id) }) }),
    extraTokenClaims: (_context: unknown, { accountId }: { accountId: string }) => claimsOf(accountId),
    // What people allow was settled when the client was registered.
    loadExistingGrant: async ({ oidc }: { oidc: { client: { clientId: string }; session: { accountId: string } } }) => {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 3600, IdToken: 3600, Session: 3600, Interaction: 3600, Grant: 3600 },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_context: unknown, { clientId }: { clientId: string }) =>
          clientId === FOR_ACCESS.id ? "urn:golden-press" : undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "",
          audience: AUDIENCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  });
  return provider;
}

/** The page at which people say who they are, or that they would rather not. */
async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "POST") {
    const name = new URLSearchParams(await text(request)).get("name") ?? "";
    const result = name === "" ? { error: "access_denied" } : { login: { accountId: name } };
    await provider.interactionFinished(request, response, result);
    return;
  }
  response.setHeader("content-type", "text/html");
  response.end(`<!doctype html><title>The provider</title>
    <form method="post"><label>Name <input name="name"></label><button>Go on</button></form>`);
}
