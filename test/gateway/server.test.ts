import { execFile } from "node:child_process";
import { createHash, createPublicKey, verify } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../../gateway/server.ts";
import { WireProxy } from "../cuts/proxy.ts";
import { postgres } from "../cuts/wire.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { makeEdition, openSessions, untilWaiting } from "../race/sessions.ts";
import { chromiumPath, testRequiring } from "../requirements.ts";
import { TestSigner } from "./signing.ts";
import {
  codesOf,
  issueTicket,
  JWT,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database, { graphiql: true });
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${gateway.url}${path}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

/** Connections of gateways to the database. */
async function connectionsTo({ name, pool }: TestDatabase): Promise<number> {
  const { rows } = await pool("superuser").query(
    "select count(*)::int as count from pg_stat_activity where datname = $1 and application_name like 'golden-press gateway%'",
    [name],
  );
  return rows[0].count;
}

describe("the routes beside GraphQL", () => {
  test("say that it is alive and ready, and where is what", async () => {
    expect(await get("/healthz")).toMatchObject({ status: 200, text: `{"status":"alive"}` });
    expect(await get("/readyz")).toMatchObject({ status: 200, text: `{"status":"ready"}` });
    const { status, text } = await get("/");
    expect(status).toBe(200);
    for (const place of ["/graphql", "/graphiql", "/keys", "/.well-known/jwks.json", "/events", "/metrics", "/healthz"])
      expect(text).toContain(place);
    expect((await get("/nowhere")).status).toBe(404);
  });

  test("publish every signing key, those in use first, as hex, as JSON and as a JWK Set that verifies; one that was stolen as JSON alone", async () => {
    const retired = new TestSigner(database.pool("press_worker"));
    await database.pool("press_worker").query("select press_worker.retire_signing_key($1)", [await retired.register()]);
    const stolen = new TestSigner(database.pool("press_worker"));
    const revoke = "select press.revoke_signing_key($1, 'A disk went missing.')";
    await database.pool("operator").query(revoke, [await stolen.register()]);
    const signer = new TestSigner(database.pool("press_worker"));
    const keyId = await signer.register();

    // What was read a moment ago is kept for a second.
    await expect.poll(async () => (await get("/keys")).text).toBe(`${signer.publicKey}\n${retired.publicKey}\n`);
    expect((await get("/keys")).headers.get("content-type")).toBe("text/plain; charset=utf-8");

    const json = JSON.parse((await get("/keys", { accept: "application/json" })).text);
    const trusted = { activated_at: expect.any(String), revoked_at: null, revocation_reason: null };
    const gone = { key_id: expect.any(String), activated_at: expect.any(String), retired_at: expect.any(String) };
    const revoked = { revoked_at: expect.any(String), revocation_reason: "A disk went missing." };
    expect(json).toEqual([
      { ...trusted, key_id: keyId, public_key: signer.publicKey, retired_at: null },
      { ...gone, ...revoked, public_key: stolen.publicKey },
      { ...trusted, ...gone, public_key: retired.publicKey },
    ]);
    expect(keyId).toBe(createHash("sha256").update(Buffer.from(signer.publicKey, "hex")).digest("hex").slice(0, 16));

    const jwks = await get("/.well-known/jwks.json");
    expect(jwks.headers.get("content-type")).toMatch(/^application\/jwk-set\+json/);
    expect(jwks.headers.get("access-control-allow-origin")).toBe("*");
    const { keys } = JSON.parse(jwks.text);
    expect(keys).toHaveLength(2);
    expect(keys[0]).toEqual({
      kty: "OKP",
      crv: "Ed25519",
      x: expect.any(String),
      kid: keyId,
      use: "sig",
      alg: "Ed25519",
    });

    await openEdition(gateway, { slug: "keys", cap: 1 });
    const waiting = gateway.ask<{ issueTicket: { envelope: string } }>(
      `mutation { issueTicket(input: { editionSlug: "keys" }) { envelope(waitMilliseconds: 10000) } }`,
      { token: await makeToken("alice") },
    );
    await expect.poll(() => signer.signPending()).toBe(1);
    const { signature, ...signed } = JSON.parse((await waiting).data.issueTicket.envelope);
    // The members of an envelope are ASCII and come in their canonical order already.
    const bytes = Buffer.from(JSON.stringify(signed));
    expect(verify(null, bytes, createPublicKey({ key: keys[0], format: "jwk" }), Buffer.from(signature, "hex"))).toBe(
      true,
    );
  });

  test("have a strict policy for browsers, refusals too; only the explorer's is wider", async () => {
    const post = (body: string) => fetch(`${gateway.url}/graphql`, { method: "POST", body });
    const answers = [
      ...["/", "/keys", "/healthz", "/nowhere", "/graphql"].map((path) => get(path)),
      post("{}"),
      post("no JSON"),
    ];
    for (const { headers } of await Promise.all(answers)) {
      expect(headers.get("content-security-policy")).toMatch(/^default-src 'none';frame-ancestors 'none';/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("strict-transport-security")).toBeNull();
    }
    const explorer = await get("/graphiql");
    expect(explorer.status).toBe(200);
    expect(explorer.headers.get("content-security-policy")).toMatch(/^default-src 'self'/);
    expect(explorer.headers.get("x-powered-by")).toBeNull();
  });

  test("have no explorer where it was not asked for", async () => {
    const quiet = await startTestGateway(database);
    expect((await fetch(`${quiet.url}/graphiql`)).status).toBe(404);
    expect(await (await fetch(quiet.url)).text()).not.toContain("graphiql");
    await quiet.close();
  });

  testRequiring("chromium")("serve an explorer that runs under its policy and asks nobody else", async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath() ?? "", args: ["--no-sandbox"] });
    const page = await browser.newPage();
    const complaints: string[] = [];
    const elsewhere: string[] = [];
    page.on("console", (message) => {
      const isOfInterest = message.type() === "error" && !message.location().url.endsWith("/favicon.ico");
      if (isOfInterest) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(gateway.url) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
    });
    await page.goto(`${gateway.url}/graphiql`);
    // The explorer has read the schema when its documentation can show the root type.
    await page.getByRole("button", { name: /documentation/i }).click();
    await page.getByText("Mutation", { exact: true }).first().waitFor();
    await browser.close();
    expect({ complaints, elsewhere }).toEqual({ complaints: [], elsewhere: [] });
  });
});

describe("it does not start", () => {
  const start = (databaseUrl: string) =>
    startGateway({
      databaseUrl,
      host: "127.0.0.1",
      port: 0,
      jwt: JWT,
      allowedOrigins: [],
      graphiql: false,
      logLevel: "silent",
      development: true,
    });

  test.each(["superuser", "press_worker", "press_auditor", "operator"] as const)("as the login %s", async (login) => {
    await expect(start(database.url(login))).rejects.toThrow(/^The gateway must log in as press_gateway/);
  });

  test("where the database is out of reach, or the password is wrong", async () => {
    const wrong = new URL(database.url("press_gateway"));
    wrong.password = "wrong";
    await expect(start(wrong.href)).rejects.toThrow(
      /^The gateway cannot use the database of GATEWAY_DATABASE_URL: password authentication failed/,
    );
    await expect(start("postgres://press_gateway@127.0.0.1:1/press")).rejects.toThrow(
      /^The gateway cannot use the database of GATEWAY_DATABASE_URL: connect ECONNREFUSED/,
    );
  });

  test("on a port that is taken, and says which error that is", async () => {
    const { port } = new URL(gateway.url);
    const before = await connectionsTo(database);
    await expect(startTestGateway(database, { port: Number(port) })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect.poll(() => connectionsTo(database)).toBeLessThanOrEqual(before);
  });

  test.each([
    [
      "answers without the tickets",
      `drop function press_gateway.issue_tickets;
       create function press_gateway.issue_tickets(
         edition_slug text, subjects text[], are_operators boolean[], recipients text[], quantities integer[], request_keys uuid[])
         returns table (request_index integer, refusal_code text, refusal_message text, refusal_detail text, refusal_hint text, ticket_ids uuid[])
         language sql as 'select 1, null, null, null, null, null::uuid[]'`,
    ],
    [
      "has one argument more",
      `drop function press_gateway.issue_tickets;
       create function press_gateway.issue_tickets(
         edition_slug text, subjects text[], are_operators boolean[], recipients text[], quantities integer[], request_keys uuid[], more text)
         returns table (request_index integer, refusal_code text, refusal_message text, refusal_detail text, refusal_hint text, ticket press.tickets)
         language sql as 'select 1, null, null, null, null, null::press.tickets'`,
    ],
    ["is not there", "drop function press_gateway.issue_tickets"],
  ])("where the function that issues %s", async (_how, change) => {
    const other = await createTestDatabase();
    await other.pool("superuser").query(`set role press_owner; ${change}; reset role`);
    await expect(start(other.url("press_gateway"))).rejects.toThrow(
      "The function press_gateway.issue_tickets of the database is not the one that this gateway calls",
    );
    await other.drop();
  });
});

describe("when the database goes away", () => {
  testRequiring("superuser")("and comes back, so does the gateway", async () => {
    await openEdition(gateway, { slug: "away", cap: 1000 });
    await database
      .pool("superuser")
      .query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'golden-press%'",
      );
    const token = await makeToken("alice");
    await expect.poll(async () => codesOf(await gateway.ask("{ editions { totalCount } }"))).toEqual([]);
    await expect.poll(async () => codesOf(await issueTicket(gateway, token, { editionSlug: "away" }))).toEqual([]);
    await expect.poll(async () => (await get("/readyz")).status).toBe(200);
  });

  testRequiring("superuser")("in the middle of a statement, its client hears it and nobody else does", async () => {
    const locker = await database.pool("superuser").connect();
    await locker.query("begin; lock table press.revocations");
    const waiting = gateway.ask("{ revocations { totalCount } }", { token: await makeToken("alice") });
    const killed = () =>
      database.pool("superuser").query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and application_name like 'golden-press gateway%'`,
      );
    await expect.poll(async () => (await killed()).rowCount).toBeGreaterThan(0);
    expect(codesOf(await waiting)).toEqual(["OVERLOADED"]);
    await locker.query("rollback");
    locker.release();
    expect((await get("/healthz")).status).toBe(200);
  });

  testRequiring("superuser")(
    "in the middle of a mutation, its client hears that nobody knows whether it was done",
    async () => {
      await makeEdition(database, "half-closed", 1, 1);
      const locker = await database.pool("superuser").connect();
      await locker.query("begin; lock table press.editions in exclusive mode");
      const closing = gateway.ask(
        'mutation { closeEdition(input: { editionSlug: "half-closed" }) { edition { status } } }',
        {
          token: await makeToken("the desk", { role: "operator" }),
        },
      );
      const killed = () =>
        database.pool("superuser").query(
          `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and application_name like 'golden-press gateway%'`,
        );
      await expect.poll(async () => (await killed()).rowCount).toBeGreaterThan(0);
      expect(codesOf(await closing)).toEqual(["OUTCOME_UNKNOWN"]);
      await locker.query("rollback");
      locker.release();
    },
  );

  test("with the answer to a commit, its client hears that nobody knows whether it was done, and it was", async () => {
    await makeEdition(database, "closed-unheard", 1, 1);
    const proxy = await WireProxy.start(new URL(database.url("press_gateway")), postgres);
    const behind = await startTestGateway({ url: (login) => proxy.through(database.url(login)) });
    const token = await makeToken("the desk", { role: "operator" });
    const armed = proxy.arm({
      counts: ({ from, topic }) => from === "client" && topic === "commit",
      n: 1,
      fate: "unanswered",
    });
    const closing = 'mutation { closeEdition(input: { editionSlug: "closed-unheard" }) { edition { status } } }';
    expect(codesOf(await behind.ask(closing, { token }))).toEqual(["OUTCOME_UNKNOWN"]);
    await armed.met;
    const { data } = await gateway.ask('{ editionBySlug(slug: "closed-unheard") { status } }');
    expect(data).toEqual({ editionBySlug: { status: "closed" } });
    await behind.close();
    await proxy.stop();
  });

  testRequiring("superuser")("for good, it says so by name, stays alive, and closes", async () => {
    const doomed = await createTestDatabase();
    const left = await startTestGateway(doomed);
    await doomed.drop();
    const token = await makeToken("alice");
    for (const answer of [
      await left.ask("{ editions { totalCount } }"),
      await issueTicket(left, token, { editionSlug: "any" }),
    ]) {
      expect(answer.text).not.toContain(doomed.name);
      expect(codesOf(answer)).toEqual(["OVERLOADED"]);
    }
    expect((await fetch(`${left.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${left.url}/keys`)).status).toBeGreaterThanOrEqual(500);
    expect((await fetch(`${left.url}/healthz`)).status).toBe(200);
    await left.close();
  });
});

describe("closing", () => {
  test("answers what is under way, at once, and leaves no connection", async () => {
    const other = await createTestDatabase();
    const closing = await startTestGateway(other);
    await openEdition(closing, { slug: "closing", cap: 100 });
    const waiting = Promise.all(
      Array.from({ length: 10 }, async (_, index) =>
        closing.ask<{ issueTicket: { envelope: null; ticket: { ticketNumber: number } } }>(
          `mutation { issueTicket(input: { editionSlug: "closing" }) { ticket { ticketNumber } envelope(waitMilliseconds: 10000) } }`,
          { token: await makeToken(`closing-${index}`) },
        ),
      ),
    );
    await expect
      .poll(
        async () =>
          (await other.pool("superuser").query("select count(*)::int as count from press.tickets")).rows[0].count,
      )
      .toBe(10);
    await Promise.all([closing.close(), closing.close()]);
    const numbers = (await waiting).map(({ data }) => data.issueTicket.ticket.ticketNumber);
    expect(numbers.toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await expect.poll(() => connectionsTo(other)).toBe(0);
    await expect(fetch(closing.url)).rejects.toThrow();
    await other.drop();
  });

  test("leaves nothing open: a process with a closed gateway ends by itself", async () => {
    const script = join(import.meta.dirname, "startAndClose.ts");
    const { stdout } = await promisify(execFile)(process.execPath, [script, database.url("press_gateway")]);
    const totalCount = /^\{"data":\{"editions":\{"totalCount":\d+\}\}\}$/;
    const [http, webSocket, subscription, closed] = stdout.trim().split("\n");
    expect(http).toMatch(totalCount);
    expect(webSocket).toMatch(totalCount);
    expect(subscription).toBe(`{"data":{"ticketChanged":{"ticket":null}}}`);
    // 1001: clients look for another one.
    expect(closed).toBe("closed 1001");
  });
});

test("nine editions that are held leave a tenth free", async () => {
  const slugs = Array.from({ length: 9 }, (_, index) => `held-${index}`);
  for (const slug of [...slugs, "not-held"]) await openEdition(gateway, { slug, cap: 10 });
  const [holder] = await openSessions(database, "superuser", 1);
  await holder?.query("begin");
  await holder?.query("select press_private.lock_edition(id) from press.editions where slug ~ '^held-'");
  const token = await makeToken("alice");
  const waiting = slugs.map((editionSlug) => issueTicket(gateway, token, { editionSlug }));
  await untilWaiting(database, slugs.length);
  expect(codesOf(await issueTicket(gateway, token, { editionSlug: "not-held" }))).toEqual([]);
  await holder?.query("rollback");
  await holder?.end();
  expect((await Promise.all(waiting)).flatMap(codesOf)).toEqual([]);
});

test("who holds an edition for too long makes others hear LOCK_TIMEOUT, and nothing was done", async () => {
  await openEdition(gateway, { slug: "held", cap: 10 });
  const holder = await database.pool("superuser").connect();
  await holder.query("begin");
  await holder.query("select press_private.lock_edition(id) from press.editions where slug = 'held'");
  const answers = await Promise.all(
    ["alice", "bob"].map(async (subject) => issueTicket(gateway, await makeToken(subject), { editionSlug: "held" })),
  );
  await holder.query("rollback");
  holder.release();
  expect(answers.flatMap(codesOf)).toEqual(["LOCK_TIMEOUT", "LOCK_TIMEOUT"]);
  expect(answers[0]?.errors[0]?.extensions.retryable).toBe(true);
  expect(codesOf(await issueTicket(gateway, await makeToken("alice"), { editionSlug: "held" }))).toEqual([]);
});
