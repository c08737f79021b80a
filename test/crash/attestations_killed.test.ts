/* A worker that is killed (SIGKILL) between any two steps from evidence to a published credential: another one finishes, there is exactly one credential,
   and whatever was signed of it, by whomever, are the same bytes. Each worker tells what it signs before it has signed it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { proofHashData } from "../../verifier/index.ts";
import type { AttestationsStep } from "../../worker/attestations/attestations.ts";
import { createSigningKey } from "../../worker/keys.ts";
import { attestationOf, credentialsOf, nonceOf, submit } from "../attested.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { CLIENT_ID, IdentityProvider } from "../identityProvider.ts";
import { Looking } from "../invariants.ts";
import { auditFindings } from "../raffles.ts";
import { random, rounds, seed } from "../random.ts";
import { until } from "../worker/support.ts";
import { type Attesting, kill, type Launched, launchWorker, makeLedgerIn } from "./launchWorker.ts";

let database: TestDatabase;
let provider: IdentityProvider;
let folder: string;
let attesting: Attesting;
const launched: Launched[] = [];
/** What was signed with the key of credentials by the workers that are gone, but for the first list. */
const signed: string[] = [];

/** All the while. */
let looking: Looking;

beforeAll(async () => {
  database = await createTestDatabase();
  looking = new Looking(database);
  provider = await IdentityProvider.start();
  folder = await mkdtemp(join(tmpdir(), "golden-press-attestations-"));
  const credentialKeyFile = join(folder, "credential-key.pem");
  await createSigningKey(join(folder, "signing-key.pem"));
  await createSigningKey(credentialKeyFile);
  await makeLedgerIn(folder);
  attesting = { issuer: provider.issuer, clientId: CLIENT_ID, credentialKeyFile };
  // With the first credential comes its list, which is signed with the same key; from then on credentials alone are.
  launch();
  await expectOneCredential(await submitToken("first"));
  await until(async () => (await listOf(1)) !== undefined);
  await endWorkers();
  signed.length = 0;
});
afterEach(endWorkers);
afterAll(async () => {
  await looking.end(); // Also where all tests are skipped: a database is not dropped while somebody looks into it.
  await Promise.all([provider.close(), database.drop(), rm(folder, { recursive: true })]);
});

async function endWorkers(): Promise<void> {
  await Promise.all(launched.map(({ child }) => kill(child)));
  signed.push(...launched.splice(0).flatMap((worker) => worker.signed));
}

interface Launching {
  readonly holdAt?: AttestationsStep;
  readonly signs?: boolean;
  /** Its claims last as long as those of every worker, and not as short as a test would have them. */
  readonly hasUsualLease?: boolean;
}

function launch({ holdAt, signs = true, hasUsualLease = false }: Launching = {}) {
  const worker = launchWorker({
    folder,
    databaseUrl: database.url("press_worker"),
    signingKeyFile: join(folder, "signing-key.pem"),
    batchSize: 10,
    leaseSeconds: hasUsualLease ? undefined : 1,
    attesting: signs ? attesting : { ...attesting, credentialKeyFile: undefined },
    holdAt,
  });
  launched.push(worker);
  return worker;
}

async function submitToken(person: string): Promise<string> {
  const nonce = await nonceOf(database, "oidc", person);
  return submit(database, "oidc", person, await provider.idToken({ name: person, nonce }));
}

/** Launches a worker that holds at its first step of the kind, and kills it there. */
async function killAt(holdAt: AttestationsStep, signs = true): Promise<void> {
  const { child, steps } = launch({ holdAt, signs });
  await until(() => steps.includes(holdAt));
  await kill(child);
}

async function statusOf(attestationId: string): Promise<string> {
  const [credential] = await credentialsOf(database, attestationId);
  return `${(await attestationOf(database, attestationId))?.status}, ${credential?.status ?? "no credential"}`;
}

async function listOf(list: number): Promise<{ document: string; revoked_count: number } | undefined> {
  const text = "select document, revoked_count from press_private.status_lists where list = $1";
  return (await database.pool("owner").query(text, [list])).rows[0];
}

/** What becomes of an attestation when a worker has finished: one credential, both told in the ledger once, and nothing left to do. */
async function expectOneCredential(attestationId: string): Promise<void> {
  await until(async () => (await statusOf(attestationId)) === "verified, signed");
  const [credential, ...others] = await credentialsOf(database, attestationId);
  expect(others).toEqual([]);
  const told = async () => {
    const text = `
      select (select count(*)::int from press_private.attestation_work where attestation_id = $1) as waiting,
             (select count(*)::int from press.ledger_entries
              where type = 'attestation.decided' and leaf::json ->> 'attestation_id' = $1::text) as decisions,
             (select count(*)::int from press.ledger_entries
              where type = 'credential.issued' and leaf::json ->> 'credential_id' = $2::text) as credentials`;
    return (await database.pool("owner").query(text, [attestationId, credential?.id])).rows[0];
  };
  await until(async () => (await told()).credentials > 0);
  expect(await told()).toEqual({ waiting: 0, decisions: 1, credentials: 1 });
  expect(await Promise.all(Array.from({ length: 8 }, () => decideAgain(attestationId)))).toEqual(
    Array(8).fill("ALREADY_VERIFIED"),
  );
}

/** What a worker is told that brings the decision once more. */
async function decideAgain(attestationId: string): Promise<string> {
  const proof = `{"issuer":"${provider.issuer}","kind":"oidc","subject":"of nobody"}`;
  const text = "select status from press_worker.verify_attestation($1, $2, null, '{}')";
  const answer = database.pool("press_worker").query(text, [attestationId, proof]);
  return answer.then(
    () => "decided",
    (error: Error) => error.message.split(":")[0] ?? "",
  );
}

describe("killed after a step, another worker finishes:", () => {
  test.each<[AttestationsStep, string, boolean]>([
    ["attestationClaimed", "submitted, no credential", true],
    ["evidenceGathered", "submitted, no credential", true],
    ["attestationDecided", "verified, pending", false], // One that signs would do that meanwhile.
    ["credentialPrepared", "verified, pending", true],
    ["credentialSigned", "verified, pending", true],
    ["credentialStored", "verified, signed", true],
  ])("%s", async (step, left, signs) => {
    const id = await submitToken(step);
    await killAt(step, signs);
    expect(await statusOf(id)).toBe(left);
    launch();
    await expectOneCredential(id);
  });

  test("attestationClaimed, by claims that last as long as every worker's: not ten seconds", async () => {
    const id = await submitToken("usual");
    const { child, steps } = launch({ holdAt: "attestationClaimed", hasUsualLease: true });
    await until(() => steps.includes("attestationClaimed"));
    await kill(child);
    const text =
      "select extract(epoch from try_at - clock_timestamp())::float8 as seconds from press_private.attestation_work where attestation_id = $1";
    expect((await database.pool("owner").query(text, [id])).rows[0]?.seconds).toBeLessThan(10);
    launch();
    await expectOneCredential(id);
  });

  test("each of them in turn, for one attestation", async () => {
    const id = await submitToken("unlucky");
    await killAt("attestationClaimed");
    await killAt("evidenceGathered");
    await killAt("attestationDecided", false);
    for (let n = 0; n < 3; n++) {
      await killAt("credentialPrepared");
      await killAt("credentialSigned");
    }
    expect(await statusOf(id)).toBe("verified, pending");
    launch();
    await expectOneCredential(id);
  }, 120_000);

  test.each<[AttestationsStep, number]>([
    ["statusListSigned", 0],
    ["statusListPublished", 1],
  ])("%s", async (step, added) => {
    const id = await submitToken(`revoked at ${step}`);
    launch();
    await expectOneCredential(id);
    await endWorkers();
    const signedBefore = signed.length;
    const before = (await listOf(1))?.revoked_count ?? 0;
    const [credential] = await credentialsOf(database, id);
    await database.pool("operator").query("select press.revoke_credential($1, 'Found to be shared')", [credential?.id]);
    await killAt(step);
    await endWorkers();
    signed.length = signedBefore; // What it has signed was the list.
    const left = await listOf(1);
    expect(left?.revoked_count).toBe(before + added);
    launch();
    await until(async () => (await listOf(1))?.revoked_count === before + 1);
    if (added === 1) expect(await listOf(1)).toEqual(left);
    await endWorkers();
    signed.length = signedBefore;
    launch();
    await expectOneCredential(await submitToken(`after ${step}`));
  });
});

test("paused with a decision, and with a signature, in hand until another has finished: it changes nothing", async () => {
  for (const step of ["evidenceGathered", "credentialSigned"] as const) {
    const id = await submitToken(`paused at ${step}`);
    const late = launch({ holdAt: step });
    await until(() => late.steps.includes(step));
    launch();
    await expectOneCredential(id);
    const [credential] = await credentialsOf(database, id);
    late.child.send("go on");
    const last = await submitToken(`after ${step}`);
    await expectOneCredential(last);
    await until(() => late.steps.includes(step === "evidenceGathered" ? "attestationDecided" : "credentialStored"));
    expect(await credentialsOf(database, id)).toEqual([credential]);
    await endWorkers();
  }
});

test(`two workers, each killed at any moment, again and again: every attestation has one credential (seed ${seed})`, async () => {
  const ids: string[] = [];
  for (let round = 0; round < rounds(4, 40, 2); round++) {
    const workers = [launch(), launch()];
    for (let n = 0; n < 3; n++) ids.push(await submitToken(`round ${round}, ${n}`));
    await until(() => workers.some(({ steps }) => steps.includes("attestationClaimed")));
    for (const { child } of workers) {
      await sleep(random.integer(60)); // Not a wait: the moment to die.
      await kill(child);
    }
  }
  launch();
  for (const id of ids) await expectOneCredential(id);
}, 600_000);

test("of no credential were two payloads signed: whatever was, is one that the database has written down once", async () => {
  const { rows } = await database
    .pool("owner")
    .query<{ unsigned_document: string; proof_options: string }>(
      "select unsigned_document, proof_options from press_private.credential_payloads",
    );
  const written = new Set(
    rows.map((row) => Buffer.from(proofHashData(row.unsigned_document, row.proof_options)).toString("hex")),
  );
  expect(signed.filter((bytes) => !written.has(bytes))).toEqual([]);
  // Some were signed more than once, by workers that died before they had stored it.
  expect(signed.length).toBeGreaterThan(new Set(signed).size);
});

test("after all of it the audit finds nothing, and nobody who looked meanwhile did", async () => {
  launch();
  await until(async () => (await auditFindings(database)).length === 0);
  expect((await looking.end()).found).toEqual([]);
});
