/* Proving with a real provider who one is: the way there and back, bound to the session that began it, and to what the database gave its person. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../gateway/limits.ts";
import { EVIDENCE_COOKIE, SESSION_COOKIE } from "../../gateway/session.ts";
import { WireProxy } from "../cuts/proxy.ts";
import { type Message, postgres } from "../cuts/wire.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { FOR_EVIDENCE, TestProvider } from "./oidcProvider.ts";
import { type GraphqlError, makeToken, startTestGateway, type TestGateway } from "./testGateway.ts";

/** Nothing ever listens there: what comes back is given to a gateway by hand. */
const PUBLIC_URL = new URL("http://127.0.0.1:9");

let database: TestDatabase;
let provider: TestProvider;
let gateway: TestGateway;
/** A gateway of the same configuration, as it would be behind the same proxy. */
let another: TestGateway;
/** Asked by nobody who was not named: it counts who comes. */
let stranger: { readonly url: string; readonly visits: string[]; close(): void };

beforeAll(async () => {
  database = await createTestDatabase();
  provider = await TestProvider.start(({ host }) => [`${PUBLIC_URL.origin}/attest/callback/${host}`]);
  stranger = await startStranger();
  const evidence = { issuers: [{ issuer: provider.issuer.origin, clientId: FOR_EVIDENCE.id }], publicUrl: PUBLIC_URL };
  gateway = await startTestGateway(database, { evidence, repositoryHost: "github.com" });
  another = await startTestGateway(database, { evidence });
});

afterAll(async () => {
  await gateway?.close();
  await another?.close();
  provider?.close();
  stranger?.close();
  await database?.drop();
});

async function startStranger() {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(request.url ?? "");
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, visits, close: () => server.close() };
}

interface Reply {
  readonly status: number;
  readonly location: string | null;
  readonly page: string;
  readonly body: {
    readonly location?: string;
    readonly attestationId?: string;
    readonly errors?: readonly GraphqlError[];
  };
}

/** Somebody with a browser: it keeps cookies of the press and of the provider, and shows a page of the press to whom it says. */
class Person {
  readonly cookies = new Map<string, string>();
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async signedIn(name: string): Promise<Person> {
    const person = new Person(name);
    person.cookies.set(SESSION_COOKIE, await makeToken(name));
    return person;
  }

  /** What a script of the dashboard sends. */
  post(path: string, body?: object, { at = gateway, ...headers }: { at?: TestGateway; [name: string]: unknown } = {}) {
    return this.#send(`${at.url}${path}`, {
      method: "POST",
      headers: {
        "sec-fetch-site": "same-origin",
        "x-press-caller": `holder:${this.name}`,
        ...(body === undefined ? null : { "content-type": "application/json" }),
        ...(headers as Record<string, string>),
      },
      ...(body === undefined ? null : { body: JSON.stringify(body) }),
    });
  }

  /** Goes somewhere by a link of another site: the cookie of the session stays at home, as browsers have it (SameSite=Strict). */
  async visit(address: string, form?: string): Promise<Reply> {
    const session = this.cookies.get(SESSION_COOKIE) ?? "";
    this.cookies.delete(SESSION_COOKIE);
    const reply = await this.#send(address, {
      headers: {
        accept: "text/html",
        ...(form === undefined ? null : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === undefined ? null : { method: "POST", body: form }),
    });
    this.cookies.set(SESSION_COOKIE, session);
    return reply;
  }

  begin(): Promise<Reply> {
    return this.post("/attest/start", { issuer: provider.issuer.origin });
  }

  /** Begins, says at the provider who they are there, and answers with the address to which they are sent back. */
  async comeBackAs(account: string): Promise<string> {
    let address = (await this.begin()).body.location ?? "";
    for (let steps = 0; steps < 10 && !address.includes("/attest/callback"); steps += 1) {
      const isForm = address.includes("/interaction/");
      const { location } = await this.visit(address, isForm ? `name=${encodeURIComponent(account)}` : undefined);
      address = new URL(location ?? "", address).href;
    }
    return address;
  }

  /** Comes back, to any gateway. */
  return(callback: string, at = gateway): Promise<Reply> {
    const { pathname, search } = new URL(callback);
    return this.visit(`${at.url}${pathname}${search}`);
  }

  async #send(address: string, init: RequestInit): Promise<Reply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...(init.headers as Record<string, string>), cookie };
    const response = await fetch(address, { ...init, headers, redirect: "manual" });
    for (const header of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const page = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      location: response.headers.get("location"),
      page,
      body: isJson ? JSON.parse(page) : {},
    };
  }
}

const codeOf = ({ body }: Reply) => body.errors?.[0]?.extensions.code;

/** What waits for the worker. */
async function submitted(id: string | undefined): Promise<{ evidence: string; subject: string; kind: string }> {
  const { rows } = await database.pool("superuser").query(
    `select w.evidence, h.subject, a.kind from press.attestations a
     join press_private.attestation_work w on w.attestation_id = a.id join press.holders h on h.id = a.holder_id
     where a.id = $1`,
    [id],
  );
  return rows[0];
}

async function nonceOf(name: string): Promise<string> {
  const query = "mutation { beginAttestation(input: { kind: oidc }) { challenge { nonce } } }";
  const { data } = await gateway.ask<{ beginAttestation: { challenge: { nonce: string } } }>(query, {
    token: await makeToken(name),
  });
  return data.beginAttestation.challenge.nonce;
}

test("says in which ways something can be proved here, to anybody", async () => {
  const [here, there] = await Promise.all(
    [gateway, another].map(async ({ url }) => (await fetch(`${url}/attest`)).json()),
  );
  expect(here).toEqual({ issuers: [provider.issuer.origin], repositoryHost: "github.com" });
  expect(there).toEqual({ issuers: [provider.issuer.origin], repositoryHost: null });
});

describe("beginning", () => {
  test("sends the person to the provider with the number that the database gave them, and with no secret", async () => {
    const alice = await Person.signedIn("begins");
    const { status, body } = await alice.begin();
    expect(status).toBe(200);
    const location = new URL(body.location ?? "");
    expect(location.origin).toBe(provider.issuer.origin);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      client_id: FOR_EVIDENCE.id,
      response_type: "code",
      redirect_uri: `http://127.0.0.1:9/attest/callback/${provider.issuer.host}`,
      scope: "openid",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: await nonceOf("begins"),
    });
    const kept = alice.cookies.get(EVIDENCE_COOKIE) ?? "";
    expect(kept).not.toContain(location.searchParams.get("state"));
  });

  test("keeps what it has to remember out of reach of scripts, and for ten minutes", async () => {
    const response = await fetch(`${gateway.url}/attest/start`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "sec-fetch-site": "same-origin",
        cookie: `${SESSION_COOKIE}=${await makeToken("keeps")}`,
      },
      body: JSON.stringify({ issuer: provider.issuer.origin }),
    });
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie.split("; ").slice(1)).toEqual(["Max-Age=600", "Path=/", "HttpOnly", "SameSite=Lax"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("asks nobody whom the configuration does not name", async () => {
    const alice = await Person.signedIn("curious");
    for (const issuer of [
      stranger.url,
      `${provider.issuer.origin}/`,
      `${provider.issuer.origin}@${stranger.url}`,
      "",
      "x",
    ]) {
      const reply = await alice.post("/attest/start", { issuer });
      expect([reply.status, codeOf(reply)]).toEqual([400, "INVALID_INPUT"]);
    }
    expect(stranger.visits).toEqual([]);
    expect(await database.pool("superuser").query("select from press.holders where subject = 'curious'")).toMatchObject(
      {
        rowCount: 0,
      },
    );
  });

  test("is for the dashboard's own pages, and for whom they show", async () => {
    const alice = await Person.signedIn("shown");
    const issuer = { issuer: provider.issuer.origin };
    for (const site of ["cross-site", "same-site", "none"]) {
      expect(codeOf(await alice.post("/attest/start", issuer, { "sec-fetch-site": site }))).toBe("ORIGIN_NOT_ALLOWED");
    }
    for (const caller of ["holder:bob", "operator:shown", ""]) {
      const reply = await alice.post("/attest/start", issuer, { "x-press-caller": caller });
      expect([reply.status, codeOf(reply)]).toEqual([401, "UNAUTHENTICATED"]);
    }
    alice.cookies.set(SESSION_COOKIE, await makeToken("shown", { exp: 1 }));
    expect((await alice.begin()).status).toBe(401);
    alice.cookies.delete(SESSION_COOKIE);
    expect((await alice.begin()).status).toBe(401);
    expect(alice.cookies.has(EVIDENCE_COOKIE)).toBe(false);
  });

  test("says so when the provider is away", async () => {
    const issuer = new URL("http://127.0.0.1:9");
    const evidence = { issuers: [{ issuer: issuer.origin, clientId: "x" }], publicUrl: issuer };
    const lonely = await startTestGateway(database, { evidence });
    const alice = await Person.signedIn("alone");
    const reply = await alice.post("/attest/start", { issuer: issuer.origin }, { at: lonely });
    expect([reply.status, codeOf(reply)]).toEqual([503, "OVERLOADED"]);
    await lonely.close();
  });

  test("is refused in the database's words", async () => {
    const gone = await Person.signedIn("gone");
    await gone.begin();
    await database.pool("superuser").query("update press.holders set is_active = false where subject = 'gone'");
    const reply = await gone.begin();
    expect([reply.status, codeOf(reply)]).toEqual([403, "HOLDER_INACTIVE"]);
  });
});

describe("coming back", () => {
  test("has the provider's token submitted by the person themselves, by any gateway", async () => {
    const alice = await Person.signedIn("alice");
    const callback = await alice.comeBackAs("alice@provider");
    expect(await alice.return(callback, another)).toMatchObject({ status: 303, location: "/you?answered" });
    const { status, body } = await alice.post("/attest/finish", undefined, { at: gateway });
    expect(status).toBe(200);
    const { evidence, ...whose } = await submitted(body.attestationId);
    expect(whose).toEqual({ subject: "alice", kind: "oidc" });
    expect(decodeJwt(evidence)).toMatchObject({
      iss: provider.issuer.origin,
      aud: FOR_EVIDENCE.id,
      sub: "alice@provider",
      nonce: await nonceOf("alice"),
    });
    // It is used up, also for whoever kept a copy.
    expect(alice.cookies.has(EVIDENCE_COOKIE)).toBe(false);
    expect(await alice.post("/attest/finish")).toMatchObject({ status: 400 });
  });

  test("twice with a copy is once", async () => {
    const carol = await Person.signedIn("carol");
    await carol.return(await carol.comeBackAs("carol@provider"));
    const kept = carol.cookies.get(EVIDENCE_COOKIE) ?? "";
    expect((await carol.post("/attest/finish")).status).toBe(200);
    carol.cookies.set(EVIDENCE_COOKIE, kept);
    const reply = await carol.post("/attest/finish");
    expect([reply.status, codeOf(reply)]).toEqual([403, "EVIDENCE_REJECTED"]);
    expect(reply.body.errors?.[0]?.message).toContain("it answers: invalid_grant.");
  });

  test("whose answer the gateway loses on its way from the database is taken once, and answered all the same", async () => {
    const proxy = await WireProxy.start(new URL(database.url("press_gateway")), postgres);
    const afar = await startTestGateway(
      { url: (login) => proxy.through(database.url(login)) },
      { evidence: { issuers: [{ issuer: provider.issuer.origin, clientId: FOR_EVIDENCE.id }], publicUrl: PUBLIC_URL } },
    );
    const fay = await Person.signedIn("fay");
    await fay.return(await fay.comeBackAs("fay@provider"), afar);
    const commits = ({ from, topic }: Message) => from === "client" && topic === "commit";
    const { met } = proxy.arm({ counts: commits, n: 1, fate: "unanswered" });
    const { status, body } = await fay.post("/attest/finish", undefined, { at: afar });
    await met;
    expect(status).toBe(200);
    const { rows } = await database
      .pool("superuser")
      .query(
        "select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'fay'",
      );
    expect(rows).toEqual([{ id: body.attestationId }]);
    await afar.close();
    await proxy.stop();
  });

  test("in another session than the one that began proves nothing", async () => {
    const [dave, eve] = await Promise.all(["dave", "eve"].map((name) => Person.signedIn(name)));
    if (dave === undefined || eve === undefined) throw new Error("Nobody is here.");
    await dave.return(await dave.comeBackAs("dave@provider"));
    eve.cookies.set(EVIDENCE_COOKIE, dave.cookies.get(EVIDENCE_COOKIE) ?? "");
    expect(await eve.post("/attest/finish")).toMatchObject({ status: 400 });
    const { rowCount } = await database
      .pool("superuser")
      .query("select from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'eve'");
    expect(rowCount).toBe(0);
  });

  test("without having gone away, or to another proof than the last that began", async () => {
    const [frank, grace] = await Promise.all(["frank", "grace"].map((name) => Person.signedIn(name)));
    if (frank === undefined || grace === undefined) throw new Error("Nobody is here.");
    const callback = await frank.comeBackAs("frank@provider");
    const without = await grace.return(callback);
    expect([without.status, without.page]).toEqual([400, expect.stringContaining("began in another session")]);
    expect(without.page).toContain("<h1>This proves nothing yet</h1>");
    await grace.begin();
    const kept = grace.cookies.get(EVIDENCE_COOKIE);
    const foreign = await grace.return(callback);
    expect([foreign.status, foreign.page]).toEqual([401, expect.stringContaining("Another proof began")]);
    expect(grace.cookies.get(EVIDENCE_COOKIE)).toBe(kept);
    expect((await frank.return(`${callback}&more=${"x".repeat(2_048)}`)).status).toBe(400);
    expect((await frank.return(callback)).status).toBe(303);
  });

  test("with somebody else's answer under the right state gives nobody a credential", async () => {
    const [heidi, mallory] = await Promise.all(["heidi", "mallory"].map((name) => Person.signedIn(name)));
    if (heidi === undefined || mallory === undefined) throw new Error("Nobody is here.");
    const [own, foreign] = [await heidi.comeBackAs("heidi@provider"), await mallory.comeBackAs("mallory@provider")];
    const mixed = new URL(own);
    mixed.searchParams.set("code", new URL(foreign).searchParams.get("code") ?? "");
    expect((await heidi.return(mixed.href)).status).toBe(303);
    const reply = await heidi.post("/attest/finish");
    expect([reply.status, codeOf(reply)]).toEqual([403, "EVIDENCE_REJECTED"]);
  });

  test("from another provider than the one that was asked proves nothing, and that one never sees the code", async () => {
    const visits: string[] = [];
    const cunning = createServer((request, response) => {
      visits.push(request.url ?? "");
      // It calls itself by its own name, and leads people on to a provider that others trust.
      const issuer = `http://${request.headers.host}`;
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          issuer,
          authorization_endpoint: `${provider.issuer.origin}/auth`,
          token_endpoint: `${issuer}/token`,
          response_types_supported: ["code"],
        }),
      );
    });
    await new Promise<void>((resolve) => cunning.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(cunning.address() as AddressInfo).port}`;
    const issuers = [provider.issuer.origin, origin].map((issuer) => ({ issuer, clientId: FOR_EVIDENCE.id }));
    const both = await startTestGateway(database, { evidence: { issuers, publicUrl: new URL("http://127.0.0.1:9") } });
    try {
      const judy = await Person.signedIn("judy");
      const { body } = await judy.post("/attest/start", { issuer: origin }, { at: both });
      const state = new URL(body.location ?? "").searchParams.get("state");
      const callback = `http://127.0.0.1:9/attest/callback/${provider.issuer.host}?code=ofTheOther&state=${state}`;
      expect((await judy.return(callback, both)).status).toBe(303);
      const reply = await judy.post("/attest/finish", undefined, { at: both });
      expect([reply.status, reply.body.errors?.[0]?.message]).toEqual([
        403,
        "EVIDENCE_REJECTED: The answer is of another provider than the one with which this proof began.",
      ]);
      expect(visits).toEqual(["/.well-known/openid-configuration"]);
    } finally {
      await both.close();
      cunning.close();
    }
  });

  test("with a no, in a code and nobody's own words", async () => {
    const ivan = await Person.signedIn("ivan");
    const callback = await ivan.comeBackAs("");
    expect(new URL(callback).searchParams.get("error")).toBe("access_denied");
    await ivan.return(`${callback}&error_description=Call%20this%20number`);
    const reply = await ivan.post("/attest/finish");
    expect([reply.status, reply.body.errors?.[0]?.message]).toEqual([
      403,
      "EVIDENCE_REJECTED: The provider has not confirmed who you are; it answers: access_denied.",
    ]);
    expect(reply.page).not.toContain("number");
  });
});

describe("too often in a minute", () => {
  let bounded: TestGateway;
  beforeEach(async () => {
    bounded = await startTestGateway(database);
  });
  afterEach(() => bounded.close());

  /** Asks until it is too often, and answers with every status that there was. */
  async function askTooOften(ask: () => Promise<{ readonly status: number }>): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (let asked = 0; asked <= limits.signIns.perMinuteAndAddressMax && !statuses.includes(429); asked += 1) {
      statuses.push((await ask()).status);
    }
    return [...new Set(statuses)];
  }

  test("is refused, whoever comes; and others' coming back keeps nobody from beginning", async () => {
    const callback = `${bounded.url}/attest/callback/id.example?code=x&state=y`;
    expect(await askTooOften(() => fetch(callback))).toEqual([400, 429]);
    expect(await (await fetch(callback)).json()).toMatchObject({
      errors: [{ message: "OVERLOADED: Too many proofs were begun in the last minute." }],
    });
    const alice = await Person.signedIn("undisturbed");
    expect(codeOf(await alice.post("/attest/start", { issuer: "x" }, { at: bounded }))).toBe("INVALID_INPUT");
  });

  test("others' beginning keeps nobody from coming back and finishing", async () => {
    const mallory = await Person.signedIn("restless");
    expect(await askTooOften(() => mallory.post("/attest/start", { issuer: "x" }, { at: bounded }))).toEqual([
      400, 429,
    ]);
    const alice = await Person.signedIn("finishing");
    expect(codeOf(await alice.post("/attest/finish", undefined, { at: bounded }))).toBe("INVALID_INPUT");
    expect((await fetch(`${bounded.url}/attest/callback/id.example`)).status).toBe(400);
  });

  test("nothing is counted of whoever is nobody here", async () => {
    const headers = { "sec-fetch-site": "same-origin", "content-type": "application/json" };
    const body = JSON.stringify({ issuer: "x" });
    for (const path of ["start", "finish"]) {
      const forge = () => fetch(`${bounded.url}/attest/${path}`, { method: "POST", headers, body });
      expect(await askTooOften(forge), path).toEqual([401]);
    }
    const alice = await Person.signedIn("unhindered");
    expect(codeOf(await alice.post("/attest/start", { issuer: "x" }, { at: bounded }))).toBe("INVALID_INPUT");
    expect(codeOf(await alice.post("/attest/finish", undefined, { at: bounded }))).toBe("INVALID_INPUT");
  });
});
