import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import fastify from "fastify";
import type { Logger } from "pino";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { type Authenticate, makeAuthenticate } from "../../gateway/auth.ts";
import { limits } from "../../gateway/limits.ts";
import { httpRefusal } from "../../gateway/masking.ts";
import { Sessions } from "../../gateway/session.ts";
import { addSessionRoutes } from "../../gateway/sessionRoutes.ts";
import { SignInBound } from "../../gateway/signInBound.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { chromiumPath, testRequiring } from "../requirements.ts";
import {
  askOver,
  codesOf,
  type GraphqlError,
  JWT,
  makeOperatorToken,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

const FRIEND = "https://friend.example";
const WHO = "{ currentHolder { subject } }";
const ISSUE = `mutation { issueTicket(input: { editionSlug: "tempting" }) { ticket { ticketNumber } } }`;

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database, { signIn: { kind: "trial" }, allowedOrigins: [FRIEND] });
  await openEdition(gateway, { slug: "tempting", cap: 1000, perHolderLimit: 1000 });
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown> & { errors?: readonly GraphqlError[] };
}

/** Sends just these headers: fetch would not let anybody say another Host. */
function send(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
  to = gateway,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const typed = text === undefined ? {} : { "content-type": "application/json" };
    request(`${to.url}${path}`, { method, headers: { ...typed, ...headers } }, async (response) => {
      const answer = (await json(response)) as Reply["body"];
      resolve({ status: response.statusCode, headers: response.headers, body: answer });
    })
      .on("error", reject)
      .end(text);
  });
}

const own = (): Record<string, string> => ({ origin: gateway.url });
const cookieOf = (token: string) => `golden_press_session=${token}`;
const codes = ({ status, body }: Reply) => [status, ...codesOf({ errors: body.errors ?? [] })];

/** Signs in, and answers with what a browser would send from then on. */
async function signIn(name: string, operator = false): Promise<{ cookie: string; reply: Reply }> {
  const reply = await send("POST", "/session", own(), { name, operator });
  const [cookie = ""] = (reply.headers["set-cookie"]?.[0] ?? "").split(";");
  return { cookie, reply };
}

/** Who runs, over HTTP. */
async function whoIs(headers: Record<string, string>, to = gateway): Promise<unknown> {
  const { body, status } = await send("POST", "/graphql", headers, { query: WHO }, to);
  if (body.errors !== undefined) return [status, ...codesOf({ errors: body.errors })];
  return (body.data as { currentHolder: { subject: string } | null }).currentHolder?.subject ?? null;
}

describe("signing in for trying", () => {
  test("sets a cookie that no script reads and no other site's page sends, and from then on it counts", async () => {
    const nobody = await send("GET", "/session", {});
    expect(nobody.body).toEqual({ signedIn: false, signIn: "trial" });
    expect(nobody.headers["cache-control"]).toBe("no-store");
    expect(nobody.headers["set-cookie"]).toBeUndefined();

    const { cookie, reply } = await signIn("alice");
    const signedIn = {
      signedIn: true,
      subject: "alice",
      role: "holder",
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      signIn: "trial",
    };
    expect([reply.status, reply.body]).toEqual([200, signedIn]);
    const attributes = (reply.headers["set-cookie"]?.[0] ?? "").split("; ").slice(1).sort();
    expect(attributes).toEqual(["HttpOnly", expect.stringMatching(/^Max-Age=\d+$/), "Path=/", "SameSite=Strict"]);
    expect((await send("GET", "/session", { cookie })).body).toEqual(signedIn);
    expect(JSON.stringify(reply.body)).not.toContain(cookie.split(".")[2]);

    await send("POST", "/graphql", { cookie, ...own() }, { query: ISSUE });
    expect(await whoIs({ cookie, ...own() })).toBe("alice");
  });

  test("makes an operator of whom wants to be one, and nobody else", async () => {
    const edition = (slug: string) =>
      `mutation { createEdition(input: { slug: "${slug}", title: "A title", cap: 1 }) { edition { slug } } }`;
    const operator = await signIn("olga", true);
    expect(operator.reply.body).toMatchObject({ subject: "olga", role: "operator" });
    const made = await send("POST", "/graphql", { ...own(), cookie: operator.cookie }, { query: edition("by-cookie") });
    expect(made.body.errors).toBeUndefined();
    const holder = await signIn("alice");
    const refused = await send("POST", "/graphql", { ...own(), cookie: holder.cookie }, { query: edition("never") });
    expect(codes(refused)).toEqual([200, "NOT_ALLOWED"]);
  });

  test("ends when the person signs out", async () => {
    const { cookie } = await signIn("alice");
    const out = await send("DELETE", "/session", { cookie, ...own() });
    expect([out.status, out.body]).toEqual([200, { signedIn: false, signIn: "trial" }]);
    expect(out.headers["set-cookie"]).toEqual(["golden_press_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"]);
  });

  test("sends the cookie over TLS only outside development, from the very host that set it", async () => {
    const production = await startTestGateway(database, { signIn: { kind: "trial" }, development: false });
    const reply = await send("POST", "/session", { origin: production.url }, { name: "alice" }, production);
    const [header = ""] = reply.headers["set-cookie"] ?? [];
    expect(header).toMatch(
      /^__Host-golden_press_session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
    const [cookie = ""] = header.split(";");
    const who = (given: string) => send("GET", "/session", { cookie: given }, undefined, production);
    expect((await who(cookie)).body).toMatchObject({ signedIn: true, subject: "alice" });
    // What a neighbour's page could plant.
    expect((await who(cookie.replace("__Host-", ""))).body).toMatchObject({ signedIn: false });
    await production.close();
  });

  test.each([
    ["nothing", undefined, 400],
    ["no JSON", "name=alice", 400],
    ["no name", {}, 400],
    ["a number", { name: 7 }, 400],
    ["an empty name", { name: "" }, 400],
    ["a blank name", { name: "  " }, 400],
    ["a name with a space before it", { name: " alice" }, 400],
    ["a name with a line feed", { name: "al\nice" }, 400],
    ["a name of 256 characters", { name: "x".repeat(256) }, 400],
    ["half a surrogate pair", { name: "\ud800" }, 400],
    ["an operator in words", { name: "alice", operator: "yes" }, 400],
    ["more than it takes", { name: "alice", role: "operator" }, 400],
    ["five thousand bytes", { name: "alice", more: "x".repeat(5_000) }, 413],
  ])("refuses %s", async (_what, body, status) => {
    const reply = await send("POST", "/session", own(), body);
    const code = { 400: "INVALID_INPUT", 413: "REQUEST_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE" }[status];
    expect(codes(reply)).toEqual([status, code]);
    expect(reply.headers["set-cookie"]).toBeUndefined();
  });

  test("takes any name that a token can have", async () => {
    for (const name of ["Zoë", "a b", "x".repeat(255), "𝒳".repeat(255), `<script>"';--`]) {
      const { cookie } = await signIn(name);
      expect((await send("GET", "/session", { cookie })).body).toMatchObject({ subject: name });
    }
  });

  test("is for nobody where it is not switched on", async () => {
    const without = await startTestGateway(database);
    const reply = await send("POST", "/session", { origin: without.url }, { name: "alice" }, without);
    expect(codes(reply)).toEqual([403, "NOT_ALLOWED"]);
    expect((await send("GET", "/session", {}, undefined, without)).body).toEqual({ signedIn: false, signIn: null });
    // A token from elsewhere may still be kept so.
    const cookie = cookieOf(await makeToken("alice"));
    expect((await send("GET", "/session", { cookie }, undefined, without)).body).toMatchObject({ subject: "alice" });
    await without.close();
  });

  test("cannot be switched on where only an issuer makes tokens", async () => {
    const jwt = { ...JWT, key: { jwksUrl: new URL("http://127.0.0.1:9/keys"), algorithms: ["ES256"] } };
    await expect(startTestGateway(database, { jwt, signIn: { kind: "trial" } })).rejects.toThrow(/shared secret/);
  });

  test.each([
    "press.example",
    "localhost.press.example",
    "127.0.0.1.press.example",
    "192.0.2.1",
    "[2001:db8::1]",
    "localhost@press.example",
    "2130706433.press.example",
  ])("is refused under the name %s, which a page's owner may have pointed here", async (name) => {
    const { port } = new URL(gateway.url);
    const headers = {
      host: `${name}:${port}`,
      origin: `http://${name.split("@").at(-1)}:${port}`,
      "sec-fetch-site": "same-origin",
    };
    expect(codes(await send("POST", "/session", headers, { name: "mallory" }))).toEqual([403, "NOT_ALLOWED"]);
    expect((await send("GET", "/session", headers)).body).toEqual({ signedIn: false, signIn: null });
  });

  test.each(["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])("is there under the name %s", async (name) => {
    const host = `${name}:${new URL(gateway.url).port}`;
    const reply = await send("POST", "/session", { host, origin: `http://${host}` }, { name: "alice" });
    expect(reply.body).toMatchObject({ signedIn: true, signIn: "trial" });
  });

  test.each(["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])(
    "is refused to whom a proxy brings here (%s)",
    async (header) => {
      const headers = { ...own(), [header]: "192.0.2.7" };
      expect(codes(await send("POST", "/session", headers, { name: "mallory" }))).toEqual([403, "NOT_ALLOWED"]);
    },
  );

  test.each([
    ["the page of another name", { origin: "https://press.example" }],
    ["the page of another address", { origin: "http://192.0.2.1:5678" }],
    ["a page that hides its origin", { origin: "null" }],
    ["no origin, which browsers always send", {}],
  ])("is refused to whom a proxy brings here without a word, and with our name as Host: %s", async (_what, origin) => {
    const headers = { ...origin, "sec-fetch-site": "same-origin" };
    const reply = await send("POST", "/session", headers, { name: "mallory" });
    expect(codes(reply)).toEqual([403, "NOT_ALLOWED"]);
    expect(reply.headers["set-cookie"]).toBeUndefined();
  });

  test("is refused to whom a trusted proxy calls one of this machine", async () => {
    const trusting = await startTestGateway(database, { signIn: { kind: "trial" }, trustedProxies: ["127.0.0.1"] });
    const headers = { origin: trusting.url, "x-forwarded-for": "127.0.0.1" };
    const reply = await send("POST", "/session", headers, { name: "mallory" }, trusting);
    expect(codes(reply)).toEqual([403, "NOT_ALLOWED"]);
    await trusting.close();
  });
});

/** The routes alone, where a request can come from any address. */
function routesAlone(authenticate: Authenticate = makeAuthenticate(JWT)) {
  const app = fastify();
  const log = { warn: vi.fn(), error: vi.fn() } as unknown as Logger;
  app.setErrorHandler((error: Error, _request, reply) => {
    const { status, answer } = httpRefusal(error, log);
    return reply.code(status).send(answer);
  });
  const sessions = new Sessions({ allowedOrigins: [], isHttpsOnly: false });
  addSessionRoutes(app, { sessions, authenticate, jwt: JWT, signIn: { kind: "trial" }, log });
  const post = (remoteAddress: string) =>
    app.inject({
      method: "POST",
      url: "/session",
      remoteAddress,
      headers: { host: "127.0.0.1:5678", origin: "http://127.0.0.1:5678" },
      payload: { name: "alice" },
    });
  return { app, post };
}

test("signing in for trying is refused to other machines, whatever they say", async () => {
  const { post } = routesAlone();
  const addresses = [
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "192.0.2.7",
    "::ffff:192.0.2.7",
    "fe80::1",
    "2001:db8::127",
  ];
  const statuses = await Promise.all(addresses.map(async (address) => (await post(address)).statusCode));
  expect(statuses).toEqual([200, 200, 200, 403, 403, 403, 403]);
});

describe("sign-ins are bounded", () => {
  test("from one address, and in all, each minute anew", () => {
    vi.useFakeTimers();
    try {
      const bound = new SignInBound({ perMinuteMax: 4, perMinuteAndAddressMax: 2 });
      const addresses = [
        "192.0.2.1",
        "192.0.2.1",
        "192.0.2.1",
        "2001:db8::1",
        "2001:db8::2",
        "2001:db8::3",
        "192.0.2.2",
      ];
      const outcomes = () =>
        addresses.map((address) => {
          try {
            bound.enter(address);
            return "in";
          } catch (error) {
            return (error as { extensions: { code: string } }).extensions.code;
          }
        });
      const expected = ["in", "in", "OVERLOADED", "in", "in", "OVERLOADED", "OVERLOADED"];
      expect(outcomes()).toEqual(expected);
      expect(new Set(outcomes())).toEqual(new Set(["OVERLOADED"]));
      vi.advanceTimersByTime(60_000);
      expect(outcomes()).toEqual(expected);
    } finally {
      vi.useRealTimers();
    }
  });

  test("over HTTP, with a word on when to come back", async () => {
    const { app, post } = routesAlone();
    const { perMinuteAndAddressMax } = limits.signIns;
    for (let done = 0; done < perMinuteAndAddressMax; done += 1) expect((await post("127.0.0.1")).statusCode).toBe(200);
    const refused = await post("127.0.0.1");
    expect([refused.statusCode, refused.json().errors[0].extensions]).toEqual([
      429,
      expect.objectContaining({ code: "OVERLOADED", retryable: true, hint: "Sign in again in a minute." }),
    ]);
    const signedOut = await app.inject({ url: "/session" });
    expect(signedOut.statusCode).toBe(200);
  });
});

describe("a session", () => {
  test("gives way to an Authorization header, also to one that is not good", async () => {
    const cookie = cookieOf(await makeToken("alice"));
    await gateway.ask(ISSUE, { token: await makeToken("bob") });
    const bearer = { authorization: `Bearer ${await makeToken("bob")}` };
    expect(await whoIs({ cookie, ...own(), ...bearer })).toBe("bob");
    expect(await whoIs({ cookie, origin: "https://elsewhere.example", ...bearer })).toBe("bob");
    expect(await whoIs({ cookie, ...own(), authorization: "Bearer nonsense" })).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("counts over a WebSocket too, unless the first message has a token", async () => {
    await gateway.ask(ISSUE, { token: await makeToken("alice") });
    const headers = { cookie: cookieOf(await makeToken("alice")), ...own() };
    const byCookie = gateway.webSocket(undefined, headers);
    expect((await askOver(byCookie, WHO)).data).toEqual({ currentHolder: { subject: "alice" } });
    const byToken = gateway.webSocket({ authorization: `Bearer ${await makeToken("bob")}` }, headers);
    expect((await askOver(byToken, WHO)).data).toEqual({ currentHolder: { subject: "bob" } });
    await Promise.all([byCookie.dispose(), byToken.dispose()]);
  });

  describe("is the person's whom the page shows", () => {
    const REFUSED = [401, "UNAUTHENTICATED"];
    const BOB = "holder:bob";

    test.each([
      ["somebody else", "holder:alice", REFUSED],
      ["the same in another role", "operator:bob", REFUSED],
      ["a role that nobody has", "press_holder:bob", REFUSED],
      ["nobody", "", REFUSED],
      ["no percent-encoding", "holder:%", REFUSED],
      ["the person", BOB, "bob"],
    ])("over HTTP: %s", async (_what, caller, outcome) => {
      await gateway.ask(ISSUE, { token: await makeToken("bob") });
      const cookie = cookieOf(await makeToken("bob"));
      expect(await whoIs({ cookie, ...own(), "x-press-caller": caller })).toEqual(outcome);
    });

    test("when a purchase is tried again after somebody else has signed in in another tab", async () => {
      const shown = { ...own(), "x-press-caller": "holder:annabel" };
      const cookie = cookieOf(await makeToken("bertram"));
      expect(codes(await send("POST", "/graphql", { ...shown, cookie }, { query: ISSUE }))).toEqual(REFUSED);
      // Or after everybody has signed out.
      expect(codes(await send("POST", "/graphql", shown, { query: ISSUE }))).toEqual(REFUSED);
      const issued = "select from press.holders where subject in ('annabel', 'bertram')";
      expect((await database.pool("superuser").query(issued)).rows).toHaveLength(0);
    });

    test("whatever the name, percent-encoded", async () => {
      for (const name of ["Zoë", "a:b c", "100%", "x, y"]) {
        await gateway.ask(ISSUE, { token: await makeToken(name) });
        const headers = { cookie: cookieOf(await makeToken(name)), ...own() };
        const caller = `holder:${encodeURIComponent(name)}`;
        expect(await whoIs({ ...headers, "x-press-caller": caller })).toBe(name);
      }
    });

    test("over a WebSocket, which says so in its first message", async () => {
      await gateway.ask(ISSUE, { token: await makeToken("bob") });
      const headers = { cookie: cookieOf(await makeToken("bob")), ...own() };
      for (const caller of ["holder:alice", "operator:bob", "", 7, null, [BOB]]) {
        const client = gateway.webSocket({ caller }, headers);
        expect(codesOf(await askOver(client, WHO)), String(caller)).toEqual(["UNAUTHENTICATED"]);
        await client.dispose();
      }
      const client = gateway.webSocket({ caller: BOB }, headers);
      expect((await askOver(client, WHO)).data).toEqual({ currentHolder: { subject: "bob" } });
      await client.dispose();
    });

    test("while a token speaks for itself", async () => {
      await gateway.ask(ISSUE, { token: await makeToken("bob") });
      const authorization = `Bearer ${await makeToken("bob")}`;
      const cookie = cookieOf(await makeToken("alice"));
      expect(await whoIs({ cookie, ...own(), authorization, "x-press-caller": "holder:alice" })).toBe("bob");
      const client = gateway.webSocket({ authorization, caller: "holder:alice" }, { cookie, ...own() });
      expect((await askOver(client, WHO)).data).toEqual({ currentHolder: { subject: "bob" } });
      await client.dispose();
    });
  });

  test("whose token is not good is over, but what is asked in its name is refused and not done as nobody", async () => {
    const inThePast = Math.floor(Date.now() / 1000) - 60;
    const tokens = [
      await makeToken("alice", { exp: inThePast }),
      await makeToken("alice", { aud: "another" }),
      "x",
      "",
    ];
    for (const token of tokens) {
      const cookie = cookieOf(token);
      const session = await send("GET", "/session", { cookie });
      expect([session.status, session.body], token).toEqual([200, { signedIn: false, signIn: "trial" }]);
      expect(session.headers["set-cookie"]?.[0], token).toMatch(/^golden_press_session=; Max-Age=0; Path=\/;/);
      expect(await whoIs({ cookie, ...own() }), token).toEqual([401, "UNAUTHENTICATED"]);
      const client = gateway.webSocket(undefined, { cookie, ...own() });
      expect(codesOf(await askOver(client, WHO)), token).toEqual(["UNAUTHENTICATED"]);
      await client.dispose();
    }
    const cookie = cookieOf("x");
    for (const path of ["/tickets", "/healthz", "/keys"]) {
      const response = await fetch(`${gateway.url}${path}`, { headers: { cookie } });
      expect([path, response.status]).toEqual([path, 200]);
    }
    const again = await send("POST", "/session", { cookie, ...own() }, { name: "alice" });
    expect(again.status).toBe(200);
  });

  test("is none where there are two, one of which somebody else must have planted", async () => {
    const cookie = `${cookieOf(await makeToken("alice"))}; other=1; ${cookieOf(await makeToken("mallory"))}`;
    expect((await send("GET", "/session", { cookie })).body).toEqual({ signedIn: false, signIn: "trial" });
    expect(await whoIs({ cookie, ...own() })).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("is kept by the browser for longer than its token holds, so that it is never taken for nobody's", async () => {
    const inAnHour = Math.floor(Date.now() / 1000) + 3600;
    const header = new Sessions({ allowedOrigins: [], isHttpsOnly: true }).begin("x", inAnHour * 1000);
    const [, seconds] = /Max-Age=(\d+)/.exec(header ?? "") ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(3600 + 86_400 - 5);
    expect(Number(seconds)).toBeLessThanOrEqual(3600 + 86_400);
  });

  test("is not over because the issuer's keys cannot be read for a moment", async () => {
    const jwt = { ...JWT, key: { jwksUrl: new URL("http://127.0.0.1:9/keys"), algorithms: ["ES256"] } };
    const { app } = routesAlone(makeAuthenticate(jwt));
    const header = Buffer.from(JSON.stringify({ alg: "ES256" })).toString("base64url");
    const cookie = cookieOf((await makeToken("alice")).replace(/^[^.]+/, header));
    const reply = await app.inject({ url: "/session", headers: { cookie } });
    expect([reply.statusCode, reply.headers["set-cookie"]]).toEqual([503, undefined]);
    expect(codesOf(reply.json())).toEqual(["OVERLOADED"]);
  });

  test("is not begun where the browser would drop it for its length", () => {
    const sessions = new Sessions({ allowedOrigins: [], isHttpsOnly: true });
    const longest = 4_096 - (sessions.begin("", Date.now())?.length ?? 0);
    expect(sessions.begin("x".repeat(longest), Date.now())).toHaveLength(4_096);
    expect(sessions.begin("x".repeat(longest + 1), Date.now())).toBeNull();
  });
});

describe("what another page sends", () => {
  const port = () => Number(new URL(gateway.url).port);
  /** How a request shows that none of the gateway's own pages has sent it. */
  const foreign: Record<string, () => Record<string, string>> = {
    "another site": () => ({ origin: "https://elsewhere.example" }),
    "another port of this machine": () => ({ origin: `http://127.0.0.1:${port() + 1}` }),
    "the same machine under another name": () => ({ origin: `http://localhost:${port()}` }),
    "a sandbox": () => ({ origin: "null" }),
    "a page that hides its origin": () => ({}),
    "a page of another site, in the browser's own words": () => ({ ...own(), "sec-fetch-site": "cross-site" }),
    "a page of another port, in the browser's own words": () => ({ ...own(), "sec-fetch-site": "same-site" }),
    "an address that was typed": () => ({ "sec-fetch-site": "none" }),
  };

  test.each(Object.entries(foreign))("is not taken for the person's: %s", async (_what, headersOf) => {
    const { cookie } = await signIn("victim");
    const headers = { cookie, ...headersOf() };
    const refused = [403, "ORIGIN_NOT_ALLOWED"];
    expect(codes(await send("POST", "/graphql", headers, { query: ISSUE }))).toEqual(refused);
    expect(codes(await send("DELETE", "/session", headers))).toEqual(refused);
    expect(codes(await send("POST", "/session", headers, { name: "mallory" }))).toEqual(refused);
    expect(codes(await send("POST", "/session", headersOf(), { name: "mallory" }))).toEqual(refused);
    expect(await upgrade(headers)).toBe(403);
    const { rows } = await database.pool("superuser").query("select from press.holders where subject = 'victim'");
    expect(rows).toHaveLength(0);
  });

  test("is the person's where the browser says that the page is the gateway's, also behind a proxy that changes Host", async () => {
    await gateway.ask(ISSUE, { token: await makeToken("alice") });
    const { cookie } = await signIn("alice");
    const sameOrigin = { cookie, "sec-fetch-site": "same-origin" };
    expect(await whoIs(sameOrigin)).toBe("alice");
    expect(await whoIs({ ...sameOrigin, origin: "https://press.example" })).toBe("alice");
  });

  test("is the person's from the public origin, also of a browser that says no more, behind a proxy that changes Host", async () => {
    const publicOrigin = "https://press.example";
    const proxied = await startTestGateway(database, { signIn: { kind: "trial" }, publicOrigin });
    await gateway.ask(ISSUE, { token: await makeToken("alice") });
    const headers = { cookie: cookieOf(await makeToken("alice")), origin: publicOrigin };
    expect(await whoIs(headers, proxied)).toBe("alice");
    const client = proxied.webSocket(undefined, headers);
    expect((await askOver(client, WHO)).data).toEqual({ currentHolder: { subject: "alice" } });
    await client.dispose();
    expect((await send("DELETE", "/session", headers, undefined, proxied)).status).toBe(200);
    for (const origin of ["http://press.example", "https://press.example:444", "https://www.press.example"]) {
      expect(await whoIs({ ...headers, origin }, proxied), origin).toEqual([403, "ORIGIN_NOT_ALLOWED"]);
    }
    expect(await whoIs(headers)).toEqual([403, "ORIGIN_NOT_ALLOWED"]);
    await proxied.close();
  });

  test("is nobody's from an allowed origin, unless it brings a token", async () => {
    const { cookie } = await signIn("alice");
    const headers = { cookie, origin: FRIEND };
    expect(await whoIs(headers)).toBeNull();
    expect(codes(await send("POST", "/graphql", headers, { query: ISSUE }))).toEqual([200, "NOT_SIGNED_IN"]);
    const silent = gateway.webSocket(undefined, headers);
    expect((await askOver(silent, WHO)).data).toEqual({ currentHolder: null });
    const authorization = `Bearer ${await makeToken("alice")}`;
    const withToken = gateway.webSocket({ authorization }, headers);
    expect((await askOver(withToken, WHO)).data).toEqual({ currentHolder: { subject: "alice" } });
    await Promise.all([silent.dispose(), withToken.dispose()]);
    expect(codes(await send("POST", "/session", headers, { name: "mallory" }))).toEqual([403, "ORIGIN_NOT_ALLOWED"]);
  });

  test("of whatever form changes nothing", async () => {
    const { cookie } = await signIn("victim");
    const body = JSON.stringify({ query: ISSUE });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
      for (const path of ["/graphql", "/session"]) {
        const reply = await send("POST", path, { cookie, ...foreign["another site"]?.(), "content-type": type }, body);
        expect(reply.status, `${type} ${path}`).toBeGreaterThanOrEqual(400);
      }
    }
    const get = await send("GET", `/graphql?query=${encodeURIComponent(ISSUE)}`, { cookie });
    expect(codes(get)).toEqual([405, "METHOD_NOT_ALLOWED"]);
    const { rows } = await database.pool("superuser").query("select from press.holders where subject = 'victim'");
    expect(rows).toHaveLength(0);
  });

  /** The status of an upgrade to a WebSocket; 101 where it is one. */
  function upgrade(headers: Record<string, string>): Promise<number | undefined> {
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
    return new Promise<number | undefined>((resolve, reject) => {
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.on("open", () => resolve(101));
      socket.on("error", reject);
    }).finally(() => socket.terminate());
  }
});

describe("in Chromium", () => {
  let browser: Browser;
  let neighbour: Server;
  let neighbourUrl: string;
  /** What the neighbour's server was sent as cookies: they know no ports. */
  let cookiesAtNeighbour: string;

  beforeAll(async () => {
    neighbour = createServer((asked, answer) => {
      cookiesAtNeighbour = asked.headers.cookie ?? "";
      answer.setHeader("content-type", "text/html").end("<!doctype html><title>A neighbour</title><body>");
    });
    await new Promise<void>((resolve) => neighbour.listen(0, "127.0.0.1", resolve));
    neighbourUrl = `http://127.0.0.1:${(neighbour.address() as AddressInfo).port}/`;
    const executablePath = chromiumPath();
    if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    neighbour.close();
  });

  /** Runs in a page of the gateway: signs in, and asks who that is, over HTTP and over a WebSocket. */
  async function signInAndAsk([name, query]: readonly [string, string]) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/session", { method: "POST", headers, body: JSON.stringify({ name }) });
    const overHttp = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
    // The browser's own, not what this file calls so.
    const socket = new globalThis.WebSocket(`ws://${location.host}/graphql`, "graphql-transport-ws");
    const overSocket = await new Promise((resolve) => {
      socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init" }));
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data));
        if (message.type === "connection_ack")
          socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
        if (message.type === "next") resolve(message.payload.data);
      };
    });
    socket.close();
    const stored = { cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage } };
    return { session: await answer.json(), overHttp: (await overHttp.json()).data, overSocket, stored };
  }

  testRequiring("chromium")("a page signs in and never sees the token", async () => {
    await gateway.ask(ISSUE, { token: await makeToken("carol") });
    const page = await browser.newPage();
    await page.goto(`${gateway.url}/tickets`);
    expect(await page.evaluate(signInAndAsk, ["carol", WHO] as const)).toEqual({
      session: expect.objectContaining({ signedIn: true, subject: "carol" }),
      overHttp: { currentHolder: { subject: "carol" } },
      overSocket: { currentHolder: { subject: "carol" } },
      // Other tabs read there who is signed in, and nothing else.
      stored: { cookie: "", local: { "golden-press/caller": expect.stringMatching(/^(holder:carol)?$/) }, session: {} },
    });
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: "golden_press_session", httpOnly: true, sameSite: "Strict", path: "/" });
  });

  testRequiring("chromium")(
    "a page of another port, to which the browser gives the cookie too, can do nothing with it",
    async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(gateway.url);
      await page.evaluate(signInAndAsk, ["victim", WHO] as const);
      const attacker = await context.newPage();
      await attacker.goto(neighbourUrl);
      expect(cookiesAtNeighbour).toContain("golden_press_session=");

      const outcomes = await attacker.evaluate(
        async ([url, query]) => {
          const body = JSON.stringify({ query });
          const credentials = "include";
          const outcome = (asked: Promise<unknown>) => asked.then(String, (error: Error) => error.name);
          const types = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
          const posts = types.flatMap((type) =>
            ["/graphql", "/session"].flatMap((path) =>
              (["cors", "no-cors"] as const).map((mode) =>
                fetch(url + path, { method: "POST", mode, credentials, body, headers: { "content-type": type } }),
              ),
            ),
          );
          const signOut = fetch(`${url}/session`, { method: "DELETE", credentials });
          const read = fetch(`${url}/session`, { credentials });
          const socket = new Promise((resolve) => {
            const opened = new globalThis.WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
            opened.onopen = () => resolve("open");
            opened.onerror = () => resolve("refused");
          });
          return Promise.all([...posts, signOut, read, socket].map(outcome));
        },
        [gateway.url, ISSUE] as const,
      );
      // No answer can be read, or even be embedded.
      expect(new Set(outcomes)).toEqual(new Set(["TypeError", "refused"]));
      await attacker.evaluate(
        ([url, query]) => {
          const form = document.createElement("form");
          Object.assign(form, { method: "post", action: `${url}/graphql`, enctype: "text/plain" });
          const field = Object.assign(document.createElement("input"), {
            name: `{"query": ${JSON.stringify(query)}, "x": "`,
            value: `"}`,
          });
          form.append(field);
          document.body.append(form);
          form.submit();
        },
        [gateway.url, ISSUE] as const,
      );
      await attacker.waitForURL(`${gateway.url}/graphql`);
      expect(await attacker.textContent("body")).toContain("UNSUPPORTED_MEDIA_TYPE");

      const { rows } = await database.pool("superuser").query("select from press.holders where subject = 'victim'");
      expect(rows).toHaveLength(0);
      const session = await page.evaluate(async () => (await fetch("/session")).json());
      expect(session).toMatchObject({ signedIn: true, subject: "victim" });
      await context.close();
    },
  );
});

test("an operator's session does what its token does", async () => {
  const cookie = cookieOf(await makeOperatorToken());
  expect((await send("GET", "/session", { cookie })).body).toMatchObject({ subject: "olga", role: "operator" });
});
