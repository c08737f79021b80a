import type { Logger } from "pino";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { limits } from "../../gateway/limits.ts";
import { OidcSignIn } from "../../gateway/oidc.ts";
import type { GatewayOptions } from "../../gateway/server.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { chromiumPath, testRequiring } from "../requirements.ts";
import { FOR_ACCESS, FOR_IDENTITY, type TestClient, TestProvider } from "./oidcProvider.ts";
import { AUDIENCE, startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let provider: TestProvider;
/** Where all gateways say that they are. */
let publicUrl: URL;
let gateway: TestGateway;
/** A gateway of the same configuration, as it would be behind the same proxy. */
let another: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  let started: TestGateway | undefined;
  for (let tries = 1; started === undefined; tries += 1) started = await startAtKnownPort(tries === 5);
  gateway = started;
  another = await startTestGateway(database, options(FOR_ACCESS));
});

afterAll(async () => {
  await gateway?.close();
  await another?.close();
  provider?.close();
  await database?.drop();
});

/** The provider must know the gateway's port before the gateway has it; undefined where somebody else took it in between. */
async function startAtKnownPort(isLastTry: boolean): Promise<TestGateway | undefined> {
  const port = await freePort();
  publicUrl = new URL(`http://127.0.0.1:${port}`);
  provider = await TestProvider.start(() => [`${publicUrl.origin}/session/callback`]);
  return startTestGateway(database, { ...options(FOR_ACCESS), port }).catch((error) => {
    provider.close();
    if (isLastTry || !/EADDRINUSE/.test(String(error))) throw error;
    return undefined;
  });
}

function options({ id, secret }: TestClient, audience = AUDIENCE): Partial<GatewayOptions> {
  const { issuer, jwksUrl } = provider;
  return {
    jwt: { key: { jwksUrl, algorithms: ["ES256"] }, audience, issuer: issuer.origin, roleClaim: "role" },
    signIn: { kind: "oidc", issuer, clientId: id, clientSecret: secret, scope: "openid", publicUrl },
  };
}

const isCallback = (address: string) => address.includes("/session/callback");

/** What a browser does without showing anything: it keeps cookies, and goes where it is sent. */
class Visitor {
  readonly cookies = new Map<string, string>();
  /** The addresses of the last visit, in their order. */
  way: string[] = [];

  /** Visits an address and whatever it is sent on to, until `until` says that this is far enough. */
  async visit(address: string, until: (address: string) => boolean = () => false, form?: string): Promise<Response> {
    this.way.push(address);
    const response = await fetch(address, {
      redirect: "manual",
      headers: {
        accept: "text/html",
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form === undefined ? null : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === undefined ? null : { method: "POST", body: form }),
    });
    for (const header of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) return response;
    const next = new URL(location, address).href;
    if (until(next)) {
      this.way.push(next);
      return response;
    }
    return this.visit(next, until);
  }

  /** Begins to sign in, writes the name at the provider, and answers with the address to which it is sent back. */
  async comeBackAs(name: string, from = gateway, query = ""): Promise<string> {
    this.way = [];
    await this.visit(`${from.url}/session/start${query}`);
    await this.visit(this.way.at(-1) ?? "", isCallback, new URLSearchParams({ name }).toString());
    return this.way.at(-1) ?? "";
  }

  async signIn(name: string, from = gateway, query = ""): Promise<Response> {
    return this.visit(await this.comeBackAs(name, from, query));
  }

  async session(at = gateway): Promise<Record<string, unknown>> {
    return (await this.visit(`${at.url}/session`)).json() as Promise<Record<string, unknown>>;
  }
}

const SIGNED_OUT = { signedIn: false, signIn: "oidc" };

describe("beginning to sign in", () => {
  test("sends the person to the provider, with all that a sign-in needs and no secret", async () => {
    const response = await fetch(`${gateway.url}/session/start?return=/tickets`, { redirect: "manual" });
    expect([response.status, response.headers.get("cache-control")]).toEqual([303, "no-store"]);
    const location = new URL(response.headers.get("location") ?? "");
    expect(location.origin).toBe(provider.issuer.origin);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      client_id: "press",
      response_type: "code",
      redirect_uri: `${publicUrl.origin}/session/callback`,
      scope: "openid",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [cookie = ""] = response.headers.getSetCookie();
    const [, ...attributes] = cookie.split("; ");
    expect(attributes).toEqual(["Max-Age=600", "Path=/", "HttpOnly", "SameSite=Lax"]);
    // Encrypted: not even its owner reads the verifier.
    expect(cookie).not.toContain(location.searchParams.get("state"));
    const again = await fetch(`${gateway.url}/session/start`, { redirect: "manual" });
    expect(new URL(again.headers.get("location") ?? "").searchParams.get("state")).not.toBe(
      location.searchParams.get("state"),
    );
  });

  test.each([
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "/\\elsewhere.example/",
    "\\\\elsewhere.example",
    "/%5celsewhere.example",
    "/tickets/..//elsewhere.example",
    "/\t/elsewhere.example",
    " //elsewhere.example",
    "javascript:alert(1)",
    "http://dashboard.invalid/tickets",
    "//dashboard.invalid/tickets",
    "tickets",
    "",
    "/nowhere",
    "/session/start",
    "/graphql",
    "/tickets/\r\nset-cookie: a=b",
    "@elsewhere.example",
    "/editions/a/b",
  ])("takes nobody to %j afterwards", async (address) => {
    const given = encodeURIComponent(address);
    const response = await fetch(`${gateway.url}/session/start?return=${given}`, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    expect(((await response.json()) as { errors: [{ message: string }] }).errors[0].message).toMatch(/^INVALID_INPUT/);
  });

  test("says so when the provider is away", async () => {
    const issuer = new URL("http://127.0.0.1:9");
    const signIn = { ...options(FOR_ACCESS).signIn, issuer } as GatewayOptions["signIn"];
    const lonely = await startTestGateway(database, { ...options(FOR_ACCESS), signIn });
    const response = await fetch(`${lonely.url}/session/start`, { redirect: "manual" });
    expect([response.status, await response.json()]).toEqual([
      503,
      { errors: [expect.objectContaining({ message: "OVERLOADED: The provider cannot be asked right now." })] },
    ]);
    await lonely.close();
  });

  test("is refused where there is no provider, and signing in by a name is where there is one", async () => {
    const without = await startTestGateway(database);
    for (const path of ["/session/start", "/session/callback?code=x&state=y"]) {
      expect((await fetch(`${without.url}${path}`)).status).toBe(403);
    }
    await without.close();
    const response = await fetch(`${gateway.url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: gateway.url },
      body: JSON.stringify({ name: "mallory" }),
    });
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []]);
  });
});

describe("coming back", () => {
  test("with the provider's access token, on the page where it began", async () => {
    const visitor = new Visitor();
    expect(await visitor.session()).toEqual(SIGNED_OUT);
    const response = await visitor.signIn("alice", gateway, "?return=/editions/golden-ticket%3Fx=1");
    expect(response.status).toBe(200);
    expect(visitor.way.at(-1)).toBe(`${publicUrl.origin}/editions/golden-ticket?x=1`);
    expect(await visitor.session()).toEqual({
      signedIn: true,
      subject: "alice",
      role: "holder",
      expiresAt: expect.any(String),
      signIn: "oidc",
    });
    // What the sign-in had to remember is gone, and what is left is the token for the press.
    const [token = ""] = [...visitor.cookies]
      .filter(([name]) => name.startsWith("golden_press"))
      .map(([, value]) => value);
    expect([...visitor.cookies.keys()].filter((name) => name.startsWith("golden_press"))).toEqual([
      "golden_press_session",
    ]);
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ sub: "alice", aud: AUDIENCE, iss: provider.issuer.origin });
  });

  test("as an operator, where the provider says so", async () => {
    const visitor = new Visitor();
    await visitor.signIn("operator olga");
    expect(await visitor.session()).toMatchObject({ subject: "operator olga", role: "operator" });
    expect(visitor.way.at(-2)).toBe(`${publicUrl.origin}/`);
  });

  test("with the ID token, where the access token says nothing to us", async () => {
    const byIdentity = await startTestGateway(database, options(FOR_IDENTITY, FOR_IDENTITY.id));
    const visitor = new Visitor();
    const callback = await visitor.comeBackAs("operator olga", byIdentity);
    await visitor.visit(callback.replace(publicUrl.origin, byIdentity.url));
    expect(await visitor.session(byIdentity)).toMatchObject({ subject: "operator olga", role: "operator" });
    await byIdentity.close();
  });

  test("to another gateway than the one that began", async () => {
    const visitor = new Visitor();
    await visitor.signIn("alice", another);
    expect(await visitor.session()).toMatchObject({ signedIn: true, subject: "alice" });
  });

  /** What a person reads, who comes back so. */
  async function readPage(visitor: Visitor, address: string): Promise<readonly [number, string]> {
    const response = await visitor.visit(address);
    const page = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(visitor.cookies.has("golden_press_session")).toBe(false);
    return [response.status, page] as const;
  }

  test("with tokens that are not accepted says what to configure", async () => {
    const strict = await startTestGateway(database, options(FOR_ACCESS, "another-audience"));
    const visitor = new Visitor();
    const callback = await visitor.comeBackAs("alice", strict);
    const [status, page] = await readPage(visitor, callback.replace(publicUrl.origin, strict.url));
    expect(status).toBe(401);
    expect(page).toContain("<h1>You are not signed in</h1>");
    expect(page).toContain("of the access token: The token's &quot;aud&quot; is missing or not acceptable.");
    expect(page).toContain("JWT_AUDIENCE");
    await strict.close();
  });

  test("with a token that no cookie holds is not taken for signed in", async () => {
    const visitor = new Visitor();
    const [status, page] = await readPage(visitor, await visitor.comeBackAs("long name"));
    expect([status, page]).toEqual([401, expect.stringContaining("longer than browsers keep in a cookie")]);
  });

  test("without having gone away, or with what another browser has kept, or too often", async () => {
    const [visitor, stranger] = [new Visitor(), new Visitor()];
    const callback = await visitor.comeBackAs("alice");
    const began = expect.stringContaining("took too long, was finished before, or began in another browser");
    expect(await readPage(stranger, callback)).toEqual([400, began]);
    await stranger.visit(`${gateway.url}/session/start`);
    const kept = visitor.cookies.get("golden_press_sign_in") ?? "";
    expect(await readPage(stranger, callback)).toEqual([
      401,
      expect.stringContaining("Another sign-in began in this browser after this one."),
    ]);
    expect((await visitor.visit(callback)).status).toBe(200);
    // Whoever has kept a copy of what it remembered still cannot use the code again.
    const again = new Visitor();
    again.cookies.set("golden_press_sign_in", kept);
    expect(await readPage(again, callback)).toEqual([401, expect.stringContaining("it answers: invalid_grant.")]);
  });

  test("in two tabs: the one that began first is told so, and does not end the other", async () => {
    const visitor = new Visitor();
    const first = await visitor.comeBackAs("alice");
    // The provider knows her by now, and asks for nothing.
    await visitor.visit(`${gateway.url}/session/start`, isCallback);
    const second = visitor.way.at(-1) ?? "";
    const kept = visitor.cookies.get("golden_press_sign_in");
    expect(await readPage(visitor, first)).toEqual([
      401,
      expect.stringContaining("Finish that one, or sign in again."),
    ]);
    expect(await readPage(visitor, second.replace(/state=[^&]*/, ""))).toEqual([401, expect.any(String)]);
    expect(visitor.cookies.get("golden_press_sign_in")).toBe(kept);
    expect((await visitor.visit(second)).status).toBe(200);
    expect(await visitor.session()).toMatchObject({ signedIn: true, subject: "alice" });
    expect(visitor.cookies.has("golden_press_sign_in")).toBe(false);
  });

  test("too often in a minute, whoever has begun or not", async () => {
    const bounded = await startTestGateway(database, options(FOR_ACCESS));
    const statuses = new Set<number>();
    for (let visits = 0; visits <= limits.signIns.perMinuteAndAddressMax && !statuses.has(429); visits += 1) {
      statuses.add((await fetch(`${bounded.url}/session/callback?code=x&state=y`)).status);
    }
    expect([...statuses]).toEqual([400, 429]);
    // Others' coming back keeps nobody from beginning.
    expect((await fetch(`${bounded.url}/session/start`, { redirect: "manual" })).status).toBe(303);
    await bounded.close();
  });

  test("with another sign-in's code", async () => {
    const [victim, attacker] = [new Visitor(), new Visitor()];
    const theirs = new URL(await attacker.comeBackAs("mallory"));
    const own = new URL(await victim.comeBackAs("alice"));
    own.searchParams.set("code", theirs.searchParams.get("code") ?? "");
    expect(await readPage(victim, own.href)).toEqual([401, expect.stringContaining("it answers: invalid_grant.")]);
  });

  test("with what it remembered changed, or made by a gateway with another secret", async () => {
    const other = await startTestGateway(database, options({ ...FOR_ACCESS, secret: "x".repeat(32) }));
    const visitor = new Visitor();
    expect((await readPage(visitor, await visitor.comeBackAs("alice", other)))[0]).toBe(400);
    const tinkerer = new Visitor();
    const callback = await tinkerer.comeBackAs("alice");
    const kept = tinkerer.cookies.get("golden_press_sign_in") ?? "";
    const middle = Math.floor(kept.length / 2);
    const changed = `${kept.slice(0, middle)}${kept[middle] === "A" ? "B" : "A"}${kept.slice(middle + 1)}`;
    tinkerer.cookies.set("golden_press_sign_in", changed);
    expect((await readPage(tinkerer, callback))[0]).toBe(400);
    await other.close();
  });

  test("to a gateway whose secret the provider does not know", async () => {
    const other = await startTestGateway(database, options({ ...FOR_ACCESS, secret: "x".repeat(32) }));
    const visitor = new Visitor();
    const callback = await visitor.comeBackAs("alice", other);
    expect(await readPage(visitor, callback.replace(publicUrl.origin, other.url))).toEqual([
      401,
      expect.stringContaining("OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be what the provider has for it."),
    ]);
    await other.close();
  });

  test("with a no, in words of ours and never of the address", async () => {
    const visitor = new Visitor();
    expect(await readPage(visitor, await visitor.comeBackAs(""))).toEqual([
      401,
      expect.stringContaining("it answers: access_denied."),
    ]);
    const no = new URL(await visitor.comeBackAs(""));
    no.searchParams.set("error", "<script>alert(1)</script>");
    no.searchParams.set("error_description", "Call this number at once");
    const [status, page] = await readPage(visitor, no.href);
    expect([status, page]).toEqual([401, expect.stringContaining("it answers: an error.")]);
    expect(page).not.toMatch(/<script|number/);
  });

  test("with a no, of which the log has the code and nothing that anybody could write", async () => {
    const log = { warn: vi.fn() };
    const { signIn } = options(FOR_ACCESS);
    if (signIn?.kind !== "oidc") throw new Error("It is another sign-in.");
    const oidc = new OidcSignIn(signIn, { authenticate: vi.fn(), log: log as unknown as Logger });
    for (const [error, code] of [
      ["access_denied", "access_denied"],
      [`${"x".repeat(5_000)} a number`, "an error"],
    ] as const) {
      const { location, kept } = await oidc.begin("/");
      const state = new URL(location).searchParams.get("state") ?? "";
      const query = new URLSearchParams({
        error,
        error_description: "Call this number",
        state,
        iss: provider.issuer.origin,
      });
      const address = `/session/callback?${query}`;
      await expect(oidc.finish(address, await oidc.recall(address, kept))).rejects.toThrow("UNAUTHENTICATED");
      expect(log.warn).toHaveBeenLastCalledWith({ error: code }, "a sign-in with the provider failed");
    }
  });
});

testRequiring("chromium")(
  "a person signs in with the provider in Chromium, and stays signed in until signing out",
  async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath() ?? "", args: ["--no-sandbox"] });
    const page = await browser.newPage();
    await page.goto(`${publicUrl.origin}/session/start?return=/tickets`);
    await page.getByLabel("Name").fill("alice");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL(`${publicUrl.origin}/tickets`);
    const session = () => page.evaluate(async () => (await fetch("/session")).json());
    expect(await session()).toMatchObject({ signedIn: true, subject: "alice" });
    await page.reload();
    expect(await session()).toMatchObject({ signedIn: true, subject: "alice" });
    // Other tabs read there who is signed in, and nothing else.
    await expect
      .poll(() => page.evaluate(() => [document.cookie, { ...localStorage }, { ...sessionStorage }]))
      .toEqual(["", { "golden-press/caller": "holder:alice" }, {}]);
    await page.evaluate(() => fetch("/session", { method: "DELETE" }));
    expect(await session()).toEqual(SIGNED_OUT);
    await browser.close();
  },
);
