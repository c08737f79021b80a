/* People who are forgotten and return while they are issued to, signed for, and asked about: one person is one holder with one limit, and no envelope is
   signed for another name than it has. */
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings } from "../raffles.ts";
import { rounds } from "../random.ts";
import { makeKey } from "../worker/support.ts";
import { attempt, attemptUntilAnswered, closeSessions, makeEdition, openSessions, untilWaiting } from "./sessions.ts";

const LIMIT = 40;
const ROUNDS = rounds(30, 300, 10);

let database: TestDatabase;
let sessions: pg.Client[];
beforeEach(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "fair", 1000, LIMIT);
  sessions = await openSessions(database, "operator", 4);
});
afterEach(async () => {
  await closeSessions(sessions);
  await database.drop();
});

const issue = (subject = "alice") =>
  database.pool("operator").query("select press.issue_ticket('fair', recipient => $1)", [subject]);

async function idOf(subject: string): Promise<string> {
  const { rows } = await database.pool("owner").query("select id from press.holders where subject = $1", [subject]);
  return rows[0]?.id;
}

async function recipients(): Promise<(string | null)[]> {
  const { rows } = await database
    .pool("owner")
    .query<{ recipient: string | null }>(
      "select t.envelope::json ->> 'recipient' as recipient from press.tickets t order by t.ticket_number",
    );
  return rows.map(({ recipient }) => recipient);
}

describe("a signature that is made meanwhile", () => {
  const key = makeKey();
  const worker = () => database.pool("press_worker");
  interface Claim {
    readonly ticket_id: string;
    readonly payload: string;
  }

  /** Under a lease that is over at once for whoever does not wait. */
  async function claim(): Promise<Claim[]> {
    await database.pool("owner").query("update press_private.signing_claims set claimed_until = '-infinity'");
    return (await worker().query<Claim>("select * from press_worker.tickets_to_sign($1, 100, 3600)", [key.keyId])).rows;
  }

  async function attach(claims: Claim[], on: pg.Pool | pg.Client = worker()): Promise<string[]> {
    const { rows } = await on.query<{ outcome: string }>(
      "select outcome from press_worker.attach_signatures($1, $2, $3)",
      [
        key.keyId,
        claims.map(({ ticket_id }) => ticket_id),
        claims.map(({ payload }) => Buffer.from(key.sign(Buffer.from(payload))).toString("hex")),
      ],
    );
    return rows.map(({ outcome }) => outcome);
  }

  beforeEach(() => worker().query("select press_worker.register_signing_key($1, 'ticket')", [key.publicKey]));

  test("of a name that is forgotten is not stored, whoever claims the ticket next; nor is one of nobody when the person is back", async () => {
    await issue();
    const id = await idOf("alice");
    const named = await claim();
    expect(named[0]?.payload).toContain('"recipient":"alice"');
    await database.pool("operator").query("select press.erase_holder($1)", [id]);
    expect(await attach(named)).toEqual(["refused"]);
    const nameless = await claim();
    expect(nameless[0]?.payload).toContain(`"recipient":"erased:${id}"`);
    expect(await attach(named), "the claim is of the same key").toEqual(["refused"]);

    await issue(); // She is back.
    const namedAgain = await claim();
    expect(namedAgain.map(({ payload }) => payload)).toEqual([named[0]?.payload, expect.stringContaining("alice")]);
    expect(await attach(nameless)).toEqual(["refused"]);
    expect(await attach(namedAgain)).toEqual(["attached", "attached"]);
    expect(await attach(namedAgain)).toEqual(["repeated", "repeated"]);
    expect(await recipients()).toEqual(["alice", "alice"]);
    expect(await auditFindings(database)).toEqual([]);
  });

  test("that is being stored is waited for, and its envelope goes", async () => {
    await issue();
    const id = await idOf("alice");
    const claims = await claim();
    const [signer] = (await openSessions(database, "press_worker", 1)) as [pg.Client];
    await signer.query("begin");
    expect(await attach(claims, signer)).toEqual(["attached"]);
    const erasing = database.pool("operator").query("select press.erase_holder($1)", [id]);
    await untilWaiting(database, 1);
    await signer.query("commit");
    await erasing;
    expect(await recipients()).toEqual([null]);
    await closeSessions([signer]);
    expect(await auditFindings(database)).toEqual([]);
  });

  test("waits for who forgets, also of a ticket that is issued meanwhile", async () => {
    await issue();
    const id = await idOf("alice");
    const claims = await claim();
    const [eraser] = sessions as [pg.Client];
    await eraser.query("begin");
    await eraser.query("select press.erase_holder($1)", [id]);
    await issue(); // Nobody else knows yet that she is to be forgotten.
    const attaching = attach(claims);
    const claiming = worker().query<Claim>("select * from press_worker.tickets_to_sign($1, 100, 3600)", [key.keyId]);
    await untilWaiting(database, 2);
    await eraser.query("commit");
    expect(await attaching).toEqual(["refused"]);
    for (const { payload } of (await claiming).rows) expect(payload).toContain(`"recipient":"erased:${id}"`);
    await attach(await claim());
    expect(await recipients()).toEqual([`erased:${id}`, `erased:${id}`]);
    expect(await auditFindings(database)).toEqual([]);
  });

  test("is waited for five seconds, and not longer: LOCK_TIMEOUT", async () => {
    await issue();
    const [eraser] = sessions as [pg.Client];
    const claims = await claim();
    await eraser.query("begin");
    await eraser.query("select press.erase_holder($1)", [await idOf("alice")]);
    const claiming = worker().query("select from press_worker.tickets_to_sign($1, 100, 3600)", [key.keyId]);
    const answers = await Promise.allSettled([attach(claims), claiming]);
    expect(answers.map((answer) => answer.status === "rejected" && answer.reason.code)).toEqual(["PRBSY", "PRBSY"]);
    await eraser.query("rollback");
    expect(await attach(claims)).toEqual(["attached"]);
  });
});

test("whoever would become a second person while their row is forgotten is told to try again, and is the first", async () => {
  await issue();
  const id = await idOf("alice");
  const [eraser] = sessions as [pg.Client];
  await eraser.query("begin");
  await eraser.query("select press.erase_holder($1)", [id]);
  const [other] = (await openSessions(database, "owner", 1)) as [pg.Client];
  const ensuring = attempt(other, "select press_private.ensure_holders('{alice}')");
  await untilWaiting(database, 1);
  await eraser.query("commit");
  expect(await ensuring).toMatchObject({ code: "40001" });
  await other.query("select press_private.ensure_holders('{alice}')");
  expect(await idOf("alice")).toBe(id);
  await closeSessions([other]);
});

test.each(["repeatable read", "serializable"])(
  "at %s nobody is forgotten, and nobody returns: the snapshot may be older than a claim, and trying again would not help",
  async (level) => {
    await issue();
    const id = await idOf("alice");
    const [session] = sessions as [pg.Client];
    const refused = async (statement: string, values: unknown[] = []) => {
      await session.query(`begin isolation level ${level}`);
      await expect(session.query(statement, values)).rejects.toMatchObject({
        code: "PRINV",
        detail: expect.stringContaining("at READ COMMITTED only"),
      });
      await session.query("rollback");
    };
    await refused("select press.erase_holder($1)", [id]);
    expect(await idOf("alice")).toBe(id);
    await database.pool("operator").query("select press.erase_holder($1)", [id]);
    await refused("select press.issue_ticket('fair', recipient => 'alice')");
    expect(await idOf("alice")).toBeUndefined();
  },
);

describe("an operator who acts while they are forgotten", () => {
  const STARTS = "starts the press";
  /** What leaves an operator's name in a row. */
  const ACTS: [what: string, call: string][] = [
    ["issues", "press.issue_ticket('fair', recipient => 'bob')"],
    ["sets rules", "press.set_rules(account_age_days => 91)"],
    ["submits evidence", "press.submit_attestation('repository', 'o/r', null, 'bob', '192.0.2.1')"],
    ["asks for a draw", "press.draw_winner('raffle')"],
    [STARTS, "press.start_press('All is well')"],
    ["revokes a ticket", "press.revoke_ticket((select min(id::text)::uuid from press.tickets), 'Lost')"],
    ["revokes a credential", "press.revoke_credential((select id from press.credentials), 'Sold')"],
    [
      "redeems",
      "press.redeem_ticket(t.envelope, press.tickets_timechain_proof(t)) from press.tickets t where ticket_number = 2",
    ],
  ];
  let olga: pg.Client;
  let id: string;
  const act = (call: string) => attempt(olga, `select ${call}`);
  const erase = (session: pg.Client) => attempt(session, "select press.erase_holder($1)", [id]);

  beforeEach(async () => {
    for (const subject of ["carl", "carl", "olga"]) await issue(subject);
    id = await idOf("olga");
    const operator = database.pool("operator");
    await operator.query("select press.create_edition('raffle', 'Raffle', 9, draw_mode => 'random_int')");
    await operator.query("select press.open_edition('raffle')");
    const worker = await TestWorker.start(database);
    await worker.work();
    await attestOne();
    [olga] = (await openSessions(database, "press_gateway", 1)) as [pg.Client];
    await olga.query("select set_config('press.subject', 'olga', false)");
    await olga.query("set role press_operator");
  });
  afterEach(() => closeSessions([olga]));

  /** Carl's credential. */
  async function attestOne(): Promise<void> {
    const operator = database.pool("operator");
    const { rows: begun } = await operator.query("select nonce from press.begin_attestation('oidc', 'carl')");
    const { rows } = await operator.query(
      "select id from press.submit_attestation('oidc', 'e30.e30.e30', null, 'carl', '192.0.2.2')",
    );
    await database
      .pool("press_worker")
      .query("select press_worker.verify_attestation($1, $2, $3, '{}')", [
        rows[0].id,
        '{"issuer":"https://id.test","kind":"oidc","subject":"carl"}',
        begun[0].nonce,
      ]);
  }

  // A press that is stopped forgets nobody, so who starts it is never the first.
  test.each(ACTS.filter(([what]) => what !== STARTS))("%s first: the name is seen, and stays", async (_, call) => {
    const [eraser] = sessions as [pg.Client];
    await olga.query("begin");
    expect(await act(call)).not.toHaveProperty("message");
    const erasing = erase(eraser);
    await untilWaiting(database, 1);
    await olga.query("commit");
    expect((await erasing).code).toBe("PRDEN");
    expect(await idOf("olga")).toBe(id);
    expect(await auditFindings(database)).toEqual([]);
  });

  test.each(ACTS)("%s a moment later: waits, and is known again", async (what, call) => {
    const [eraser] = sessions as [pg.Client];
    await eraser.query("begin");
    expect((await erase(eraser)).code).toBeUndefined();
    if (what === STARTS) await database.pool("press_worker").query("select press_worker.stop_press('A test')");
    const acting = act(call);
    await untilWaiting(database, 1);
    await eraser.query("commit");
    expect(await acting).not.toHaveProperty("message");
    expect(await idOf("olga")).toBe(id);
    expect((await erase(eraser)).code).toBe("PRDEN");
    expect(await auditFindings(database)).toEqual([]);
  });
});

test(`${ROUNDS} times forgotten while three sessions issue and a worker signs: one holder, one limit, every envelope genuine`, {
  timeout: 300_000,
}, async () => {
  const worker = await TestWorker.start(database);
  await issue();
  const id = await idOf("alice");
  const [eraser, ...issuers] = sessions as [pg.Client, ...pg.Client[]];
  let isOver = false;
  const answers = new Map<string, number>();
  const issuing = issuers.map(async (session, n) => {
    while (!isOver) {
      const subject = n === 0 ? "bob" : "alice";
      const { code = "granted" } = await attemptUntilAnswered(
        session,
        "select press.issue_ticket('fair', recipient => $1)",
        [subject],
      );
      answers.set(`${subject} ${code}`, (answers.get(`${subject} ${code}`) ?? 0) + 1);
    }
  });
  const signing = (async () => {
    while (!isOver) await worker.work();
  })();
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await attemptUntilAnswered(eraser, "select press.erase_holder($1)", [id]);
    expect(answer.code).toBeUndefined();
  }
  isOver = true;
  await Promise.all([...issuing, signing]);
  await worker.work();

  expect([...answers.keys()].filter((answer) => !/granted|PRLIM/.test(answer))).toEqual([]);
  expect(answers.get("alice granted")).toBeGreaterThan(0);
  const { rows: held } = await database
    .pool("owner")
    .query("select count(*)::integer as holders from press.holders where id = $1 or subject = 'alice'", [id]);
  expect(held).toEqual([{ holders: 1 }]);
  const { rows } = await database
    .pool("owner")
    .query<{ count: number }>(
      "select count(*)::integer as count, count(distinct holder_slot)::integer as slots, max(holder_slot) as highest from press.tickets where holder_id = $1",
      [id],
    );
  expect(rows).toEqual([{ count: rows[0]?.count, slots: rows[0]?.count, highest: rows[0]?.count }]);
  expect(rows[0]?.count).toBeLessThanOrEqual(LIMIT);
  // Of every envelope there is, or was: its recipient, its signature, and its entry in the ledger.
  expect(await auditFindings(database)).toEqual([]);
});
