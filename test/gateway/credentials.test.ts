/* What a gateway serves of credentials: their keys, and which were revoked, for whoever verifies one with the SDK and what it fetches. */
import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import fastify from "fastify";
import type { QueryConfig } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { addCredentialRoutes } from "../../gateway/credentialRoutes.ts";
import { httpRefusal } from "../../gateway/masking.ts";
import { StatusLists, type StatusListsOptions } from "../../gateway/statusLists.ts";
import {
  formatMultikey,
  readCredential,
  readDidDocument,
  readStatusList,
  verifyCredential,
} from "../../verifier/index.ts";
import { TestCredentials } from "../attesting.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { secure } from "../verifier/credentialIssuer.ts";
import { TestSigner } from "./signing.ts";
import { startTestGateway, type TestGateway } from "./testGateway.ts";

describe("a press with credentials", () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let credentials: TestCredentials;
  beforeAll(async () => {
    database = await createTestDatabase();
    gateway = await startTestGateway(database);
    credentials = await TestCredentials.start(database, gateway.url);
    await new TestSigner(database.pool("press_worker")).register();
  });
  afterAll(async () => {
    await gateway.close();
    await database.drop();
  });

  /** Verifies a credential as a stranger does who has nothing but it: whatever it names is fetched. */
  async function verifyAsStranger(document: string) {
    const reading = readCredential(document);
    if ("problem" in reading) return reading.problem;
    const { issuer, credentialStatus } = reading.credential;
    const host = decodeURIComponent(issuer.replace("did:web:", ""));
    const did = readDidDocument(await (await fetch(`http://${host}/.well-known/did.json`)).text());
    if ("problem" in did) return did.problem;
    const list = await (await fetch(credentialStatus.statusListCredential)).text();
    const read = await readStatusList({ document: list, issuer: did.document });
    if (!read.isValid) return read.message;
    const answer = verifyCredential({ document, issuer: did.document, statusList: read.statusList });
    return answer.isValid ? answer.verdict : answer.reason;
  }

  test("there is no list before there is a credential", async () => {
    const answer = await fetch(`${gateway.url}/credentials/status/1`);
    expect([answer.status, answer.headers.get("cache-control"), await answer.text()]).toEqual([
      404,
      "no-store",
      expect.stringMatching(/^There is no such status list/),
    ]);
  });

  test("a credential is verified by what it names alone; revoked, it is seen as revoked", async () => {
    const alice = await credentials.attest("alice", "repository");
    const bob = await credentials.attest("bob");
    await expect.poll(() => verifyAsStranger(alice.document)).toBe("unrevoked");
    expect(await verifyAsStranger(bob.document)).toBe("unrevoked");
    expect(await verifyAsStranger(bob.document.replace('"trustLevel":1', '"trustLevel":2'))).toBe("SIGNATURE_INVALID");
    await database.pool("operator").query("select press.revoke_credential($1, 'Sold the account')", [alice.id]);
    await credentials.publishLists();
    await expect.poll(() => verifyAsStranger(alice.document)).toBe("REVOKED");
    expect(await verifyAsStranger(bob.document)).toBe("unrevoked");
  });

  test("a credential of a retired key is verified still", async () => {
    const carol = await credentials.attest("carol");
    const retired = credentials.key;
    await credentials.rotate();
    const dave = await credentials.attest("dave");
    await expect.poll(() => verifyAsStranger(dave.document)).toBe("unrevoked");
    expect(await verifyAsStranger(carol.document)).toBe("unrevoked");
    expect([carol.document.includes(retired.keyId), dave.document.includes(retired.keyId)]).toEqual([true, false]);

    // Whoever has kept that key signs on with it.
    const { proof, ...members } = JSON.parse(carol.document);
    const { verificationMethod } = proof;
    const later = { verificationMethod, created: new Date(Date.now() + 120_000).toISOString() };
    expect(await verifyAsStranger(secure(retired, members, later))).toBe("KEY_RETIRED");
  });

  test("the list is served as W3C says, to pages of any origin, and not again to whoever has it", async () => {
    await expect.poll(async () => (await fetch(`${gateway.url}/credentials/status/1`)).status).toBe(200);
    const answer = await fetch(`${gateway.url}/credentials/status/1`);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/vc",
      "cache-control": "public, max-age=60",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
    });
    const etag = answer.headers.get("etag") ?? "";
    const again = await fetch(answer.url, { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    const head = await fetch(answer.url, { method: "HEAD" });
    const lengthOf = String(Buffer.byteLength(await answer.text()));
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, lengthOf, ""]);
    for (const method of ["POST", "PUT", "DELETE"]) {
      expect((await fetch(answer.url, { method })).status, method).toBe(404);
    }
  });

  test("the keys are in the DID document and among the JWKs, retired ones too; those of tickets are not mixed with them", async () => {
    const get = async (path: string) => (await fetch(`${gateway.url}${path}`)).json();
    const { rows } = await database
      .pool("operator")
      .query<{ public_key: string; purpose: string }>(
        `select public_key, purpose from press.signing_keys order by retired_at desc nulls first, activated_at desc, key_id`,
      );
    const keysFor = (purpose: string) => rows.filter((row) => row.purpose === purpose).map((row) => row.public_key);
    const did = await get("/.well-known/did.json");
    const host = new URL(gateway.url).host;
    expect(did.id).toBe(`did:web:${host.replace(":", "%3A")}`);
    expect(did.verificationMethod.map((method: { publicKeyMultibase: string }) => method.publicKeyMultibase)).toEqual(
      keysFor("credential").map((key) => formatMultikey(Buffer.from(key, "hex"))),
    );
    expect(did.assertionMethod).toEqual(did.verificationMethod.map(({ id }: { id: string }) => id));
    expect(did.assertionMethod).toHaveLength(2);
    const { rows: retired } = await database
      .pool("operator")
      .query("select retired_at from press.signing_keys where purpose = 'credential' and retired_at is not null");
    expect(did.verificationMethod.map(({ revoked }: { revoked?: string }) => revoked)).toEqual([
      undefined,
      retired[0].retired_at.toISOString(),
    ]);

    const jwks = await get("/.well-known/jwks.json");
    const x = jwks.keys.map((key: { x: string }) => Buffer.from(key.x, "base64url").toString("hex"));
    expect(x).toEqual(rows.filter(({ purpose }) => purpose !== "checkpoint").map(({ public_key }) => public_key));
    const jwk = jwks.keys.find(({ kid }: { kid: string }) => kid === credentials.key.keyId) as JsonWebKey;
    const message = Buffer.from("message");
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    expect(verify(null, message, publicKey, credentials.key.sign(message))).toBe(true);

    expect(await (await fetch(`${gateway.url}/keys`)).text()).toBe(
      keysFor("ticket")
        .map((key) => `${key}\n`)
        .join(""),
    );
  });

  test.each([
    ["0.0.0.0", "127.0.0.1"],
    ["localhost", "localhost"],
  ])("the DID of a gateway that listens on %s is that of %s", async (host, name) => {
    const elsewhere = await startTestGateway(database, { host });
    const { port } = new URL(elsewhere.url);
    const url = host === "0.0.0.0" ? `http://127.0.0.1:${port}` : elsewhere.url;
    const did = await (await fetch(`${url}/.well-known/did.json`)).json();
    expect(did).toMatchObject({ id: `did:web:${name}%3A${port}` });
    await elsewhere.close();
  });

  test("the DID is that of the public URL, where there is one", async () => {
    const behind = await startTestGateway(database, { publicOrigin: "https://press.example:8443" });
    const answer = await fetch(`${behind.url}/.well-known/did.json`);
    expect(await answer.json()).toMatchObject({ id: "did:web:press.example%3A8443" });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": expect.stringMatching(/^application\/did\+json/),
      "cache-control": "public, max-age=60",
      "access-control-allow-origin": "*",
    });
    await behind.close();
  });
});

describe("the routes over a database that is played here", () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closing.splice(0)) await close();
  });

  function serve(
    read: (list: number) => string | null | Promise<string | null>,
    options: Partial<StatusListsOptions> = {},
  ) {
    const asked: number[] = [];
    const pool = {
      async query({ values = [] }: QueryConfig) {
        asked.push(Number(values[0]));
        return { rows: [{ document: await read(Number(values[0])) }] };
      },
    } as unknown as StatusListsOptions["pool"];
    const app = fastify();
    closing.push(() => app.close());
    app.setErrorHandler((error: Error, _request, reply) => {
      const { status, answer } = httpRefusal(error, { error: () => undefined });
      return reply.code(status).send(answer);
    });
    addCredentialRoutes(app, new StatusLists({ pool, ...options }));
    return { asked, get: async (list: string) => app.inject(`/credentials/status/${list}`) };
  }

  test("ask once for many readers, and again a second later", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { asked, get } = serve((list) => `list ${list}`);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => get(String(1 + (index % 2)))));
    expect(answers.map(({ body }) => body).slice(0, 2)).toEqual(["list 1", "list 2"]);
    expect(asked).toEqual([1, 2]);
    vi.advanceTimersByTime(999);
    await get("1");
    expect(asked).toEqual([1, 2]);
    vi.advanceTimersByTime(1);
    await get("1");
    expect(asked).toEqual([1, 2, 1]);
  });

  test("ask nothing for what is no number of a list", async () => {
    const { asked, get } = serve(() => "a list");
    for (const list of ["0", "-1", "01", "1.5", "1e3", "one", "2147483648", "99999999999999999999", "%00", "1%20"]) {
      expect((await get(list)).statusCode, list).toBe(404);
    }
    expect(asked).toEqual([]);
    expect((await get("2147483647")).statusCode).toBe(200);
  });

  test("keep nothing of lists that are not there, and no failure", async () => {
    let isBroken = true;
    const { asked, get } = serve((list) => {
      if (list === 2) return null;
      if (isBroken) throw new Error("out of reach");
      return "a list";
    });
    expect([(await get("2")).statusCode, (await get("2")).statusCode]).toEqual([404, 404]);
    expect((await get("1")).statusCode).toBeGreaterThanOrEqual(500);
    isBroken = false;
    expect((await get("1")).statusCode).toBe(200);
    expect(asked).toEqual([2, 2, 1, 1]);
  });

  test("refuse to read too many at once, and go on when one is read", async () => {
    const waiting = Promise.withResolvers<string>();
    const { get } = serve((list) => (list < 3 ? waiting.promise : "a list"), { readingMax: 2 });
    const held = [get("1"), get("2"), get("1")];
    await expect.poll(async () => (await get("3")).statusCode).toBe(503);
    expect((await get("3")).json()).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
    waiting.resolve("a list");
    expect((await Promise.all(held)).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect((await get("3")).statusCode).toBe(200);
  });
});
