/* Evidence from its submission to a signed credential and a status list, with a real worker, database, OpenID provider and hosting service. What is signed
   is checked here by what W3C says of it, with node's crypto alone. */
import { createPublicKey, hash, verify } from "node:crypto";
import { gunzipSync } from "node:zlib";
import canonicalize from "canonicalize";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { AttestationsOptions } from "../../worker/attestations/attestations.ts";
import { Credentials } from "../../worker/attestations/credentials.ts";
import type { Gather } from "../../worker/attestations/evidence.ts";
import { Gatherer } from "../../worker/attestations/gather.ts";
import { makeStatusList, PLACES, publishStatusLists } from "../../worker/attestations/statusLists.ts";
import type { Queryable } from "../../worker/guardedPool.ts";
import type { SigningKey } from "../../worker/keys.ts";
import { startWorker, type Worker, type WorkerOptions } from "../../worker/worker.ts";
import { attestationOf, credentialsOf, nonceOf, submit } from "../attested.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { CLIENT_ID, IdentityProvider, OTHER_CLIENT_ID } from "../identityProvider.ts";
import { type HostingService, json, startHostingService } from "./hostingService.ts";
import { makeDoor, makeKey, makeLedger, makeLog, until } from "./support.ts";

const key = makeKey();
const ISSUER = { did: "did:web:press.example", baseUrl: "https://press.example" };
const ledger = makeLedger();
const signingKey = makeKey();
let database: TestDatabase;
let provider: IdentityProvider;
let service: HostingService;
const running: Worker[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  [provider, service] = await Promise.all([IdentityProvider.start(), startHostingService()]);
});
afterEach(async () => {
  provider.instead = () => false;
  service.instead = () => false;
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  await Promise.all([provider.close(), service.close(), database.drop()]);
});

const attesting = (): AttestationsOptions => ({
  issuers: [{ issuer: provider.issuer, clientId: CLIENT_ID }],
  repositories: { apiUrl: service.url, retryMilliseconds: 1 },
  credentials: { key, issuer: ISSUER },
});

async function start(options: Partial<WorkerOptions> = {}) {
  const log = makeLog();
  const databaseUrl = database.url("press_worker");
  const worker = await startWorker({ databaseUrl, signingKey, ledger, attestations: attesting(), log, ...options });
  running.push(worker);
  return { worker, log };
}

/** Submits the ID token of a sign-in for a person, and returns the id of the attestation. */
async function submitToken(person: string, { as = person, nonceFor = person, clientId = CLIENT_ID } = {}) {
  await nonceOf(database, "oidc", person);
  const nonce = await nonceOf(database, "oidc", nonceFor);
  return submit(database, "oidc", person, await provider.idToken({ name: as, nonce, clientId }));
}

async function decided(id: string) {
  await until(async () => (await attestationOf(database, id))?.status !== "submitted");
  return attestationOf(database, id);
}

/** Waits until the one credential of the attestation is signed. */
async function signed(attestationId: string) {
  await until(async () => (await credentialsOf(database, attestationId))[0]?.status === "signed");
  const [credential, ...others] = await credentialsOf(database, attestationId);
  if (credential === undefined || others.length > 0) throw new Error("There is not exactly one credential.");
  return credential;
}

async function trustLevelOf(person: string): Promise<number> {
  const text = "select trust_level from press.holders where subject = $1";
  return (await database.pool("operator").query(text, [person])).rows[0]?.trust_level;
}

/** Verifies a document by the steps of W3C vc-di-eddsa 3.3.2, and returns it without its proof. */
function verified(text: string, by: SigningKey) {
  const { proof, ...document } = JSON.parse(text);
  const { proofValue, ...options } = proof;
  const sha256 = (value: unknown) => hash("sha256", canonicalize(value) ?? "", "buffer");
  const x = Buffer.from(by.publicKey, "hex").toString("base64url");
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  expect(text).toBe(canonicalize(JSON.parse(text)));
  expect(options).toMatchObject({
    cryptosuite: "eddsa-jcs-2022",
    type: "DataIntegrityProof",
    proofPurpose: "assertionMethod",
  });
  expect(options.verificationMethod).toBe(`${ISSUER.did}#${by.keyId}`);
  expect(options["@context"]).toEqual(document["@context"]);
  const isGenuine = verify(
    null,
    Buffer.concat([sha256(options), sha256(document)]),
    publicKey,
    base58Bytes(proofValue),
  );
  expect(isGenuine).toBe(true);
  return document;
}

function base58Bytes(multibase: string): Buffer {
  const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  expect(multibase[0]).toBe("z");
  let value = 0n;
  for (const digit of multibase.slice(1)) value = value * 58n + BigInt(alphabet.indexOf(digit));
  return Buffer.from(value.toString(16).padStart(128, "0"), "hex");
}

/** In how many seconds a worker looks at the attestation again; some five while one has it in hand. */
async function secondsUntilTry(id: string): Promise<number> {
  const text = `select extract(epoch from try_at - clock_timestamp())::float8 as seconds from press_private.attestation_work where attestation_id = $1`;
  return (await database.pool("owner").query(text, [id])).rows[0]?.seconds;
}

async function tryNow(id: string): Promise<void> {
  const text = "update press_private.attestation_work set try_at = clock_timestamp() where attestation_id = $1";
  await database.pool("owner").query(text, [id]);
}

async function statusList(list = 1): Promise<string | null> {
  const text = "select press_gateway.status_list($1) as document";
  return (await database.pool("press_gateway").query(text, [list])).rows[0]?.document;
}

/** The places that a published list says are revoked. */
function revokedPlaces(document: string, by = key): number[] {
  const { credentialSubject } = verified(document, by);
  expect(credentialSubject.encodedList[0]).toBe("u");
  const bits = gunzipSync(Buffer.from(credentialSubject.encodedList.slice(1), "base64url"));
  expect(bits.length * 8).toBe(131_072);
  return [...bits.keys()].flatMap((index) =>
    [...Array(8).keys()].filter((bit) => ((bits[index] ?? 0) >> (7 - bit)) & 1).map((bit) => index * 8 + bit),
  );
}

describe("evidence that proves something", () => {
  test("an ID token becomes a credential that is signed and stands in a published list", async () => {
    const { log } = await start();
    const id = await submitToken("alice");
    expect(await decided(id)).toMatchObject({ status: "verified", violations: [] });
    const { document, ...credential } = await signed(id);
    const said = verified(document ?? "", key);
    expect(said).toMatchObject({
      id: `urn:uuid:${credential.id}`,
      issuer: ISSUER.did,
      credentialSubject: { attestationKind: "oidc", trustLevel: 1 },
      credentialStatus: {
        id: `https://press.example/credentials/status/1#${credential.status_index}`,
        statusListIndex: String(credential.status_index),
      },
    });
    expect(await trustLevelOf("alice")).toBe(1);
    // Whoever has the credential finds its list: it was published first.
    expect(revokedPlaces((await statusList()) ?? "")).toEqual([]);
    expect(log.lines.join("\n")).not.toMatch(/alice|eyJ/);
  });

  test("a repository becomes one too, of a higher level; the nonce is in its file", async () => {
    await start();
    const nonce = await nonceOf(database, "repository", "bob");
    service.put("bob/work", { accountId: 7, file: `# about\n${nonce}\n` });
    const id = await submit(database, "repository", "bob", "Bob/Work");
    expect(await decided(id)).toMatchObject({
      status: "verified",
      facts: { repository_created_at: "2011-01-26T19:01:12.000Z", repository_size_kb: 1_296_269 },
    });
    expect(await signed(id)).toMatchObject({ trust_level: 2 });
    expect(await trustLevelOf("bob")).toBe(2);
  });

  test("a revoked one is in the list within moments, and only it", async () => {
    const { log } = await start();
    const [kept, revoked] = [await signed(await submitToken("carla")), await signed(await submitToken("carlo"))];
    await database.pool("operator").query("select press.revoke_credential($1, 'Found to be shared')", [revoked?.id]);
    await until(async () => revokedPlaces((await statusList()) ?? "").includes(revoked?.status_index ?? -1));
    expect(revokedPlaces((await statusList()) ?? "")).toEqual([revoked?.status_index]);
    expect(kept?.status_index).not.toBe(revoked?.status_index);
    expect(log.lines.filter((line) => line.includes("Published a status list"))).not.toEqual([]);
  });
});

describe("evidence that does not", () => {
  test("is rejected with all that is wrong, and why, and mints nothing", async () => {
    await start();
    const now = Date.now();
    const daysAgo = (days: number) => new Date(now - days * 86_400_000).toISOString().replace(/\.\d+/, "");
    service.put("dora/new", { accountId: 8, createdAt: daysAgo(2), accountCreatedAt: daysAgo(3), sizeKb: 1 });
    const id = await submit(database, "repository", "dora", "dora/new");
    expect((await decided(id))?.violations).toEqual([
      "nonce_invalid",
      "repository_too_young",
      "repository_too_small",
      "account_too_young",
    ]);
    expect(await credentialsOf(database, id)).toEqual([]);
  });

  test("a problem of the evidence itself is told in a sentence", async () => {
    await start();
    const id = await submitToken("erik", { clientId: OTHER_CLIENT_ID });
    expect(await decided(id)).toMatchObject({
      status: "rejected",
      violations: ["evidence_invalid"],
      facts: { problem: "The token was issued to another client than this press." },
    });
    const unlisted = await submit(database, "oidc", "erik", await provider.sign({ iss: "https://169.254.169.254" }));
    expect((await decided(unlisted))?.facts).toMatchObject({ problem: expect.stringContaining("does not trust") });
    const createdAt = new Date().toISOString().replace(/\.\d+/, "");
    service.put("erik-inc/new", { ownerType: "Organization", createdAt, sizeKb: 1 });
    const organization = await submit(database, "repository", "erik", "erik-inc/new");
    expect((await decided(organization))?.violations).toEqual([
      "evidence_invalid",
      "repository_too_young",
      "repository_too_small",
    ]);
    const nowhere = await submit(database, "repository", "erik", "erik/nowhere");
    expect((await decided(nowhere))?.facts).toMatchObject({
      problem: expect.stringContaining("no such public repository"),
    });
  });

  test("of all people, nonces and proofs that are swapped, each person proves with their own alone, and each proof once", async () => {
    await start();
    const people = ["fay", "finn", "fred"];
    const ids = new Map<string, string>();
    for (const person of people) {
      for (const other of people) {
        if (person === other) continue;
        ids.set(`${person} with the token of ${other}`, await submitToken(person, { as: other, nonceFor: other }));
        ids.set(`${person} with the nonce of ${other}`, await submitToken(person, { as: person, nonceFor: other }));
      }
    }
    for (const id of ids.values()) {
      expect(await decided(id)).toMatchObject({ status: "rejected", violations: ["nonce_invalid"] });
    }
    for (const person of people) expect(await decided(await submitToken(person))).toMatchObject({ status: "verified" });
    for (const [person, other] of [
      ["fay", "finn"],
      ["finn", "fred"],
    ] as const) {
      const id = await submitToken(person, { as: other });
      expect(await decided(id)).toMatchObject({ status: "rejected", violations: ["proof_already_used"] });
      expect(await credentialsOf(database, id)).toEqual([]);
    }
  });
});

describe("what waits", () => {
  test("evidence, while its provider is away, which is said once; and not longer", async () => {
    const nonce = await nonceOf(database, "oidc", "gina");
    const token = await provider.idToken({ name: "gina", nonce });
    let asked = 0;
    provider.instead = (_, response) => {
      asked += 1;
      response.writeHead(503).end();
      return true;
    };
    const { log } = await start();
    const id = await submit(database, "oidc", "gina", token);
    for (let n = 1; n <= 3; n++) {
      const pause = 5 * 2 ** (n - 1);
      // Before that it is claimed, for five seconds.
      const seconds = () => secondsUntilTry(id);
      await until(async () => asked === n && (await seconds()) <= pause && (await seconds()) > pause - 3);
      provider.instead = n === 3 ? () => false : provider.instead;
      await tryNow(id);
    }
    expect(await decided(id)).toMatchObject({ status: "verified" });
    expect(log.lines.filter((line) => line.includes("could not be checked yet"))).toEqual([
      expect.stringContaining("answers 503"),
    ]);
  });

  test("evidence, for as long as the service has asked for", async () => {
    const nonce = await nonceOf(database, "repository", "hans");
    service.put("hans/work", { accountId: 9, file: nonce });
    service.instead = (_, response) => {
      json(
        response,
        403,
        { message: "API rate limit exceeded" },
        {
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 600),
        },
      );
      return true;
    };
    const { worker } = await start();
    const id = await submit(database, "repository", "hans", "hans/work");
    await until(async () => (await secondsUntilTry(id)) > 500);
    expect(await secondsUntilTry(id)).toBeLessThan(610);
    await worker.stop();
    service.instead = () => false;
    await start();
    await tryNow(id);
    expect(await decided(id)).toMatchObject({ status: "verified" });
  });

  test("what a worker may not ask for, and credentials without their key, for a worker that may, and that is said", async () => {
    const { worker, log } = await start({ attestations: {} });
    const id = await submitToken("ida");
    const repository = await submit(database, "repository", "ida", "ida/nowhere");
    expect(log.lines.filter((line) => line.includes("wait where this worker lacks"))).toEqual([
      expect.stringMatching(
        /^warn .*: ID tokens \(ATTESTATION_ISSUERS\); repositories \(REPOSITORY_API_URL\); credentials \(CREDENTIAL_KEY_FILE\)\.$/,
      ),
    ]);
    await worker.stop();
    const { worker: gathering } = await start({ attestations: { ...attesting(), credentials: undefined } });
    expect(await decided(id)).toMatchObject({ status: "verified" });
    expect(await decided(repository)).toMatchObject({ status: "rejected" });
    await gathering.stop();
    const { worker: nowhere, log: complaints } = await start({
      attestations: { ...attesting(), credentials: { key, issuer: undefined } },
    });
    expect(complaints.lines.filter((line) => line.includes("wait where this worker lacks"))).toEqual([
      expect.stringMatching(/^warn .*: credentials \(PUBLIC_URL, or a PORT/),
    ]);
    await nowhere.stop();
    expect(await credentialsOf(database, id)).toMatchObject([{ status: "pending" }]);
    const { log: silent } = await start();
    await signed(id);
    expect(silent.lines.filter((line) => /^(warn|error) /.test(line))).toEqual([]);
  });

  test("a credential that was prepared under another PUBLIC_URL, which is said once, until a worker has that again", async () => {
    const db = database.pool("press_worker");
    await db.query("select from press_worker.register_signing_key($1, 'credential')", [key.publicKey]);
    const { worker } = await start({ attestations: { ...attesting(), credentials: undefined } });
    const id = await submitToken("ivo");
    await decided(id);
    await worker.stop();
    const [credential] = await credentialsOf(database, id);
    const dying = {
      query: (config: { name?: string }) =>
        config.name === "credentials_to_sign" ? db.query(config as never) : Promise.reject(new Error("Dead")),
    } as Queryable;
    const former = { did: "did:web:former.example", baseUrl: "https://former.example" };
    const preparing = new Credentials({ db: dying, key, issuer: former, log: makeLog(), leaseSeconds: 1 });
    await expect(preparing.drain()).rejects.toThrow("Dead");
    const log = makeLog();
    let handedOut = 0;
    const watched = {
      query: async (config: { name?: string; text: string }) => {
        const result = await db.query(config);
        if (config.name === "credentials_to_sign") handedOut += result.rows.length;
        return result;
      },
    } as Queryable;
    const credentials = new Credentials({ db: watched, key, issuer: ISSUER, log, leaseSeconds: 1 });
    await until(async () => {
      await credentials.drain();
      return handedOut >= 2;
    });
    expect(await credentialsOf(database, id)).toMatchObject([{ status: "pending" }]);
    expect(log.lines).toEqual([expect.stringMatching(/^error .*Not signed: .*PUBLIC_URL was another/)]);
    const again = new Credentials({ db, key, issuer: former, log: makeLog(), leaseSeconds: 1 });
    await until(async () => {
      await again.drain();
      return (await credentialsOf(database, id))[0]?.status === "signed";
    });
    const [stored] = await credentialsOf(database, id);
    expect(JSON.parse(stored?.document ?? "")).toMatchObject({ issuer: former.did, id: `urn:uuid:${credential?.id}` });
  });

  test("nothing, when a worker stops that waits for a provider: it gives back what it has in hand", async () => {
    const door = makeDoor();
    provider.instead = () => true;
    const { worker } = await start({
      observe: (step) => {
        if (step === "attestationClaimed") door.open();
      },
    });
    provider.instead = () => false;
    const nonce = await nonceOf(database, "oidc", "jan");
    const token = await provider.idToken({ name: "jan", nonce });
    provider.instead = () => true;
    const id = await submit(database, "oidc", "jan", token);
    await door.opened;
    await worker.stop();
    provider.instead = () => false;
    expect(await secondsUntilTry(id)).toBeLessThan(2);
    await start();
    expect(await decided(id)).toMatchObject({ status: "verified" });
  });
});

/** The attestations that the ledger has decisions of, one for each. */
async function decisions(): Promise<string[]> {
  const text =
    "select leaf::json ->> 'attestation_id' as id from press.ledger_entries where type = 'attestation.decided'";
  return (await database.pool("operator").query<{ id: string }>(text)).rows.map(({ id }) => id);
}

describe("others who are in the way", () => {
  test("leave evidence alone that a worker still asks about, however long it takes", async () => {
    await nonceOf(database, "repository", "lena");
    const id = await submit(database, "repository", "lena", "lena/slow");
    const answered = makeDoor();
    let asked = 0;
    const gather: Gather = async ({ text }) => {
      if (text === "lena/slow") asked += 1;
      await answered.opened;
      return { problem: "It proves nothing." };
    };
    const leaseSeconds = 3;
    const makeGatherer = () =>
      new Gatherer({ db: database.pool("press_worker"), kind: "repository", gather, log: makeLog(), leaseSeconds });
    const [asking, idle] = [makeGatherer(), makeGatherer()];
    await asking.look();
    const first = Date.now() + 1000 * (await secondsUntilTry(id));
    // The other looks all the time, until three leases are over.
    await until(async () => {
      await idle.look();
      return Date.now() + 1000 * (await secondsUntilTry(id)) > first + 3000 * leaseSeconds;
    });
    expect(asked).toBe(1);
    answered.open();
    expect(await decided(id)).toMatchObject({ status: "rejected" });
    await Promise.all([asking.stop(), idle.stop()]);
  });

  const neverGather: Gather = async () => ({ problem: "It proves nothing." });

  /** A database that says this to the calls of a function, so often, before it answers. */
  function disturbed(name: string, code: string, times: number) {
    const pool = database.pool("press_worker");
    let calls = 0;
    const db = {
      query: (config: { name?: string; text: string }) => {
        if (config.name !== name) return pool.query(config);
        calls += 1;
        return calls <= times ? Promise.reject(Object.assign(new Error("In the way"), { code })) : pool.query(config);
      },
    } as Queryable;
    return { db, calls: () => calls };
  }

  test.each(["40001", "40P01", "PRBSY"])("are waited for: %s", async (code) => {
    await nonceOf(database, "oidc", "kai");
    const id = await submit(database, "oidc", "kai", await provider.sign({ jti: code }));
    const { db, calls } = disturbed("verify_attestation", code, 3);
    const gatherer = new Gatherer({ db, kind: "oidc", gather: neverGather, log: makeLog() });
    await gatherer.look();
    expect(await decided(id)).toMatchObject({ status: "rejected" });
    expect(calls()).toBe(4);
    await gatherer.stop();
  });

  test("are waited for also when it is somebody who holds a holder for longer than the database waits", async () => {
    const id = await submitToken("kolja");
    const lock = "select from press.holders where subject = 'kolja' for update";
    const holding = await database.pool("owner").connect();
    await holding.query("begin");
    await holding.query(lock);
    const pool = database.pool("press_worker");
    let refusals = 0;
    const watched = {
      query: (config: { name?: string; text: string }) =>
        pool.query(config).catch((error) => {
          if (error.code === "PRBSY") refusals += 1;
          throw error;
        }),
    } as Queryable;
    const gather: Gather = async () => ({ problem: "It proves nothing." });
    const gatherer = new Gatherer({ db: watched, kind: "oidc", gather, log: makeLog() });
    await gatherer.look();
    await until(() => refusals >= 1);
    await holding.query("rollback");
    holding.release();
    expect(await decided(id)).toMatchObject({ status: "rejected", violations: ["evidence_invalid"] });
    await gatherer.stop();
  });

  test("and are not waited for without end: the lease runs out, and another looks at it", async () => {
    await nonceOf(database, "oidc", "kim");
    const id = await submit(database, "oidc", "kim", await provider.sign({ sub: "kim" }));
    const { db, calls } = disturbed("verify_attestation", "40001", 5);
    const log = makeLog();
    const gatherer = new Gatherer({ db, kind: "oidc", gather: neverGather, log, leaseSeconds: 1 });
    await gatherer.look();
    await until(() => log.lines.some((line) => line.includes("could not be decided yet")));
    expect(calls()).toBe(5);
    await until(async () => {
      await gatherer.look();
      return (await attestationOf(database, id))?.status === "rejected";
    });
    await gatherer.stop();
  });

  test("a worker that comes late to a decision leaves it as it is", async () => {
    const door = makeDoor();
    const slow: Gather = async () => {
      await door.opened;
      return { problem: "It proves nothing." };
    };
    const id = await submitToken("lea");
    const log = makeLog();
    const db = database.pool("press_worker");
    const late = new Gatherer({ db, kind: "oidc", gather: slow, log, leaseSeconds: 1 });
    await late.look();
    await start();
    // As if it had slept: one that is awake keeps its claim.
    await until(async () => {
      await tryNow(id);
      return (await attestationOf(database, id))?.status === "verified";
    });
    door.open();
    await late.stop();
    expect(await attestationOf(database, id)).toMatchObject({ status: "verified" });
    expect(log.lines).toEqual([expect.stringMatching(/^debug .*decided by another worker/)]);
    expect(await credentialsOf(database, id)).toHaveLength(1);
  });

  test("eight workers give one attestation one decision, and one credential", async () => {
    for (let count = 0; count < 8; count += 1) await start(); // So many connections at once come to their limit.
    const ids = await Promise.all(Array.from({ length: 24 }, (_, n) => submitToken(`many-${n}`)));
    const credentials = await Promise.all(ids.map((id) => signed(id)));
    expect(new Set(credentials.map(({ id }) => id)).size).toBe(24);
    // Others' decisions are in the ledger too.
    const told = async () => (await decisions()).filter((id) => ids.includes(id));
    await until(async () => (await told()).length >= 24);
    expect((await told()).toSorted()).toEqual(ids.toSorted());
  });
});

describe("a key", () => {
  test("serves for one purpose only: a worker with one key for two does not start", async () => {
    const credentials = { key: signingKey, issuer: ISSUER };
    await expect(start({ attestations: { credentials } })).rejects.toThrow(
      "The key of the tickets is also set as the key of the credentials, and a key serves for one purpose only",
    );
    const ofLedger = { key: ledger.checkpointKey, issuer: ISSUER };
    await expect(start({ attestations: { credentials: ofLedger } })).rejects.toThrow(
      "The key of the checkpoints is also",
    );
  });

  test("that signed anything else is refused by the database", async () => {
    const former = makeKey();
    const { worker } = await start({ signingKey: former });
    await worker.stop();
    await expect(start({ attestations: { credentials: { key: former, issuer: ISSUER } } })).rejects.toThrow();
  });

  test("that is retired signs no more; another one signs what is pending, and the list anew", async () => {
    const first = makeKey();
    const db = database.pool("press_worker");
    const second = makeKey();
    for (const one of [first, second]) {
      await db.query("select from press_worker.register_signing_key($1, 'credential')", [one.publicKey]);
    }
    await db.query("select from press_worker.register_signing_key($1, 'credential')", [key.publicKey]);
    const { worker } = await start({ attestations: { ...attesting(), credentials: undefined } });
    const id = await submitToken("mia");
    await decided(id);
    await worker.stop();
    const options = { db, issuer: ISSUER, log: makeLog(), leaseSeconds: 1 };
    // It claims, and dies before it has stored anything.
    const dying = {
      query: (config: { name?: string }) =>
        config.name === "credentials_to_sign" ? db.query(config as never) : Promise.reject(new Error("Dead")),
    };
    await expect(new Credentials({ ...options, db: dying as Queryable, key: first }).drain()).rejects.toThrow("Dead");
    const outdate = "update press_private.status_lists set made_at = made_at - interval '13 hours'";
    await database.pool("owner").query(outdate);
    await publishStatusLists({ ...options, key: first });
    revokedPlaces((await statusList()) ?? "", first);
    await db.query("select press_worker.retire_signing_key($1)", [first.keyId]);
    const credentials = new Credentials({ ...options, key: second });
    await until(async () => {
      await credentials.drain();
      return (await credentialsOf(database, id))[0]?.status === "signed";
    });
    const [credential] = await credentialsOf(database, id);
    verified(credential?.document ?? "", second);
    await publishStatusLists({ ...options, key: second });
    revokedPlaces((await statusList()) ?? "", second);
  });
});

describe("a status list", () => {
  test("has a bit for each revoked place, the first to the left", () => {
    for (const places of [[], [0], [7, 8], [PLACES - 1], [0, 1, 2, 131_071, 65_536]]) {
      expect(revokedPlaces(makeStatusList(3, places, { issuer: ISSUER, key }))).toEqual(
        [...places].sort((a, b) => a - b),
      );
    }
  });

  test("that cannot be published keeps no other from it, and its failure is told", async () => {
    const { worker } = await start();
    await signed(await submitToken("nina"));
    await signed(await submitToken("nils"));
    await until(async () => (await statusList()) !== null);
    await worker.stop();
    await database.pool("owner").query(
      `alter table press.credentials disable trigger user;
       update press.credentials set status_list = 2 where id = (select id from press.credentials order by valid_from desc limit 1);
       alter table press.credentials enable trigger user;
       update press_private.status_lists set made_at = made_at - interval '13 hours'`,
    );
    const pool = database.pool("press_worker");
    const inTheWay = {
      query: (config: { name?: string; values?: unknown[] }) =>
        config.name === "publish_status_list" && config.values?.[1] === 1
          ? Promise.reject(new Error("In the way"))
          : pool.query(config as never),
    } as Queryable;
    const options = { key, issuer: ISSUER, log: makeLog() };
    const before = await statusList(1);
    await expect(publishStatusLists({ ...options, db: inTheWay })).rejects.toThrow("In the way");
    expect(verified((await statusList(2)) ?? "", key)).toMatchObject({
      id: "https://press.example/credentials/status/2",
    });
    expect(await statusList(1)).toBe(before);
    await publishStatusLists({ ...options, db: pool });
    expect(await statusList(1)).not.toBe(before);
  });

  test("is valid for a day, and names its address and its issuer", () => {
    const document = verified(makeStatusList(3, [], { issuer: ISSUER, key }), key);
    expect(document).toMatchObject({
      id: "https://press.example/credentials/status/3",
      issuer: ISSUER.did,
      type: ["VerifiableCredential", "BitstringStatusListCredential"],
      credentialSubject: { id: "https://press.example/credentials/status/3#list", statusPurpose: "revocation" },
    });
    expect(Date.parse(document.validUntil) - Date.parse(document.validFrom)).toBe(86_400_000);
  });
});
