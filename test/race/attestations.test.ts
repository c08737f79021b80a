/* One credential an attestation, and one a proof: many workers decide at once, many holders show one proof in whatever form, and it meets whoever deactivates
   the holder or takes the locks the other way round. Then the three layers, removed one at a time. */
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCredentials } from "../credentials.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { auditFindings } from "../raffles.ts";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires } from "../requirements.ts";
import {
  type Attempt,
  attempt,
  attemptUntilAnswered,
  attemptUntilItsTurn,
  closeSessions,
  openSessions,
  tally,
  untilWaiting,
} from "./sessions.ts";

const SESSIONS = 64;
const CALLS = 512;
const SUBMIT = "select id, address_checks from press.submit_attestation($1, $2, $3, $4, $5)";
const VERIFY = "select status, violations from press_worker.verify_attestation($1, $2, $3, $4)";

everyTestRequires("superuser"); // Layers are taken away, locks watched, half-states planted.
let database: TestDatabase;
let workers: pg.Client[];
beforeAll(async () => {
  database = await createTestDatabase();
  workers = await openSessions(database, "press_worker", SESSIONS);
});
afterAll(async () => {
  await closeSessions(workers);
  await database.drop();
});

type Kind = "oidc" | "repository";
interface Claim {
  readonly id: string;
  /** The arguments of {@link VERIFY} under which it holds. */
  readonly evidence: [id: string, proof: string, nonce: string, facts: object];
}
interface Decision {
  status: string;
  violations: string[];
}

let addresses = 0;
/** An address that nobody has come from. */
function freshAddress(): string {
  addresses += 1;
  return `2001:db8:${addresses.toString(16)}::1`;
}

const base64url = (text: string) => Buffer.from(text).toString("base64url");
const token = (account: string) => [`{"alg":"EdDSA"}`, `{"sub":"${account}"}`, randomUUID()].map(base64url).join(".");
const proofOf = (kind: Kind, account: string) =>
  kind === "oidc"
    ? JSON.stringify({ issuer: "https://id.test", kind, subject: account })
    : JSON.stringify({ account_id: Number.parseInt(account, 36), kind, service: "https://api.test" });
const old = "2020-01-01T00:00:00Z";
const factsOf = (kind: Kind) =>
  kind === "oidc" ? {} : { repository_created_at: old, repository_size_kb: 1000, account_created_at: old };

/** A claim of the person that waits to be decided, about an account that is theirs alone unless told. */
async function submit(
  subject: string,
  { kind = "oidc" as Kind, account = subject, on = database } = {},
): Promise<Claim> {
  const operator = on.pool("operator");
  const begun = await operator.query("select nonce from press.begin_attestation($1, $2)", [kind, subject]);
  const evidence = kind === "oidc" ? token(account) : `${account}/${randomUUID()}`;
  const { rows } = await operator.query(SUBMIT, [kind, evidence, null, subject, freshAddress()]);
  return { id: rows[0].id, evidence: [rows[0].id, proofOf(kind, account), begun.rows[0].nonce, factsOf(kind)] };
}

/** What there is of a claim and its holder, from the raw rows. */
async function stateOf(id: string, on = database) {
  const { rows } = await on.pool("superuser").query(
    `select a.status, a.violations, h.trust_level, h.is_active,
            (select count(*)::integer from press.credentials c where c.attestation_id = a.id) as credentials,
            (select count(*)::integer from press_private.ledger_inbox i where i.leaf::jsonb ->> 'attestation_id' = a.id::text) as entries,
            (select count(*)::integer from press_private.attestation_work w where w.attestation_id = a.id) as waiting
     from press.attestations a join press.holders h on h.id = a.holder_id where a.id = $1`,
    [id],
  );
  return rows[0];
}

/** Every session calls again and again, all of them at once, until there were {@link CALLS} calls. */
async function callAll<Row extends pg.QueryResultRow>(
  sessions: readonly pg.Client[],
  statement: string,
  values: () => unknown[],
): Promise<Attempt<Row>[]> {
  const answers = await Promise.all(
    sessions.map(async (session) => {
      const own: Attempt<Row>[] = [];
      while (own.length < CALLS / sessions.length)
        own.push(await attemptUntilAnswered<Row>(session, statement, values()));
      return own;
    }),
  );
  return answers.flat();
}

const verify = (session: pg.Client, claim: Claim) => attempt<Decision>(session, VERIFY, claim.evidence);
const verifyAtItsTurn = (session: pg.Client, claim: Claim) =>
  attemptUntilItsTurn<Decision>(session, VERIFY, claim.evidence);
const verified = { status: "verified", violations: [], credentials: 1, entries: 1, waiting: 0 };

describe(`${CALLS} decide one attestation at once`, () => {
  test(`1 credential, and ${CALLS - 1} are ALREADY_VERIFIED`, async () => {
    const claim = await submit("one");
    // Nobody is let in before all are at the door.
    const [owner] = (await openSessions(database, "owner", 1)) as [pg.Client];
    await owner.query("begin");
    await owner.query("select from press.attestations a where a.id = $1 for update", [claim.id]);
    const asked = callAll(workers, VERIFY, () => claim.evidence);
    await untilWaiting(database, SESSIONS);
    await owner.query("commit");
    await closeSessions([owner]);
    expect(tally(await asked)).toEqual({ granted: 1, PRVRF: CALLS - 1 });
    expect(await stateOf(claim.id)).toMatchObject({ ...verified, trust_level: 1 });
  });

  test(`one that does not hold: it is rejected once, and ${CALLS - 1} are EVIDENCE_REJECTED`, async () => {
    const claim = await submit("none");
    const evidence = claim.evidence.with(2, null as never);
    const answers = await callAll(workers, VERIFY, () => evidence);
    expect(tally(answers)).toEqual({ granted: 1, PREVD: CALLS - 1 });
    expect(await stateOf(claim.id)).toMatchObject({ status: "rejected", credentials: 0, entries: 1, waiting: 0 });
  });

  test.each(["repeatable read", "serializable"])("at %s, retrying 40001: the same", async (isolation) => {
    const claim = await submit(isolation);
    const sessions = await openSessions(database, "press_worker", 20);
    for (const session of sessions) await session.query(`set default_transaction_isolation = '${isolation}'`);
    const answers = await Promise.all(sessions.map((session) => attemptUntilAnswered(session, VERIFY, claim.evidence)));
    await closeSessions(sessions);
    expect(tally(answers)).toEqual({ granted: 1, PRVRF: 19 });
    expect(await stateOf(claim.id)).toMatchObject(verified);
  });
});

describe("the client's door", () => {
  /** Sessions of the gateway's login, each within a request of that person. */
  async function sessionsOf(subjects: readonly string[], address = freshAddress): Promise<pg.Client[]> {
    const sessions = await openSessions(database, "press_gateway", subjects.length);
    for (const [index, session] of sessions.entries()) {
      await session.query(
        "select set_config('press.subject', $1, false), set_config('press.client_address', $2, false)",
        [subjects[index], address()],
      );
      await session.query("set role press_holder");
    }
    return sessions;
  }
  const checks = (answers: Attempt<{ address_checks: number }>[]) =>
    answers.flatMap(({ rows }) => rows?.map(({ address_checks }) => address_checks) ?? []).toSorted((a, b) => a - b);

  test(`${CALLS} submit one evidence at once: under one key all are given the one attestation`, async () => {
    const sessions = await sessionsOf(Array(SESSIONS).fill("alice"));
    const request = ["oidc", token("alice"), randomUUID(), null, null];
    const answers = await callAll<{ id: string }>(sessions, SUBMIT, () => request);
    await closeSessions(sessions);
    expect(tally(answers)).toEqual({ granted: CALLS });
    expect(new Set(answers.map(({ rows }) => rows?.[0]?.id)).size).toBe(1);
  });

  test(`under keys of their own, one is taken, and ${CALLS - 1} are ALREADY_VERIFIED`, async () => {
    const sessions = await sessionsOf(Array(SESSIONS).fill("bob"));
    const evidence = token("bob");
    const answers = await callAll(sessions, SUBMIT, () => ["oidc", evidence, randomUUID(), null, null]);
    await closeSessions(sessions);
    expect(tally(answers)).toEqual({ granted: 1, PRVRF: CALLS - 1 });
  });

  test.each(["read committed", "serializable"])(
    "40 claims of one holder at once, at %s: five are taken, the others RATE_LIMITED",
    async (isolation) => {
      const subject = `busy at ${isolation}`;
      const sessions = await sessionsOf(Array(40).fill(subject));
      for (const session of sessions) await session.query(`set default_transaction_isolation = '${isolation}'`);
      const answers = await Promise.all(
        sessions.map((session, index) =>
          attemptUntilAnswered(session, SUBMIT, ["repository", `busy/${index}`, randomUUID(), null, null]),
        ),
      );
      await closeSessions(sessions);
      expect(tally(answers)).toEqual({ granted: 5, PRRAT: 35 });
    },
  );

  test("40 people come from one address at once: one is the first, ten are too many, and all others far too many", async () => {
    const sessions = await sessionsOf(
      Array.from({ length: 40 }, (_, index) => `neighbour ${index}`),
      () => "192.0.2.1",
    );
    const answers = await Promise.all(
      sessions.map((session, index) =>
        attemptUntilItsTurn<{ address_checks: number }>(session, SUBMIT, [
          "repository",
          `neighbour/${index}`,
          null,
          null,
          null,
        ]),
      ),
    );
    expect(tally(answers)).toEqual({ granted: 11, PRRAT: 29 });
    expect(checks(answers)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

    await database.pool("operator").query("select press.set_rules(checks_per_hour => 10)");
    const more = await Promise.all(
      sessions.map((session, index) =>
        attemptUntilItsTurn<{ address_checks: number }>(session, SUBMIT, [
          "repository",
          `neighbour/more-${index}`,
          null,
          null,
          null,
        ]),
      ),
    );
    await database.pool("operator").query("select press.set_rules(checks_per_hour => 1)");
    await closeSessions(sessions);
    expect(tally(more)).toEqual({ granted: 9, PRRAT: 31 });
    expect(checks(more)).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });
});

describe("one proof counts once", () => {
  /** The same token, written otherwise; the last two are other bytes, as a provider may give them for one account. */
  const spellings: ((jws: string) => string)[] = [
    (jws) => jws,
    (jws) => `${jws}=`,
    (jws) => jws.replaceAll(".", "==."),
    (jws) => ` ${jws}`,
    (jws) => `${jws}\n`,
    (jws) => jws.replace(".", ".\u00a0"),
    (jws) => jws.replaceAll("-", "+").replaceAll("_", "/").concat("+"),
    (jws) => jws.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)), // bits that no byte has
    (jws) => jws.replace(/\.[^.]*$/, `.${base64url(randomUUID())}`),
    (jws) => {
      const members = Buffer.from(String(jws.split(".")[1]), "base64url")
        .toString()
        .slice(1);
      return [`{"alg":"EdDSA"}`, `{"iat":${random.integer(1e9)},${members}`, randomUUID()].map(base64url).join(".");
    },
  ];
  /** The same statement, written otherwise. */
  const writings: ((proof: string) => string)[] = [
    (proof) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(proof)).toReversed())),
    (proof) => JSON.stringify(JSON.parse(proof), null, 1),
    (proof) => ` ${proof}`,
    (proof) => proof.replaceAll("/", "\\/"),
    (proof) => proof.replace("oidc", "oid\\u0063"),
    (proof) => proof.replace("{", '{"issuer":"https://other.test",'),
    (proof) => proof.replace("}", ',"more":1}'),
  ];

  test(`whoever shows it, in whatever form: one credential (seed ${seed})`, async () => {
    for (let round = 0; round < rounds(4, 25); round += 1) {
      const account = `account-${round}-${random.text(8)}`;
      const jws = token(account);
      const proof = proofOf("oidc", account);
      const people = Array.from({ length: 12 }, (_, index) => `person ${round}.${index}`);

      // Everybody shows it in several forms at once; what is not of the form, or is being checked for them already, is refused.
      const shown = await Promise.all(
        workers.map(async () => {
          const subject = random.pick(people);
          const begun = database
            .pool("operator")
            .query("select nonce from press.begin_attestation('oidc', $1)", [subject]);
          const evidence = random.pick(spellings)(jws);
          const nonce = (await begun).rows[0].nonce;
          const answer = await database
            .pool("operator")
            .query(SUBMIT, ["oidc", evidence, null, subject, freshAddress()])
            .catch((error) => ({ rows: [], code: error.code }));
          if ("code" in answer) expect(["PRINV", "PRVRF", "PRRAT"]).toContain(answer.code);
          return answer.rows.map(({ id }) => ({ id, nonce }));
        }),
      );
      const claims = shown.flat();
      expect(claims.length).toBeGreaterThan(1);

      // Of 64 who showed it no more than 60 are taken: five of each person.
      const answers = await Promise.all(
        claims.map(async ({ id, nonce }, index) => {
          const session = workers[index] as pg.Client;
          const otherwise = await attempt(session, VERIFY, [id, random.pick(writings)(proof), nonce, {}]);
          expect(otherwise.code, "what is not canonical is not taken").toBe("PRINV");
          return attemptUntilAnswered<Decision>(session, VERIFY, [id, proof, nonce, {}]);
        }),
      );
      expect(answers.map(({ code }) => code).filter((code) => code !== undefined)).toEqual([]);
      const decisions = answers.flatMap(({ rows }) => rows ?? []);
      expect(decisions.filter(({ status }) => status === "verified")).toHaveLength(1);
      for (const { violations } of decisions.filter(({ status }) => status === "rejected")) {
        // The number of a person's first decision counts no second time; what nobody has shown to be theirs is judged no further.
        expect([["proof_already_used"], ["nonce_invalid"]]).toContainEqual(violations);
      }
      const { rows } = await database.pool("superuser").query(
        `select count(*)::integer as count from press.credentials c join press.attestations a on a.id = c.attestation_id
         where a.proof_digest = encode(press_private.keyed_hash('proof', $1), 'hex')`,
        [proof],
      );
      expect(rows).toEqual([{ count: 1 }]);
    }
  });

  test("forty holders at once, each with a right number of their own: one is verified, the others proof_already_used", async () => {
    const people = Array.from({ length: 40 }, (_, index) => `sharer ${index}`);
    const claims = await Promise.all(people.map((person) => submit(person, { account: "shared" })));
    const answers = await Promise.all(
      claims.map((claim, index) => attemptUntilAnswered<Decision>(workers[index] as pg.Client, VERIFY, claim.evidence)),
    );
    const violations = answers.map(({ rows }) => rows?.[0]?.violations.join());
    expect(violations.toSorted()).toEqual(["", ...Array(39).fill("proof_already_used")]);
  });
});

describe("meets others", () => {
  const DEACTIVATE = "select press.deactivate_holder(a.holder_id, 'because') from press.attestations a where a.id = $1";

  test("a holder who is deactivated first is given nothing", async () => {
    const claim = await submit("deactivated first");
    const [operator] = (await openSessions(database, "operator", 1)) as [pg.Client];
    await operator.query("begin");
    await operator.query(DEACTIVATE, [claim.id]);
    const asked = verify(workers[0] as pg.Client, claim);
    await untilWaiting(database, 1);
    await operator.query("commit");
    expect((await asked).rows).toEqual([{ status: "rejected", violations: ["holder_inactive"] }]);
    expect(await stateOf(claim.id)).toMatchObject({ credentials: 0, trust_level: 0, is_active: false });
    await closeSessions([operator]);
  });

  test("whose attestation is decided first keeps its credential", async () => {
    const claim = await submit("verified first");
    const [operator] = (await openSessions(database, "operator", 1)) as [pg.Client];
    const [worker] = workers as [pg.Client];
    await worker.query("begin");
    expect((await verify(worker, claim)).rows).toEqual([{ status: "verified", violations: [] }]);
    const deactivated = operator.query(DEACTIVATE, [claim.id]);
    await untilWaiting(database, 1);
    await worker.query("commit");
    await deactivated;
    expect(await stateOf(claim.id)).toMatchObject({ ...verified, is_active: false });
    await closeSessions([operator]);
  });

  test("at once, many times: a credential or a reason, never both, never neither", async () => {
    const operators = await openSessions(database, "operator", 20);
    await Promise.all(
      operators.map(async (operator, index) => {
        for (let round = 0; round < rounds(3, 30); round += 1) {
          const claim = await submit(`raced ${index}.${round}`);
          const deactivate = () => operator.query(DEACTIVATE, [claim.id]);
          const decide = () => verifyAtItsTurn(workers[index] as pg.Client, claim);
          await Promise.all(round % 2 ? [deactivate(), decide()] : [decide(), deactivate()]);
          const { status, credentials, violations, is_active } = await stateOf(claim.id);
          const outcome = `${status} ${credentials} ${violations} ${is_active}`;
          expect(["verified 1  false", "rejected 0 holder_inactive false"]).toContain(outcome);
        }
      }),
    );
    await closeSessions(operators);
  });

  test("several claims of one holder, decided at once: trust rises to the highest, and is never seen to fall", async () => {
    for (let round = 0; round < rounds(5, 50); round += 1) {
      const subject = `riser ${round}`;
      const claims = await Promise.all(
        (["oidc", "repository", "oidc", "repository", "oidc"] as const).map((kind, index) =>
          submit(subject, { kind, account: `riser${round}x${index}` }),
        ),
      );
      // The number of a kind counts once: whoever comes first of each has it.
      const order = claims.map((claim) => ({ claim, place: random.integer(1000) })).sort((a, b) => a.place - b.place);
      let isDone = false;
      const seen: number[] = [];
      const watching = (async () => {
        while (!isDone) seen.push((await stateOf((claims[0] as Claim).id)).trust_level);
      })();
      const answers = await Promise.all(
        order.map(({ claim }, index) =>
          attemptUntilAnswered<Decision>(workers[index] as pg.Client, VERIFY, claim.evidence),
        ),
      );
      isDone = true;
      await watching;
      expect(answers.flatMap(({ rows }) => rows ?? []).filter(({ status }) => status === "verified")).toHaveLength(2);
      expect(seen).toEqual(seen.toSorted());
      expect((await stateOf((claims[0] as Claim).id)).trust_level).toBe(2);
    }
  });

  test("two operators put different thresholds in force at once: both hold", async () => {
    const operators = await openSessions(database, "operator", 2);
    const [one, other] = operators as [pg.Client, pg.Client];
    await one.query("begin");
    await one.query("select press.set_rules(repository_age_days => 31)");
    const asked = attempt(other, "select press.set_rules(account_age_days => 91)");
    await untilWaiting(database, 1);
    await one.query("commit");
    await asked;
    const { rows } = await one.query(
      "select repository_age_days, account_age_days from press.rule_sets order by id desc limit 1",
    );
    expect(rows).toEqual([{ repository_age_days: 31, account_age_days: 91 }]);
    await closeSessions(operators);
  });

  test("a credential that is revoked while another of its holder is minted: trust is that of the one that is left", async () => {
    const first = await submit("revoked", { account: "revoked-1" });
    await verify(workers[0] as pg.Client, first);
    const second = await submit("revoked", { kind: "repository", account: "revoked2" });
    const revoke =
      "select press.revoke_credential(c.id, 'because') from press.credentials c where c.attestation_id = $1";
    const [worker] = workers as [pg.Client];
    await worker.query("begin");
    await verify(worker, second);
    const revoked = database.pool("operator").query(revoke, [first.id]);
    await untilWaiting(database, 1);
    await worker.query("commit");
    await revoked;
    expect(await stateOf(second.id)).toMatchObject({ ...verified, trust_level: 2 });
    await database.pool("operator").query(revoke, [second.id]);
    expect(await stateOf(second.id)).toMatchObject({ credentials: 1, trust_level: 0 });
  });
});

describe("the order of locks: the attestation's row, then the holder's", () => {
  const LOCK_ATTESTATION = "select from press.attestations a where a.id = $1 for update";
  const LOCK_HOLDER =
    "select from press.holders h where h.id = (select a.holder_id from press.attestations a where a.id = $1) for update";

  test("taken in opposite orders they wait in a circle, which PostgreSQL ends", async () => {
    const claim = await submit("circle");
    const owners = await openSessions(database, "owner", 2);
    const [one, other] = owners as [pg.Client, pg.Client];
    for (const owner of owners) await owner.query("begin");
    await one.query(LOCK_ATTESTATION, [claim.id]);
    await other.query(LOCK_HOLDER, [claim.id]);
    const answers = await Promise.all([
      attempt(one, LOCK_HOLDER, [claim.id]),
      attempt(other, LOCK_ATTESTATION, [claim.id]),
    ]);
    expect(tally(answers)).toEqual({ granted: 1, "40P01": 1 });
    await closeSessions(owners);
  });

  test("whoever decides is told RETRY then, nothing was done, and the retry is answered", async () => {
    const claim = await submit("circle of a decision");
    const [superuser] = (await openSessions(database, "superuser", 1)) as [pg.Client];
    // It does not look for circles itself, so that the other one is ended.
    await superuser.query("set deadlock_timeout = '1min'");
    await superuser.query("begin");
    await superuser.query(LOCK_HOLDER, [claim.id]);
    const asked = verify(workers[0] as pg.Client, claim);
    await untilWaiting(database, 1);
    const locked = superuser.query(LOCK_ATTESTATION, [claim.id]);
    expect((await asked).code).toBe("40001");
    await locked;
    await superuser.query("commit");
    expect(await stateOf(claim.id)).toMatchObject({ status: "submitted", credentials: 0, entries: 0, waiting: 1 });
    expect((await verify(workers[0] as pg.Client, claim)).rows).toEqual([{ status: "verified", violations: [] }]);
    await closeSessions([superuser]);
  });

  test.each([
    ["the attestation", LOCK_ATTESTATION],
    ["the holder", LOCK_HOLDER],
  ])("whoever waits for %s longer than five seconds is told LOCK_TIMEOUT, and nothing was done", async (what, lock) => {
    const claim = await submit(`busy: ${what}`);
    const [owner] = (await openSessions(database, "owner", 1)) as [pg.Client];
    await owner.query("begin");
    await owner.query(lock, [claim.id]);
    expect((await verify(workers[0] as pg.Client, claim)).code).toBe("PRBSY");
    await owner.query("commit");
    expect(await stateOf(claim.id)).toMatchObject({ status: "submitted", credentials: 0, entries: 0, waiting: 1 });
    await closeSessions([owner]);
  });
});

test("after all of it the audit finds nothing", async () => {
  expect(await auditFindings(database)).toEqual([]);
});

test("half-states that somebody planted give nothing to twenty who decide at once, to the signer, or to an edition", async () => {
  const planted = await createTestDatabase();
  try {
    const minted = await submit("minted", { on: planted });
    const marked = await submit("marked", { on: planted });
    const superuser = planted.pool("superuser");
    const plant = [
      `insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
      select a.id, a.holder_id, a.kind, 1, 1, 0, now(), now() + interval '1 year' from press.attestations a where a.id = '${minted.id}'`,
      `update press.attestations set status = 'verified', decided_at = now(), rule_set_id = 1, facts = '{}', violations = '{}',
        proof_digest = repeat('a', 64) where id = '${marked.id}'`,
    ] as const;
    for (const statement of plant) await expect(superuser.query(statement)).rejects.toMatchObject({ code: "PRDEN" });
    await superuser.query(`
      alter table press.credentials disable trigger _200_guard_minting;
      alter table press.attestations disable trigger _200_require_credential;
      ${plant.join(";")};
      alter table press.credentials enable always trigger _200_guard_minting;
      alter table press.attestations enable always trigger _200_require_credential`);
    expect(await (await TestCredentials.start(planted)).signPending()).toBe(0);
    await superuser.query(
      `select press.create_edition('proved', 'For the proved', 9, 9, required_kind => 'oidc'), press.create_edition('trusted', 'For the trusted', 9, 9, required_trust_level => 1)`,
    );
    await superuser.query("select press.open_edition('proved'), press.open_edition('trusted')");
    for (const [slug, subject] of ["proved", "trusted"].flatMap((slug) =>
      ["minted", "marked"].map((subject) => [slug, subject]),
    )) {
      const issued = superuser.query("select press.issue_ticket($1, null, $2)", [slug, subject]);
      await expect(issued, `${slug} to ${subject}`).rejects.toMatchObject({ code: "PRELG" });
    }
    const sessions = await openSessions(planted, "press_worker", 20);
    for (const claim of [minted, marked]) {
      const answers = await Promise.all(sessions.map((session) => verifyAtItsTurn(session, claim)));
      expect(tally(answers)).toEqual({ PRVRF: 20 });
    }
    await closeSessions(sessions);
    expect(await stateOf(minted.id, planted)).toMatchObject({ status: "submitted", credentials: 1, trust_level: 0 });
    expect(await stateOf(marked.id, planted)).toMatchObject({ status: "verified", credentials: 0, trust_level: 0 });
    const findings = (await auditFindings(planted)) as { check: string; subject: string }[];
    const named = findings.filter(
      ({ check }) => check === "an attestation is verified if and only if it has its one credential",
    );
    expect(named.map(({ subject }) => subject).toSorted()).toEqual(
      [minted, marked].map(({ id }) => `press.attestations (${id})`).toSorted(),
    );
  } finally {
    await planted.drop();
  }
});

/** As if so long had passed since the claims and credentials that there are came to be. Their seals and entries do not fit any more. */
async function letPass(on: TestDatabase, duration: string): Promise<void> {
  await on.pool("superuser").query(`
    alter table press.attestations disable trigger _200_guard_decision;
    alter table press.credentials disable trigger _200_guard_identity;
    update press.credentials set valid_from = valid_from - interval '${duration}', valid_until = valid_until - interval '${duration}';
    update press.attestations set submitted_at = submitted_at - interval '${duration}', decided_at = decided_at - interval '${duration}';
    update press_private.attestation_work set try_at = try_at - interval '${duration}';
    alter table press.credentials enable always trigger _200_guard_identity;
    alter table press.attestations enable always trigger _200_guard_decision`);
}

/** What the audit finds of the rows, save for what was dated back. */
async function findingsOfRows(on: TestDatabase): Promise<unknown[]> {
  const { rows } = await on
    .pool("operator")
    .query("select * from press.audit(part => 'rows') a where not a.is_ok and a.check <> $1", [
      "a row is as the press wrote it",
    ]);
  return rows;
}

/** Another press, in which time passes, with sessions of workers and one of an operator. */
async function withPress(
  work: (on: TestDatabase, sessions: pg.Client[], operator: pg.Client) => Promise<void>,
): Promise<void> {
  const on = await createTestDatabase();
  const sessions = await openSessions(on, "press_worker", 20);
  const [operator] = (await openSessions(on, "operator", 1)) as [pg.Client];
  try {
    await work(on, sessions, operator);
  } finally {
    await closeSessions([...sessions, operator]);
    await on.drop();
  }
}

describe("renewal", () => {
  const REVOKE = "select press.revoke_credential(c.id, 'because') from press.credentials c where c.attestation_id = $1";

  /** A claim whose credential has ended, and two more of the same account. */
  async function endedAndTwo(subject: string, on: TestDatabase): Promise<[Claim, Claim, Claim]> {
    const ended = await submit(subject, { on });
    expect((await on.pool("press_worker").query(VERIFY, ended.evidence)).rows).toMatchObject([{ status: "verified" }]);
    await letPass(on, "365 days");
    return [ended, await submit(subject, { on }), await submit(subject, { on })];
  }

  /** Of each credential of the proof, from the first on: what it renews, and whether it is valid. */
  async function chainOf(claim: Claim, on: TestDatabase) {
    const { rows } = await on.pool("superuser").query(
      `select a.renewed_id, c.status::text, c.valid_until > clock_timestamp() as is_valid
       from press.attestations a join press.credentials c on c.attestation_id = a.id
       where a.proof_digest = encode(press_private.keyed_hash('proof', $1), 'hex') order by c.valid_from`,
      [claim.evidence[1]],
    );
    return rows;
  }
  const renewedOnce = (ended: Claim, status = "pending") => [
    { renewed_id: null, status, is_valid: false },
    { renewed_id: ended.id, status: "pending", is_valid: true },
  ];

  test("twice at once: one waits for the other, and proves nothing any more", () =>
    withPress(async (on, [one, other]) => {
      const [ended, first, second] = await endedAndTwo("alice", on);
      await one?.query("begin");
      expect((await verify(one as pg.Client, first)).rows).toEqual([{ status: "verified", violations: [] }]);
      const asked = verify(other as pg.Client, second);
      await untilWaiting(on, 1);
      await one?.query("commit");
      expect((await asked).rows).toEqual([{ status: "rejected", violations: ["nonce_invalid"] }]);
      expect(await chainOf(ended, on)).toEqual(renewedOnce(ended));
      expect(await findingsOfRows(on)).toEqual([]);
    }));

  test("by twenty at once, many times: one credential is valid", () =>
    withPress(async (on, sessions) => {
      for (let round = 0; round < rounds(5, 50); round += 1) {
        const [ended, first, second] = await endedAndTwo(`renewer ${round}`, on);
        const answers = await Promise.all(
          sessions.map((session, index) =>
            attemptUntilAnswered<Decision>(session, VERIFY, (index % 2 ? first : second).evidence),
          ),
        );
        expect(tally(answers)).toEqual({ granted: 2, PRVRF: 9, PREVD: 9 });
        expect(await chainOf(ended, on)).toEqual(renewedOnce(ended));
      }
      expect(await findingsOfRows(on)).toEqual([]);
    }));

  test.each([
    ["the key that lets each be renewed once refuses alone", "", 1],
    ["without it too there are two: this test can fail", "drop constraint attestations_renewed_once", 2],
  ])("without the lock: %s", (_, missing, valid) =>
    withPress(async (on, [one, other]) => {
      const [ended, first, second] = await endedAndTwo("alice", on);
      await cripple(on, [WITHOUT_LOCK, ...(missing === "" ? [] : [`alter table press.attestations ${missing}`])]);
      await one?.query("begin");
      expect((await verify(one as pg.Client, first)).rows).toEqual([{ status: "verified", violations: [] }]);
      const asked = verify(other as pg.Client, second);
      await untilWaiting(on, 1);
      await one?.query("commit");
      expect((await asked).code).toBe(valid === 1 ? "40001" : undefined);
      expect((await chainOf(ended, on)).filter(({ is_valid }) => is_valid)).toHaveLength(valid);
    }),
  );

  test.each(["before", "after"])(
    "of what is revoked a moment %s: it had ended all the same, and trust is that of the new one",
    (order) =>
      withPress(async (on, [worker], operator) => {
        const [ended, claim] = await endedAndTwo("alice", on);
        const acts = [
          { session: operator, act: () => operator.query(REVOKE, [ended.id]) },
          { session: worker as pg.Client, act: () => verify(worker as pg.Client, claim) },
        ];
        const [first, second] = (order === "before" ? acts : acts.toReversed()) as [(typeof acts)[0], (typeof acts)[0]];
        await first.session.query("begin");
        await first.act();
        const waiting = second.act();
        await untilWaiting(on, 1);
        await first.session.query("commit");
        await waiting;
        expect(await chainOf(ended, on)).toEqual(renewedOnce(ended, "revoked"));
        expect(await stateOf(claim.id, on)).toMatchObject({ ...verified, trust_level: 1 });
        expect(await findingsOfRows(on)).toEqual([]);
      }),
  );
});

describe("evidence that nobody could check is given up", () => {
  const GIVE_UP = "select press_worker.reject_unchecked() as count";
  const rejected = { status: "rejected", violations: ["evidence_invalid"], credentials: 0, entries: 1, waiting: 0 };

  /** A claim that has waited for a month. */
  async function oldClaim(subject: string, on: TestDatabase): Promise<Claim> {
    const claim = await submit(subject, { on });
    await letPass(on, "30 days");
    return claim;
  }
  const giveUp = async (session: pg.Client | undefined) => (await session?.query(GIVE_UP))?.rows[0].count;

  test("while a worker decides: that counts, and is not waited for", () =>
    withPress(async (on, [worker, other]) => {
      const claim = await oldClaim("alice", on);
      await worker?.query("begin");
      expect((await verify(worker as pg.Client, claim)).rows).toEqual([{ status: "verified", violations: [] }]);
      expect(await giveUp(other)).toBe(0);
      await worker?.query("commit");
      expect(await giveUp(other)).toBe(0);
      expect(await stateOf(claim.id, on)).toMatchObject(verified);
    }));

  test("before a worker decides: who comes later is told that it was rejected", () =>
    withPress(async (on, [worker, other]) => {
      const claim = await oldClaim("alice", on);
      await other?.query("begin");
      expect(await giveUp(other)).toBe(1);
      const asked = verify(worker as pg.Client, claim);
      await untilWaiting(on, 1);
      await other?.query("commit");
      expect((await asked).code).toBe("PREVD");
      expect(await stateOf(claim.id, on)).toMatchObject(rejected);
    }));

  test("at once, many times: a credential or the reason, never both, never neither", () =>
    withPress(async (on, [giver, ...deciders]) => {
      for (let round = 0; round < rounds(5, 50); round += 1) {
        const claims = await Promise.all(deciders.map((_, index) => submit(`waiter ${round}.${index}`, { on })));
        await letPass(on, "30 days");
        const decide = deciders.map((session, index) => () => verifyAtItsTurn(session, claims[index] as Claim));
        const acts = random.integer(2) ? [() => giveUp(giver), ...decide] : [...decide, () => giveUp(giver)];
        await Promise.all(acts.map((act) => act()));
        await giveUp(giver);
        for (const { id } of claims) {
          const state = await stateOf(id, on);
          expect(state).toMatchObject(state.status === "verified" ? verified : rejected);
        }
      }
      expect(await findingsOfRows(on)).toEqual([]);
    }));

  test("while its holder submits more: it waits for the next look", () =>
    withPress(async (on, [worker], operator) => {
      const claim = await oldClaim("alice", on);
      await operator.query("begin");
      await operator.query(SUBMIT, ["oidc", token("alice"), null, "alice", freshAddress()]);
      expect(await giveUp(worker)).toBe(0);
      await operator.query("commit");
      expect(await giveUp(worker)).toBe(1);
      expect(await stateOf(claim.id, on)).toMatchObject(rejected);
    }));

  test("before its holder submits it again: that is taken, as the sixth of five would not be", () =>
    withPress(async (on, [worker], operator) => {
      const evidence = Array.from({ length: 5 }, () => token("alice"));
      const again = (jws: string) => attempt(operator, SUBMIT, ["oidc", jws, null, "alice", freshAddress()]);
      for (const jws of evidence) expect((await again(jws)).code).toBeUndefined();
      expect((await again(token("alice"))).code).toBe("PRRAT");
      await letPass(on, "30 days");
      await worker?.query("begin");
      expect(await giveUp(worker)).toBe(5);
      const asked = again(evidence[0] as string);
      await untilWaiting(on, 1);
      await worker?.query("commit");
      expect((await asked).code).toBeUndefined();
      expect(await findingsOfRows(on)).toEqual([]);
    }));
});

/** Parts of functions and what to put in their place. */
type Change = readonly [routine: string, part: string, instead: string];
type Missing = readonly Change[] | string;

/** Instead of the locks: all sessions are held until everybody is there, and then let go at once. */
const WITHOUT_LOCK: readonly Change[] = [
  [
    "press_worker.verify_attestation",
    "perform press_private.lock_attestation(v_attestation.id);",
    "perform pg_advisory_xact_lock_shared(4242, 1);",
  ],
];
const WITHOUT_GUARD: readonly Change[] = [
  ["press_worker.verify_attestation", "perform press_private.require_undecided(v_attestation);", ""],
];
const WITHOUT_CONSTRAINTS = `alter table press.credentials drop constraint credentials_one_an_attestation;
  drop index press.attestations_proof_counts_once; drop trigger _200_guard_decision on press.attestations`;
const DECIDERS = 40;

/** How many credentials an attestation gives that many decide at once in a press without some of the layers, and what they are told. */
async function decideWithout(...missing: Missing[]) {
  const crippled = await createTestDatabase();
  try {
    const claim = await submit("crippled", { on: crippled });
    await cripple(crippled, missing);
    const sessions = await openSessions(crippled, "press_worker", DECIDERS);
    const answers = await throughTheBarrier(crippled, missing.includes(WITHOUT_LOCK), sessions, (session) =>
      verifyAtItsTurn(session, claim),
    );
    await closeSessions(sessions);
    return { credentials: (await stateOf(claim.id, crippled)).credentials, outcomes: tally(answers) };
  } finally {
    await crippled.drop();
  }
}

async function cripple(crippled: TestDatabase, missing: readonly Missing[]): Promise<void> {
  const superuser = crippled.pool("superuser");
  await superuser.query("grant execute on function pg_advisory_xact_lock_shared(integer, integer) to press_owner");
  for (const item of missing) {
    if (typeof item === "string") await superuser.query(item);
    else for (const change of item) await exchange(superuser, change);
  }
}

async function exchange(superuser: pg.Pool, [routine, part, instead]: Change): Promise<void> {
  const { rows } = await superuser.query<{ source: string }>("select pg_get_functiondef($1::regproc) as source", [
    routine,
  ]);
  const source = String(rows[0]?.source);
  expect(source).toContain(part);
  await superuser.query(source.replace(part, instead).replace("SET lock_timeout TO '5s'", "SET lock_timeout TO '60s'"));
}

/** Lets the sessions go at once where they would have met at the lock. */
async function throughTheBarrier<Answer>(
  crippled: TestDatabase,
  hasBarrier: boolean,
  sessions: readonly pg.Client[],
  act: (session: pg.Client) => Promise<Answer>,
): Promise<Answer[]> {
  const gate = await crippled.pool("superuser").connect();
  try {
    if (hasBarrier) await gate.query("select pg_advisory_lock(4242, 1)");
    const acting = sessions.map(act);
    if (hasBarrier) {
      await untilWaiting(crippled, sessions.length);
      await gate.query("select pg_advisory_unlock(4242, 1)");
    }
    return await Promise.all(acting);
  } finally {
    gate.release();
  }
}

describe("with the layers that stand, an attestation gives one credential", () => {
  test("without the lock: who collided is refused by what stands", async () => {
    let collisions = 0;
    for (let tries = 0; tries < 5 && collisions === 0; tries += 1) {
      const { credentials, outcomes } = await decideWithout(WITHOUT_LOCK);
      expect([credentials, outcomes.granted]).toEqual([1, 1]);
      collisions = DECIDERS - 1 - (outcomes.PRVRF ?? 0);
    }
    expect(collisions, "the sessions did collide, so the lock was really gone").toBeGreaterThan(0);
  });

  test("without the guard: a decision is written once", async () => {
    const expected = { credentials: 1, outcomes: { granted: 1, PRDEN: DECIDERS - 1 } };
    expect(await decideWithout(WITHOUT_GUARD)).toEqual(expected);
  });

  test("without the lock and the guard: what is written once refuses alone", async () => {
    const { credentials, outcomes } = await decideWithout(WITHOUT_LOCK, WITHOUT_GUARD);
    expect([credentials, outcomes.granted]).toEqual([1, 1]);
  });

  test("without the lock, the guard and the trigger: the key of credentials refuses alone", async () => {
    const trigger = "drop trigger _200_guard_decision on press.attestations";
    const { credentials, outcomes } = await decideWithout(WITHOUT_LOCK, WITHOUT_GUARD, trigger);
    expect(credentials).toBe(1);
    expect(outcomes["40001"], "some collided").toBeGreaterThan(0);
  });

  test("without the constraints: the lock and the guard hold", async () => {
    const expected = { credentials: 1, outcomes: { granted: 1, PRVRF: DECIDERS - 1 } };
    expect(await decideWithout(WITHOUT_CONSTRAINTS)).toEqual(expected);
  });
});

test("without all three there are several: these tests can fail", async () => {
  const { credentials } = await decideWithout(WITHOUT_LOCK, WITHOUT_GUARD, WITHOUT_CONSTRAINTS);
  expect(credentials).toBeGreaterThan(1);
});
