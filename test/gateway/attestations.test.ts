/* Attesting through GraphQL: who may submit, see and revoke, from which address it counts, and one credential however many ask at once. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import {
  type Answer,
  askOver,
  codesOf,
  makeOperatorToken,
  makeToken,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
/** Behind a proxy on this machine. */
let behindProxy: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  behindProxy = await startTestGateway(database, { trustedProxies: ["127.0.0.1"] });
  // So that only the tests about addresses have to do with them.
  await rulesOf(1_000_000);
});

afterAll(async () => {
  await gateway?.close();
  await behindProxy?.close();
  await database?.drop();
});

async function rulesOf(checksPerHour: number): Promise<void> {
  const query = `mutation { setRules(input: { checksPerHour: ${checksPerHour} }) { ruleSet { checksPerHour } } }`;
  const { errors } = await gateway.ask(query, { token: await makeOperatorToken() });
  if (errors.length > 0) throw new Error(errors[0]?.message);
}

interface Submitted {
  readonly rowId: string;
  readonly kind: string;
  readonly status: string;
  readonly addressChecks: number;
  readonly submittedBy: string | null;
}

type SubmitAnswer = Answer<{ submitAttestation: { attestation: Submitted } | null } | null>;

interface SubmitOptions {
  readonly input?: object;
  readonly headers?: Record<string, string>;
  readonly at?: TestGateway;
}

const SUBMIT = `mutation ($input: SubmitAttestationInput!) {
  submitAttestation(input: $input) { attestation { rowId kind status addressChecks submittedBy } }
}`;

/** Submits a repository. */
function submit(token: string | undefined, evidence: string, options: SubmitOptions = {}): Promise<SubmitAnswer> {
  const { input, headers = {}, at = gateway } = options;
  return at.ask(SUBMIT, { token, headers, variables: { input: { kind: "repository", evidence, ...input } } });
}

const attestationOf = ({ data }: SubmitAnswer) => data?.submitAttestation?.attestation as Submitted;

interface Challenge {
  readonly nonce: string;
  readonly expiresAt: string;
}

async function begin(token: string | undefined, input = "kind: repository") {
  const query = `mutation { beginAttestation(input: { ${input} }) { challenge { nonce expiresAt } } }`;
  const answer = await gateway.ask<{ beginAttestation: { challenge: Challenge } | null } | null>(query, { token });
  return { ...answer, challenge: answer.data?.beginAttestation?.challenge };
}

const DAY = 86_400_000;
/** What breaks no rule. */
const GOOD = {
  repository_created_at: new Date(Date.now() - 400 * DAY).toISOString(),
  repository_size_kb: 5_000,
  account_created_at: new Date(Date.now() - 1_000 * DAY).toISOString(),
};
/** What breaks the three rules about repositories and accounts. */
const BAD = {
  repository_created_at: new Date(Date.now() - 3 * DAY).toISOString(),
  repository_size_kb: 12,
  account_created_at: new Date(Date.now() - 5 * DAY).toISOString(),
};

let accounts = 0;

/** Hands all that waits to the worker's function, each with an account of its own. */
async function work(facts: object = GOOD): Promise<void> {
  const worker = database.pool("press_worker");
  const claimed = await worker.query(
    "select attestation_id as id, nonce from press_worker.attestations_to_verify('{repository}', 1000, 1)",
  );
  for (const { id, nonce } of claimed.rows) {
    accounts += 1;
    const proof = `{"account_id":${accounts},"kind":"repository","service":"https://api.github.com"}`;
    await worker.query("select press_worker.verify_attestation($1, $2, $3, $4)", [id, proof, nonce, facts]);
  }
}

/** Somebody who has proved a repository of theirs. */
async function proved(name: string): Promise<{ token: string; attestation: Submitted }> {
  const token = await makeToken(name);
  await begin(token);
  const attestation = attestationOf(await submit(token, `${name}/theirs`));
  await work();
  return { token, attestation };
}

describe("beginning", () => {
  test("gives a holder a number of their own, the same one until it expires", async () => {
    const [alice, bob] = [await makeToken("begins-alice"), await makeToken("begins-bob")];
    const { challenge } = await begin(alice);
    expect(challenge?.nonce).toMatch(/^[0-9a-f]{64}$/);
    expect(Date.parse(challenge?.expiresAt ?? "")).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const again = (await begin(alice)).challenge;
    expect(again?.nonce).toBe(challenge?.nonce);
    expect(Date.parse(again?.expiresAt ?? "")).toBeGreaterThanOrEqual(Date.parse(challenge?.expiresAt ?? ""));
    expect((await begin(alice, "kind: oidc")).challenge?.nonce).not.toBe(challenge?.nonce);
    expect((await begin(bob)).challenge?.nonce).not.toBe(challenge?.nonce);
  });

  test("is for whoever is signed in, and for others by operators alone", async () => {
    const [alice, olga] = [await makeToken("begins-alice"), await makeOperatorToken()];
    expect(codesOf(await begin(undefined))).toEqual(["NOT_SIGNED_IN"]);
    expect(codesOf(await begin(alice, `kind: repository, recipient: "begins-bob"`))).toEqual(["NOT_ALLOWED"]);
    const own = (await begin(await makeToken("begins-bob"))).challenge;
    expect((await begin(olga, `kind: repository, recipient: "begins-bob"`)).challenge?.nonce).toBe(own?.nonce);
  });
});

describe("submitting", () => {
  test("is one attestation under one request key, for ever", async () => {
    const token = await makeToken("keyed");
    const requestKey = randomUUID();
    const first = await submit(token, "keyed/one", { input: { requestKey } });
    expect(attestationOf(first)).toMatchObject({ kind: "repository", status: "submitted", submittedBy: null });
    const again = await submit(token, "keyed/one", { input: { requestKey } });
    expect(attestationOf(again).rowId).toBe(attestationOf(first).rowId);
    expect(codesOf(await submit(token, "keyed/two", { input: { requestKey } }))).toEqual(["REQUEST_KEY_REUSED"]);
    expect(codesOf(await submit(token, "KEYED/one"))).toEqual(["ALREADY_VERIFIED"]);
    await work(BAD);
    const decided = await submit(token, "keyed/one", { input: { requestKey } });
    expect(attestationOf(decided)).toMatchObject({ rowId: attestationOf(first).rowId, status: "rejected" });
  });

  test.each(["", "keyed", "https://github.com/keyed/one", "a/..", "a/b/c", "a b/c", "-a/b", " a/b"])(
    "is refused for what is no repository: %j",
    async (evidence) => {
      expect(codesOf(await submit(await makeToken("misspelt"), evidence))).toEqual(["INVALID_INPUT"]);
    },
  );

  test.each(["e30.e30", "e30.e30.x=", "e30. e30.x", "a.b.c\n", "x".repeat(20_001)])(
    "is refused for what is no ID token: %j",
    async (evidence) => {
      const answer = await submit(await makeToken("misspelt"), evidence, { input: { kind: "oidc" } });
      expect(codesOf(answer)).toEqual(["INVALID_INPUT"]);
    },
  );

  test("is for whoever is signed in; another person, and an address, are for operators to name", async () => {
    const [alice, olga] = [await makeToken("names-alice"), await makeOperatorToken()];
    expect(codesOf(await submit(undefined, "a/b"))).toEqual(["NOT_SIGNED_IN"]);
    expect(codesOf(await submit(alice, "a/b", { input: { recipient: "names-bob" } }))).toEqual(["NOT_ALLOWED"]);
    expect(codesOf(await submit(alice, "a/b", { input: { clientAddress: "192.0.2.1" } }))).toEqual(["NOT_ALLOWED"]);
    const input = { recipient: "names-bob", clientAddress: "192.0.2.1" };
    expect(attestationOf(await submit(olga, "names-bob/b", { input }))).toMatchObject({ submittedBy: "operator:olga" });
    await work();
  });

  test("is refused to somebody of whom five are not decided", async () => {
    const token = await makeToken("eager");
    for (let count = 1; count <= 5; count += 1) expect(codesOf(await submit(token, `eager/r${count}`))).toEqual([]);
    expect(codesOf(await submit(token, "eager/r6"))).toEqual(["RATE_LIMITED"]);
    await work();
    expect(codesOf(await submit(token, "eager/r6"))).toEqual([]);
    await work();
  });
});

describe("the address that counts", () => {
  let names = 0;
  /** How the how-manieth of its address somebody's first attestation is. */
  async function checksFrom(headers: Record<string, string>, at: TestGateway): Promise<number> {
    names += 1;
    const answer = await submit(await makeToken(`from-${names}`), `from-${names}/r`, { headers, at });
    expect(answer.errors).toEqual([]);
    return attestationOf(answer).addressChecks;
  }

  beforeAll(() => rulesOf(1));
  afterAll(async () => {
    await work();
    await rulesOf(1_000_000);
  });
  const forwarded = (addresses: string) => ({ "x-forwarded-for": addresses });

  test("is the connection's, whatever a client writes into its headers", async () => {
    await database.pool("superuser").query("delete from press_private.address_checks");
    expect(await checksFrom({}, gateway)).toBe(1);
    const claims: Record<string, string>[] = [
      forwarded("203.0.113.1"),
      forwarded("203.0.113.2, 203.0.113.3"),
      { forwarded: "for=203.0.113.4" },
      { "x-real-ip": "203.0.113.5" },
      { "x-client-ip": "203.0.113.6", "true-client-ip": "203.0.113.6", "cf-connecting-ip": "203.0.113.6" },
    ];
    for (const headers of claims) expect(await checksFrom(headers, gateway)).toBeGreaterThan(1);
  });

  test("is the one that a trusted proxy has seen, and not what its client had put before it", async () => {
    expect(await checksFrom(forwarded("198.51.100.1"), behindProxy)).toBe(1);
    expect(await checksFrom(forwarded("198.51.100.2"), behindProxy)).toBe(1);
    expect(await checksFrom(forwarded("203.0.113.7, 198.51.100.1"), behindProxy)).toBeGreaterThan(1);
    expect(await checksFrom(forwarded("127.0.0.1, 198.51.100.2"), behindProxy)).toBeGreaterThan(1);
  });

  test("is one for a /64 of IPv6, and for an IPv4 address however it is written", async () => {
    expect(await checksFrom(forwarded("2001:db8:1:2::1"), behindProxy)).toBe(1);
    expect(await checksFrom(forwarded("2001:db8:1:2:ffff:ffff:ffff:ffff"), behindProxy)).toBeGreaterThan(1);
    expect(await checksFrom(forwarded("2001:DB8:0001:0002:0::7"), behindProxy)).toBeGreaterThan(1);
    expect(await checksFrom(forwarded("2001:db8:1:3::1"), behindProxy)).toBe(1);
    expect(await checksFrom(forwarded("192.0.2.77"), behindProxy)).toBe(1);
    expect(await checksFrom(forwarded("::ffff:192.0.2.77"), behindProxy)).toBeGreaterThan(1);
    expect(await checksFrom(forwarded("::ffff:c000:24d"), behindProxy)).toBeGreaterThan(1);
    expect(await checksFrom(forwarded("fe80::1%eth0"), behindProxy)).toBe(1);
    expect(await checksFrom(forwarded("fe80::2%eth1"), behindProxy)).toBeGreaterThan(1);
  });

  test("is the proxy's own where it forwards no address", async () => {
    await database.pool("superuser").query("delete from press_private.address_checks");
    expect(await checksFrom(forwarded("unknown"), behindProxy)).toBe(1);
    expect(await checksFrom(forwarded("_hidden"), behindProxy)).toBeGreaterThan(1);
    expect(await checksFrom({}, behindProxy)).toBeGreaterThan(1);
  });

  test("is the same over a WebSocket", async () => {
    expect(await checksFrom(forwarded("198.51.100.40"), behindProxy)).toBe(1);
    for (const [address, checks] of [
      ["198.51.100.40", 2],
      ["198.51.100.41", 1],
    ] as const) {
      const authorization = `Bearer ${await makeToken(`over-${address}`)}`;
      const client = behindProxy.webSocket({ authorization }, forwarded(address));
      const query = `mutation { submitAttestation(input: { kind: repository, evidence: "over-${checks}/r" }) {
        attestation { addressChecks }
      } }`;
      const { data, errors } = await askOver<{ submitAttestation: { attestation: object } }>(client, query);
      expect([errors, data.submitAttestation.attestation]).toEqual([[], { addressChecks: checks }]);
      await client.dispose();
    }
  });

  test("is a violation beside the others, in words, and the same decision comes of it again", async () => {
    const token = await makeToken("hasty");
    await begin(token);
    const first = await submit(await makeToken("first-there"), "first-there/r", {
      at: behindProxy,
      headers: forwarded("198.51.100.60"),
    });
    expect(first.errors).toEqual([]);
    await begin(token);
    const { rowId } = attestationOf(
      await submit(token, "hasty/r", { at: behindProxy, headers: forwarded("198.51.100.60") }),
    );
    await work(BAD);
    const query = `query ($id: UUID!) {
      attestation(rowId: $id) { status violations facts ruleSetId credential { rowId } }
      replayDecision(attestationId: $id) { verdict replayedViolations agrees }
    }`;
    const { data, errors } = await gateway.ask<{
      attestation: { facts: Record<string, unknown>; ruleSetId: number; violations: string[] };
      replayDecision: object;
    }>(query, { token, variables: { id: rowId } });
    const violations = [
      "repository_too_young",
      "repository_too_small",
      "account_too_young",
      "address_checked_too_often",
    ];
    expect(errors).toEqual([]);
    expect(data.attestation).toMatchObject({ status: "rejected", violations, credential: null });
    expect(data.replayDecision).toEqual({ verdict: "rejected", replayedViolations: violations, agrees: true });
    const { facts, ruleSetId } = data.attestation;
    const again = await gateway.ask<{ antiGamingViolations: { nodes: object[] } }>(
      `query ($r: Datetime, $k: BigInt, $a: Datetime, $c: Int, $at: Datetime, $rules: Int) {
         antiGamingViolations(repositoryCreatedAt: $r, repositorySizeKb: $k, accountCreatedAt: $a, addressChecks: $c, at: $at, ruleSetId: $rules) {
           nodes { name found demanded }
         }
       }`,
      {
        variables: {
          r: facts.repository_created_at,
          k: String(facts.repository_size_kb),
          a: facts.account_created_at,
          c: facts.address_checks,
          at: facts.checked_at,
          rules: ruleSetId,
        },
      },
    );
    expect(again.data.antiGamingViolations.nodes).toMatchObject([
      { name: "repository_too_young", demanded: "at least 30 days old" },
      { name: "repository_too_small", found: "12 KB", demanded: "at least 100 KB" },
      { name: "account_too_young", demanded: "at least 90 days old" },
      { name: "address_checked_too_often", demanded: "at most 1 within an hour" },
    ]);
  });
});

describe("512 at once", () => {
  /** Sends it until there is an answer that stays: nobody is told "no" because others were in the way. */
  async function untilFinal(send: () => Promise<SubmitAnswer>): Promise<SubmitAnswer> {
    for (;;) {
      const answer = await send();
      if (!answer.errors.some(({ extensions }) => extensions.retryable)) return answer;
    }
  }

  /** Has the worker's real functions called, each decision by two at once, for as long as clients ask. */
  async function workDuring<Result>(asking: Promise<Result>): Promise<Result> {
    let isOver = false;
    const over = asking.finally(() => {
      isOver = true;
    });
    const worker = database.pool("press_worker");
    const proof = `{"account_id":512000,"kind":"repository","service":"https://api.github.com"}`;
    do {
      const claimed = await worker.query(
        "select attestation_id as id, nonce from press_worker.attestations_to_verify('{repository}', 1000, 1)",
      );
      const decisions = claimed.rows.flatMap(({ id, nonce }) => [
        [id, proof, nonce, GOOD],
        [id, proof, nonce, GOOD],
      ]);
      for (const decided of await Promise.allSettled(
        decisions.map((decision) => worker.query("select press_worker.verify_attestation($1, $2, $3, $4)", decision)),
      )) {
        // What was in the way is done in the next round, when the lease is over.
        if (decided.status === "rejected") expect(["PRVRF", "PREVD", "PRBSY", "40001"]).toContain(decided.reason.code);
      }
      await new Promise((resolve) => setImmediate(resolve));
    } while (!isOver);
    return over;
  }

  test("with one evidence: one is taken and verified, and 511 hear ALREADY_VERIFIED", {
    timeout: 120_000,
  }, async () => {
    const token = await makeToken("crowd");
    await begin(token);
    const answers = await workDuring(
      Promise.all(
        Array.from({ length: 512 }, (_, index) =>
          // However it is spelt.
          untilFinal(() => submit(token, index % 2 === 0 ? "crowd/repository" : "Crowd/Repository")),
        ),
      ),
    );
    // A decision that was in the way of another is made when its lease is over.
    const waiting = `select from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'crowd' and a.status = 'submitted'`;
    await expect
      .poll(async () => {
        await workDuring(Promise.resolve());
        return (await database.pool("superuser").query(waiting)).rowCount;
      })
      .toBe(0);
    const taken = answers.filter(({ errors }) => errors.length === 0);
    expect(taken.length).toBe(1);
    expect(answers.filter((answer) => codesOf(answer).join() === "ALREADY_VERIFIED").length).toBe(511);
    const { rows } = await database.pool("superuser").query(
      `select a.status, count(c.id)::int as credentials, max(h.trust_level) as trust
       from press.holders h join press.attestations a on a.holder_id = h.id left join press.credentials c on c.attestation_id = a.id
       where h.subject = 'crowd' group by a.id`,
    );
    expect(rows).toEqual([{ status: "verified", credentials: 1, trust: 2 }]);
  });

  test("under one request key: all hear of the same one", { timeout: 120_000 }, async () => {
    const token = await makeToken("keyed-crowd");
    await begin(token);
    const input = { requestKey: randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 512 }, () => untilFinal(() => submit(token, "keyed-crowd/r", { input }))),
    );
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(new Set(answers.map((answer) => attestationOf(answer).rowId)).size).toBe(1);
    await work();
  });

  test("by 64 people with one account: one has the credential, the rest hear why not", {
    timeout: 120_000,
  }, async () => {
    const tokens = await Promise.all(Array.from({ length: 64 }, (_, index) => makeToken(`sharer-${index}`)));
    await Promise.all(tokens.map((token) => begin(token)));
    const answers = await workDuring(
      Promise.all(tokens.map((token, index) => untilFinal(() => submit(token, `sharer/r${index}`)))),
    );
    expect(answers.flatMap(codesOf)).toEqual([]);
    // Their account is the one of the crowd above, which has its credential.
    await expect
      .poll(
        async () => {
          await workDuring(Promise.resolve());
          const { rows } = await database.pool("superuser").query(
            `select a.status, a.violations, count(*)::int from press.attestations a join press.holders h on h.id = a.holder_id
           where h.subject like 'sharer-%' group by 1, 2`,
          );
          return rows;
        },
        { timeout: 60_000 },
      )
      .toEqual([{ status: "rejected", violations: ["proof_already_used"], count: 64 }]);
  });
});

describe("what is seen", () => {
  const QUERY = `query ($attestation: UUID!, $credential: UUID!) {
    attestation(rowId: $attestation) { rowId }
    credential(rowId: $credential) { rowId status trustLevel attestation { rowId } holder { subject } }
    attestations(filter: { kind: { equalTo: repository }, status: { equalTo: verified } }) { nodes { rowId } }
    credentials(filter: { status: { in: [pending, signed] } }, orderBy: VALID_FROM_DESC) { nodes { holderId } }
  }`;
  interface Seen {
    readonly attestation: { readonly rowId: string } | null;
    readonly credential: { readonly trustLevel: number } | null;
    readonly attestations: { readonly nodes: readonly { readonly rowId: string }[] } | null;
    readonly credentials: { readonly nodes: readonly { readonly holderId: string }[] } | null;
  }
  let alice: string;
  let attestation: string;
  let credential: string;

  beforeAll(async () => {
    const made = await proved("sees-alice");
    await proved("sees-bob");
    [alice, attestation] = [made.token, made.attestation.rowId];
    const { data } = await gateway.ask<{
      currentHolder: { trustLevel: number; credentials: { nodes: { rowId: string }[] } };
    }>("{ currentHolder { trustLevel credentials { nodes { rowId } } attestations { nodes { violations } } } }", {
      token: alice,
    });
    expect(data.currentHolder).toMatchObject({ trustLevel: 2, attestations: { nodes: [{ violations: [] }] } });
    credential = data.currentHolder.credentials.nodes[0]?.rowId ?? "";
  });

  const see = (token: string | undefined) =>
    gateway.ask<Seen | null>(QUERY, { token, variables: { attestation, credential } });

  test("by the holder: their own, and of others nothing", async () => {
    const own = await see(alice);
    expect(own.errors).toEqual([]);
    expect(own.data?.credential).toMatchObject({
      trustLevel: 2,
      attestation: { rowId: attestation },
      holder: { subject: "sees-alice" },
    });
    expect(own.data?.attestations?.nodes).toEqual([{ rowId: attestation }]);
    const other = await see(await makeToken("sees-bob"));
    expect([other.data?.attestation, other.data?.credential]).toEqual([null, null]);
    expect(other.data?.attestations?.nodes.length).toBe(1);
    expect(new Set(other.data?.credentials?.nodes.map(({ holderId }) => holderId)).size).toBe(1);
    const replay = `{ replayDecision(attestationId: "${attestation}") { agrees } }`;
    expect(codesOf(await gateway.ask(replay, { token: await makeToken("sees-bob") }))).toEqual(["INVALID_INPUT"]);
  });

  test("by operators: all", async () => {
    const { data, errors } = await see(await makeOperatorToken());
    expect(errors).toEqual([]);
    expect(data?.attestation).toEqual({ rowId: attestation });
    expect(new Set(data?.credentials?.nodes.map(({ holderId }) => holderId)).size).toBeGreaterThan(1);
  });

  test("by nobody else: nothing, except the rules", async () => {
    expect(new Set(codesOf(await see(undefined)))).toEqual(new Set(["NOT_ALLOWED"]));
    const { data } = await gateway.ask(
      "{ ruleSets(first: 1) { nodes { repositoryAgeDays repositorySizeKb accountAgeDays } } }",
    );
    expect(data).toEqual({
      ruleSets: { nodes: [{ repositoryAgeDays: 30, repositorySizeKb: 100, accountAgeDays: 90 }] },
    });
  });

  test("and never what was submitted, the numbers that were given, or from where", async () => {
    const fields = await gateway.ask<{ a: { fields: { name: string }[] }; c: { fields: { name: string }[] } }>(
      `{ a: __type(name: "Attestation") { fields { name } } c: __type(name: "Credential") { fields { name } } }`,
    );
    const names = [...fields.data.a.fields, ...fields.data.c.fields].map(({ name }) => name);
    expect(names.filter((name) => /^evidence$|nonce|^address(?!Checks)|clientAddress|unsigned/i.test(name))).toEqual(
      [],
    );
  });

  test("a revocation is an operator's, and lowers the trust to what is left", async () => {
    const revoke = (token: string | undefined, reason = "a mistake") =>
      gateway.ask<{ revokeCredential: { credential: object } | null } | null>(
        `mutation ($id: UUID!, $reason: String!) { revokeCredential(input: { credentialId: $id, reason: $reason }) {
           credential { status revokedBy reason holder { trustLevel } }
         } }`,
        { token, variables: { id: credential, reason } },
      );
    expect(codesOf(await revoke(undefined))).toEqual(["NOT_SIGNED_IN"]);
    expect(codesOf(await revoke(alice))).toEqual(["NOT_ALLOWED"]);
    const olga = await makeOperatorToken();
    expect(codesOf(await revoke(olga, "two\nlines"))).toEqual(["INVALID_INPUT"]);
    const expected = { status: "revoked", revokedBy: "operator:olga", reason: "a mistake", holder: { trustLevel: 0 } };
    expect((await revoke(olga)).data?.revokeCredential?.credential).toEqual(expected);
    expect((await revoke(olga, "another reason")).data?.revokeCredential?.credential).toEqual(expected);
  });
});

describe("an edition that demands something", () => {
  const ELIGIBILITY = `{ eligibility(editionSlug: "for-the-known") { nodes { name sentence detail } } }`;
  const TAKE = `mutation { issueTicket(input: { editionSlug: "for-the-known" }) { ticket { ticketNumber } } }`;

  beforeAll(async () => {
    const { errors } = await gateway.ask(
      `mutation {
         createEdition(input: { slug: "for-the-known", title: "For the known", cap: 5, perHolderLimit: 1, requiredTrustLevel: 2, requiredKind: repository }) {
           edition { slug }
         }
         openEdition(input: { editionSlug: "for-the-known" }) { edition { slug } }
       }`,
      { token: await makeOperatorToken() },
    );
    expect(errors).toEqual([]);
  });

  test("says what, to everybody", async () => {
    const { data } = await gateway.ask(`{ editionBySlug(slug: "for-the-known") { requiredTrustLevel requiredKind } }`);
    expect(data).toEqual({ editionBySlug: { requiredTrustLevel: 2, requiredKind: "repository" } });
    expect(codesOf(await gateway.ask(ELIGIBILITY))).toEqual(["NOT_SIGNED_IN"]);
  });

  test("tells beforehand all that is missing, refuses with the same, and issues once it is there", async () => {
    const token = await makeToken("known");
    const names = async () => {
      const { data } = await gateway.ask<{ eligibility: { nodes: { name: string }[] } }>(ELIGIBILITY, { token });
      return data.eligibility.nodes.map(({ name }) => name);
    };
    expect(await names()).toEqual(["NOT_ELIGIBLE", "NOT_ELIGIBLE"]);
    const refused = await gateway.ask(TAKE, { token });
    expect(codesOf(refused)).toEqual(["NOT_ELIGIBLE"]);
    expect(refused.errors[0]?.extensions.detail).toMatch(/trust level 2.*repository/);
    await proved("known");
    expect(await names()).toEqual([]);
    expect((await gateway.ask(TAKE, { token })).errors).toEqual([]);
    expect(await names()).toEqual(["HOLDER_LIMIT_REACHED"]);
  });
});

describe("a holder, for operators", () => {
  const change = (name: string, id: string, token: string | undefined, more = "") =>
    gateway.ask<Record<string, { holder: object } | null> | null>(
      `mutation { ${name}(input: { holderId: "${id}" ${more} }) { holder { subject isActive deactivationReason } } }`,
      { token },
    );
  const REASON = `reason: "many accounts"`;

  test("is deactivated and active again; others may do neither", async () => {
    const { token } = await proved("switched");
    const olga = await makeOperatorToken();
    const { data } = await gateway.ask<{ holderBySubject: { rowId: string } }>(
      `{ holderBySubject(subject: "switched") { rowId } }`,
      { token: olga },
    );
    const id = data.holderBySubject.rowId;
    for (const [name, more] of [
      ["deactivateHolder", REASON],
      ["reactivateHolder", ""],
      ["eraseHolder", ""],
    ] as const) {
      expect(codesOf(await change(name, id, undefined, more))).toEqual(["NOT_SIGNED_IN"]);
      expect(codesOf(await change(name, id, token, more))).toEqual(["NOT_ALLOWED"]);
    }
    const inactive = await change("deactivateHolder", id, olga, REASON);
    expect(inactive.data?.deactivateHolder?.holder).toEqual({
      subject: "switched",
      isActive: false,
      deactivationReason: "many accounts",
    });
    expect(codesOf(await begin(token))).toEqual(["HOLDER_INACTIVE"]);
    expect(codesOf(await submit(token, "switched/again"))).toEqual(["HOLDER_INACTIVE"]);
    const active = await change("reactivateHolder", id, olga);
    expect(active.data?.reactivateHolder?.holder).toEqual({
      subject: "switched",
      isActive: true,
      deactivationReason: null,
    });
    expect(codesOf(await begin(token))).toEqual([]);
  });

  test("is forgotten: nothing that GraphQL shows has the name, and the credential still counts for who returns", async () => {
    const { token, attestation } = await proved("forgotten-person");
    const olga = await makeOperatorToken();
    const find = `query ($id: UUID!) { attestation(rowId: $id) { facts holder { rowId subject trustLevel } credential { status document } } }`;
    interface Found {
      readonly attestation: {
        readonly facts: object | null;
        readonly holder: { readonly rowId: string; readonly subject: string | null };
      };
    }
    const look = () => gateway.ask<Found>(find, { token: olga, variables: { id: attestation.rowId } });
    const { rowId } = (await look()).data.attestation.holder;
    expect((await change("eraseHolder", rowId, olga)).errors).toEqual([]);
    const after = await look();
    expect(after.data.attestation).toMatchObject({ facts: null, holder: { rowId, subject: null, trustLevel: 2 } });
    expect(after.text).not.toContain("forgotten-person");
    const all = await gateway.ask(`{ holders(first: 100) { nodes { subject } } }`, { token: olga });
    expect(all.text).not.toContain("forgotten-person");
    // The same person comes back, and is who they were.
    await begin(token);
    const back = await gateway.ask("{ currentHolder { rowId subject trustLevel } }", { token });
    expect(back.data).toEqual({ currentHolder: { rowId, subject: "forgotten-person", trustLevel: 2 } });
  });
});
