import { createHmac, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { makeAuthenticate } from "../../gateway/auth.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import {
  AUDIENCE,
  askOver,
  codesOf,
  JWT,
  makeOperatorToken,
  makeToken,
  openEdition,
  SECRET,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

const WHO = "{ currentHolder { subject } }";
const now = () => Math.floor(Date.now() / 1000);

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database, { allowedOrigins: ["https://friend.example"] });
  await openEdition(gateway, { slug: "known-people", cap: 100, perHolderLimit: 100 });
  for (const subject of ["alice", "bob"]) {
    const query = `mutation { issueTicket(input: { editionSlug: "known-people" }) { ticket { ticketNumber } } }`;
    await gateway.ask(query, { token: await makeToken(subject) });
  }
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const goodClaims = () => ({ sub: "alice", aud: AUDIENCE, exp: now() + 3600 });

/** A token put together by hand, with whatever header and signed by whatever secret. */
function forge(header: object, claims: object, secret: string | Uint8Array | null): string {
  const text = `${base64url(header)}.${base64url(claims)}`;
  return `${text}.${secret === null ? "" : createHmac("sha256", secret).update(text).digest("base64url")}`;
}

describe("a token is refused with 401 and a code", () => {
  const hs256 = { alg: "HS256" };
  const cases: Record<string, () => string | Promise<string>> = {
    "signed with none": () => forge({ alg: "none" }, goodClaims(), null),
    "signed with None": () => forge({ alg: "None" }, goodClaims(), null),
    "signed with nOnE and a signature": () => forge({ alg: "nOnE" }, goodClaims(), SECRET),
    "without an algorithm": () => forge({}, goodClaims(), SECRET),
    "signed with another key": () => forge(hs256, goodClaims(), randomBytes(32)),
    "signed with an empty key": () => forge(hs256, goodClaims(), ""),
    "that says HS512 but is HS256": () => forge({ alg: "HS512" }, goodClaims(), SECRET),
    "that brings its own key": () =>
      forge({ ...hs256, jwk: { kty: "oct", k: base64url("mine") } }, goodClaims(), "mine"),
    "whose kid is a path": () => forge({ ...hs256, kid: "../../../../dev/null" }, goodClaims(), ""),
    "whose kid is SQL": () => forge({ ...hs256, kid: "x' union select 'mine" }, goodClaims(), "mine"),
    "whose jku is elsewhere": () => forge({ ...hs256, jku: "http://127.0.0.1:9/keys" }, goodClaims(), "mine"),
    "with an unknown critical header": () => forge({ ...hs256, crit: ["exp"], exp: 1 }, goodClaims(), SECRET),
    "with an unencoded payload": () => forge({ ...hs256, b64: false, crit: ["b64"] }, goodClaims(), SECRET),
    "for another audience": () => makeToken("alice", { aud: "another-press" }),
    "for no audience": () => makeToken("alice", { aud: undefined }),
    "that has expired": () => makeToken("alice", { exp: now() - 60 }),
    "that never expires": () => makeToken("alice", { exp: undefined }),
    "that expires in words": () => forge(hs256, { ...goodClaims(), exp: "tomorrow" }, SECRET),
    "that is not valid yet": () => makeToken("alice", { nbf: now() + 3600 }),
    "without a sub": () => makeToken("alice", { sub: undefined }),
    "with an empty sub": () => makeToken(""),
    "with a sub of 256 characters": () => makeToken("x".repeat(256)),
    "with a numeric sub": () => forge(hs256, { ...goodClaims(), sub: 7 }, SECRET),
    "with a sub that is a list": () => forge(hs256, { ...goodClaims(), sub: ["alice"] }, SECRET),
    "with U+0000 in its sub": () => makeToken("alice\0"),
    "with a line feed in its sub": () => makeToken("alice\nbob"),
    "with half a surrogate pair in its sub": () => makeToken("alice\ud800"),
    "with a role that is a list": () => forge(hs256, { ...goodClaims(), role: ["operator"] }, SECRET),
    "with a role that is null": () => forge(hs256, { ...goodClaims(), role: null }, SECRET),
    "with a role in capitals": () => makeToken("alice", { role: "OPERATOR" }),
    "of 10 kB": () => makeToken("alice", { padding: "x".repeat(10_000) }),
    "whose payload was changed": async () => {
      const [header, , signature] = (await makeToken("alice")).split(".");
      return `${header}.${base64url({ ...goodClaims(), sub: "bob" })}.${signature}`;
    },
    "without its signature": async () => (await makeToken("alice")).split(".").slice(0, 2).join("."),
    "that is no token": () => "alice",
  };

  test.each(Object.entries(cases))("%s", async (_what, make) => {
    const answer = await gateway.ask(WHO, { token: await make() });
    expect(answer.status).toBe(401);
    expect(codesOf(answer)).toEqual(["UNAUTHENTICATED"]);
    expect(answer.data).toBeUndefined();
  });

  test("with the role claim of any role of the database", async () => {
    const { rows } = await database.pool("superuser").query<{ name: string }>("select rolname as name from pg_roles");
    expect(rows.length).toBeGreaterThan(7);
    for (const { name } of rows) {
      const answer = await gateway.ask(WHO, { token: await makeToken("alice", { role: name }) });
      expect({ name, status: answer.status, codes: codesOf(answer) }).toEqual({
        name,
        status: 401,
        codes: ["UNAUTHENTICATED"],
      });
    }
  });

  test.each(["", "Basic YWxpY2U6", "Bearer", "Bearer ", "Token abc"])("under the header %j", async (authorization) => {
    const answer = await gateway.ask(WHO, { headers: { authorization } });
    expect([answer.status, ...codesOf(answer)]).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("once it has expired, although it was remembered while it was valid", async () => {
    const authenticate = makeAuthenticate(JWT);
    // Within the tolerance for clocks it is still good, but never remembered.
    const exp = now() + 1;
    const authorization = `Bearer ${await makeToken("alice", { exp })}`;
    expect(await authenticate(authorization)).toEqual({
      role: "press_holder",
      subject: "alice",
      expiresAt: exp * 1000,
    });
    await expect
      .poll(() =>
        authenticate(authorization).then(
          () => "accepted",
          (error: Error) => error.message,
        ),
      )
      .toBe("UNAUTHENTICATED: The token has expired.");
  });
});

describe("a good token", () => {
  test("makes a holder, or an operator by the one claim that does", async () => {
    const roles = `{ tickets { nodes { holder { subject } } } }`;
    const seenBy = async (token: string) => {
      const { data } = await gateway.ask<{ tickets: { nodes: { holder: { subject: string } }[] } }>(roles, { token });
      return data.tickets.nodes.map(({ holder }) => holder.subject).toSorted();
    };
    expect(await seenBy(await makeToken("alice"))).toEqual(["alice"]);
    expect(await seenBy(await makeToken("bob", { role: "holder" }))).toEqual(["bob"]);
    expect(await seenBy(await makeOperatorToken())).toEqual(["alice", "bob"]);
  });

  test("sets nothing in the database but the role and the subject, whatever else it claims", async () => {
    const claims = {
      search_path: "pg_temp",
      row_security: "off",
      "press.subject": "bob",
      statement_timeout: 0,
      role_: "x",
    };
    const { data } = await gateway.ask(WHO, { token: await makeToken("alice", claims) });
    expect(data).toEqual({ currentHolder: { subject: "alice" } });
  });

  test("of 255 characters of any script is a subject", async () => {
    const subject = "🎟".repeat(255);
    const { errors } = await gateway.ask(WHO, { token: await makeToken(subject) });
    expect(errors).toEqual([]);
  });

  test("must come from the issuer, where one is configured", async () => {
    const authenticate = makeAuthenticate({ ...JWT, issuer: "https://issuer.example" });
    const good = await makeToken("alice", { iss: "https://issuer.example" });
    expect(await authenticate(`Bearer ${good}`)).toMatchObject({ role: "press_holder", subject: "alice" });
    for (const iss of ["https://other.example", undefined]) {
      await expect(authenticate(`Bearer ${await makeToken("alice", { iss })}`)).rejects.toThrow(/UNAUTHENTICATED/);
    }
  });
});

describe("tokens of an issuer with public keys", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ed25519 = generateKeyPairSync("ed25519");
  const stranger = generateKeyPairSync("ed25519");
  let issuer: Server;
  let url: URL;
  let fetches = 0;

  beforeAll(async () => {
    const keys: JWK[] = [
      { ...(await exportJWK(rsa.publicKey)), kid: "rsa", alg: "RS256" },
      { ...(await exportJWK(ed25519.publicKey)), kid: "ed25519", alg: "EdDSA" },
    ];
    issuer = createServer((_request, response) => {
      fetches += 1;
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    url = new URL(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`);
  });

  afterAll(() => issuer?.close());

  const sign = (key: KeyObject, header: { alg: string; kid?: string }) =>
    new SignJWT(goodClaims()).setProtectedHeader(header).sign(key);
  const authenticator = (algorithms = ["RS256", "EdDSA"]) =>
    makeAuthenticate({ audience: AUDIENCE, roleClaim: "role", key: { jwksUrl: url, algorithms } });

  test("are accepted under each of its keys, which are fetched once", async () => {
    const authenticate = authenticator();
    fetches = 0;
    for (const token of [
      await sign(rsa.privateKey, { alg: "RS256", kid: "rsa" }),
      await sign(ed25519.privateKey, { alg: "EdDSA", kid: "ed25519" }),
    ]) {
      expect(await authenticate(`Bearer ${token}`)).toMatchObject({ role: "press_holder", subject: "alice" });
    }
    expect(fetches).toBe(1);
  });

  test("are refused when a public key serves as the secret of HS256, in any form of writing it", async () => {
    const authenticate = authenticator();
    const pem = await exportSPKI(rsa.publicKey);
    const der = rsa.publicKey.export({ type: "spki", format: "der" });
    const x = Buffer.from((await exportJWK(ed25519.publicKey)).x ?? "", "base64url");
    for (const secret of [pem, pem.trim(), der, x]) {
      for (const kid of ["rsa", "ed25519", undefined]) {
        const token = forge({ alg: "HS256", kid }, goodClaims(), secret);
        await expect(authenticate(`Bearer ${token}`)).rejects.toThrow(/UNAUTHENTICATED/);
      }
    }
  });

  test("are refused under a stranger's key, an unknown kid, another algorithm, or one that is not allowed", async () => {
    const authenticate = authenticator();
    const tokens = [
      await sign(stranger.privateKey, { alg: "EdDSA", kid: "ed25519" }),
      await sign(ed25519.privateKey, { alg: "EdDSA", kid: "unknown" }),
      await sign(rsa.privateKey, { alg: "PS256", kid: "rsa" }),
      forge({ alg: "none", kid: "rsa" }, goodClaims(), null),
    ];
    for (const token of tokens) await expect(authenticate(`Bearer ${token}`)).rejects.toThrow(/UNAUTHENTICATED/);

    const rsaOnly = authenticator(["RS256"]);
    const eddsa = await sign(ed25519.privateKey, { alg: "EdDSA", kid: "ed25519" });
    await expect(rsaOnly(`Bearer ${eddsa}`)).rejects.toThrow(/UNAUTHENTICATED/);
  });

  test("cannot be judged while the issuer is out of reach, which is not the token's fault", async () => {
    const authenticate = makeAuthenticate({
      audience: AUDIENCE,
      roleClaim: "role",
      key: { jwksUrl: new URL("http://127.0.0.1:9/keys"), algorithms: ["EdDSA"] },
    });
    const token = await sign(ed25519.privateKey, { alg: "EdDSA", kid: "ed25519" });
    await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({
      extensions: { code: "OVERLOADED", retryable: true, statusCode: 503 },
    });
  });

  test("never mix with a secret: a symmetric algorithm, or a short secret, does not even start", () => {
    expect(() => authenticator(["HS256"])).toThrow(/asymmetric/);
    expect(() => authenticator(["EdDSA", "none"])).toThrow(/asymmetric/);
    expect(() => authenticator([])).toThrow(/asymmetric/);
    expect(() => makeAuthenticate({ ...JWT, key: { secret: randomBytes(31) } })).toThrow(/32 bytes/);
  });
});

describe("over a WebSocket", () => {
  /** What an anonymous caller can try; every answer must be the same on both ways. */
  const attempts = [
    "{ editions { nodes { slug remainingCount } } }",
    "{ signingKeys { nodes { keyId } } }",
    "{ currentHolder { subject } }",
    "{ tickets { nodes { ticketNumber envelope } } }",
    "{ holders { nodes { subject } } }",
    "{ revocations { nodes { reason } } }",
    `{ requestOutcome(editionSlug: "known-people", requestKey: "00000000-0000-4000-8000-000000000000") { nodes { rowId } } }`,
    `mutation { issueTicket(input: { editionSlug: "known-people" }) { ticket { rowId } } }`,
    `mutation { issueTicket(input: { editionSlug: "known-people", recipient: "alice" }) { ticket { rowId } } }`,
    `mutation { createEdition(input: { slug: "mine", title: "Mine", cap: 1 }) { edition { slug } } }`,
    `mutation { closeEdition(input: { editionSlug: "known-people" }) { edition { slug } } }`,
    `mutation { revokeTicket(input: { ticketId: "00000000-0000-4000-8000-000000000000", reason: "x" }) { ticket { rowId } } }`,
  ];

  test("nobody has the rights of nobody over HTTP, also right after others used the same connections", async () => {
    const operator = await makeOperatorToken();
    // Statements prepared under another role must not carry its rights.
    const asOperator = attempts.slice(0, 6).flatMap((query) => Array.from({ length: 20 }, () => query));
    await Promise.all(asOperator.map((query) => gateway.ask(query, { token: operator })));
    const client = gateway.webSocket();
    for (const query of attempts) {
      const http = await gateway.ask(query);
      const webSocket = await askOver(client, query);
      expect({ query, data: webSocket.data, codes: codesOf(webSocket) }).toEqual({
        query,
        data: http.data,
        codes: codesOf(http),
      });
    }
    await client.dispose();
    const { rows } = await database.pool("superuser").query("select count(*)::int as count from press.editions");
    expect(rows[0].count).toBe(1);
  });

  test("a token in connectionParams.authorization, or in the upgrade's header, says who calls", async () => {
    const authorization = `Bearer ${await makeToken("alice")}`;
    for (const client of [
      gateway.webSocket({ authorization }),
      gateway.webSocket({ Authorization: authorization }),
      gateway.webSocket(undefined, { authorization }),
    ]) {
      expect((await askOver(client, WHO)).data).toEqual({ currentHolder: { subject: "alice" } });
      await client.dispose();
    }
  });

  test("a refused token ends the operation with its code; it never counts as nobody's", async () => {
    const expired = `Bearer ${await makeToken("alice", { exp: now() - 60 })}`;
    for (const authorization of [expired, "Bearer x", "", 7, null, ["Bearer x"]]) {
      const client = gateway.webSocket({ authorization });
      const answer = await askOver(client, "{ editions { totalCount } }");
      expect({ authorization, codes: codesOf(answer), data: answer.data }).toEqual({
        authorization,
        codes: ["UNAUTHENTICATED"],
        data: null,
      });
      await client.dispose();
    }
  });

  test("a token that expires on an open socket is refused from then on", async () => {
    const client = gateway.webSocket({ authorization: `Bearer ${await makeToken("alice", { exp: now() + 1 })}` });
    expect((await askOver(client, WHO)).data).toEqual({ currentHolder: { subject: "alice" } });
    await expect.poll(async () => codesOf(await askOver(client, WHO))).toEqual(["UNAUTHENTICATED"]);
    await client.dispose();
  });

  test("two sockets at once stay two people", async () => {
    const clients = await Promise.all(
      ["alice", "bob"].map(async (subject) =>
        gateway.webSocket({ authorization: `Bearer ${await makeToken(subject)}` }),
      ),
    );
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => askOver(clients[index % 2] ?? gateway.webSocket(), WHO)),
    );
    expect(answers.map(({ data }) => data)).toEqual(
      answers.map((_, index) => ({ currentHolder: { subject: index % 2 === 0 ? "alice" : "bob" } })),
    );
    for (const client of clients) await client.dispose();
  });
});

describe("origins", () => {
  const openSocket = (headers: Record<string, string>) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
      socket.on("open", () => {
        socket.terminate();
        resolve(101);
      });
      socket.on("unexpected-response", (request, response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      });
      socket.on("error", () => undefined);
    });

  test.each([
    ["of another site", "https://evil.example", 403],
    ["of another port of this host", "http://127.0.0.1:1", 403],
    ["of an allowed host under another scheme", "http://friend.example", 403],
    ["that only begins like an allowed one", "https://friend.example.evil.example", 403],
    ["of a sandboxed page", "null", 403],
    ["that is no origin", "%%%", 403],
    ["of an allowed site", "https://friend.example", 101],
  ])("a WebSocket from a page %s", async (_what, origin, status) => {
    expect(await openSocket({ origin })).toBe(status);
  });

  test("a WebSocket from a page of ours, or from a program", async () => {
    expect(await openSocket({ origin: gateway.url })).toBe(101);
    expect(await openSocket({})).toBe(101);
  });

  test("pages of allowed sites may read answers, others may not", async () => {
    const preflight = (origin: string) =>
      fetch(`${gateway.url}/graphql`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    const friend = await preflight("https://friend.example");
    expect(friend.status).toBe(204);
    expect(friend.headers.get("access-control-allow-origin")).toBe("https://friend.example");
    expect(friend.headers.get("access-control-allow-headers")).toContain("authorization");
    expect((await preflight("https://evil.example")).headers.get("access-control-allow-origin")).toBeNull();

    const asked = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: "https://friend.example" },
      body: JSON.stringify({ query: "{ editions { totalCount } }" }),
    });
    expect(asked.headers.get("access-control-allow-origin")).toBe("https://friend.example");
    expect(asked.headers.get("access-control-allow-credentials")).toBeNull();
  });
});
