/* Thousands of damaged proofs, of which none redeems anything; and every holder with every ticket, of whom each redeems their own. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { type HeldTicket, TestWorker } from "../../ledger.ts";
import { attempt, closeSessions, makeEdition, openSessions, tally } from "../../race/sessions.ts";
import { random, rounds, seed } from "../../random.ts";
import { damage } from "../../verifier/damage.ts";

const HOLDERS = Array.from({ length: 12 }, (_, n) => `holder ${n}`);
const REDEEM = "select id from press.redeem_ticket($1, $2)";

let database: TestDatabase;
let held: HeldTicket[];
let notes: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 100, 1);
  const worker = await TestWorker.start(database);
  held = [
    ...(await worker.issueHeld("golden-ticket", HOLDERS.slice(0, 5))),
    ...(await worker.issueHeld("golden-ticket", HOLDERS.slice(5))),
  ];
  const { rows } = await database.pool("operator").query<{ note: string }>("select note from press.checkpoints");
  notes = rows.map(({ note }) => note);
});
afterAll(() => database.drop());

/** All that a redemption writes. */
async function written(): Promise<unknown> {
  const { rows } = await database.pool("superuser").query(
    `select (select count(*) from press.redemptions) as redemptions, (select count(*) from press_private.ledger_inbox) as inbox,
            (select count(*) from press.holders) as holders, (select array_agg(status::text) from press.tickets) as status`,
  );
  return rows;
}

describe("damaged proofs", () => {
  /** The answer to each of many requests: a SQLSTATE, or `redeemed`. */
  async function answers(requests: readonly { envelope: string; proof: string }[]): Promise<string[]> {
    await database.pool("superuser").query(
      `create or replace function tests.try_redeem(envelope text, proof text) returns text language plpgsql as $$
       begin
         perform press.redeem_ticket(envelope, proof);
         return 'redeemed';
       exception when others then
         return sqlstate;
       end $$`,
    );
    const { rows } = await database
      .pool("operator")
      .query<{ answer: string }>(
        `select tests.try_redeem(r.envelope, r.proof) as answer from unnest($1::text[], $2::text[]) r (envelope, proof)`,
        [requests.map(({ envelope }) => envelope), requests.map(({ proof }) => proof)],
      );
    return rows.map(({ answer }) => answer);
  }

  /** Changes that know what a proof is made of. */
  function rearranged(proof: string): string {
    const [head = "", ...rest] = proof.split("\n\n");
    const lines = head.split("\n");
    const [first, second] = [random.integer(lines.length), random.integer(lines.length)];
    const swapped = lines.with(first, lines[second] ?? "").with(second, lines[first] ?? "");
    const another = random.pick(held).proof.split("\n\n")[0] ?? "";
    return random.pick([
      () => [swapped.join("\n"), ...rest].join("\n\n"),
      () => [lines.toSpliced(first, 1).join("\n"), ...rest].join("\n\n"),
      () => [lines.toSpliced(first, 0, lines[second] ?? "").join("\n"), ...rest].join("\n\n"),
      () => [another, ...rest].join("\n\n"),
      () => [head, random.pick(notes)].join("\n\n"),
      () =>
        proof.replace(/index (\d+)/, (_, index) => `index ${Number(index) + random.pick([-1, 1, 2 ** 31, 2 ** 53])}`),
      () => proof.replaceAll("\n", "\r\n"),
      () => `${proof}${proof}`,
    ])();
  }

  const count = rounds(3_000, 60_000);
  test(`${count} of them: PROOF_INVALID, and nothing is written (seed ${seed})`, { timeout: 600_000 }, async () => {
    const before = await written();
    const requests = Array.from({ length: count }, (_, round) => {
      const { envelope, proof } = random.pick(held);
      let changed = round % 2 === 0 ? rearranged(proof) : damage(proof);
      if (random.integer(4) === 0) changed = damage(changed);
      return { envelope, proof: changed, original: proof };
    }).filter(({ proof, original }) => proof !== original && proof.isWellFormed() && !proof.includes("\0"));
    expect(requests.length).toBeGreaterThan(count / 2);
    const all = await answers(requests);
    const wrong = requests.filter((_, index) => all[index] !== "PRMRK");
    expect(wrong.map(({ proof }) => proof)).toEqual([]);
    expect(await written()).toEqual(before);
  });
});

describe(`${HOLDERS.length} holders with each other's tickets`, () => {
  let sessions: pg.Client[];
  beforeAll(async () => {
    sessions = await openSessions(database, "press_gateway", HOLDERS.length);
    for (const [index, session] of sessions.entries()) {
      await session.query("set role press_holder");
      await session.query("select set_config('press.subject', $1, false)", [HOLDERS[index]]);
    }
  });
  afterAll(() => closeSessions(sessions));

  async function pairs(of: (holder: string, ticket: HeldTicket) => boolean): Promise<Record<string, number>> {
    const answers = sessions.map(async (session, index) => {
      const mine = held.filter((ticket) => of(HOLDERS[index] ?? "", ticket));
      const attempts = [];
      for (const { envelope, proof } of mine) attempts.push(await attempt(session, REDEEM, [envelope, proof]));
      return attempts;
    });
    return tally((await Promise.all(answers)).flat());
  }

  const isOwn = (holder: string, { recipient }: HeldTicket) => holder === recipient;
  const isAnothers = (holder: string, ticket: HeldTicket) => !isOwn(holder, ticket);
  const strangers = HOLDERS.length * (HOLDERS.length - 1);

  test("nobody redeems another's ticket, and nothing is written", async () => {
    const before = await written();
    expect(await pairs(isAnothers)).toEqual({ PROWN: strangers });
    expect(await written()).toEqual(before);
  });

  test("each redeems their own, once", async () => {
    expect(await pairs(isOwn)).toEqual({ granted: HOLDERS.length });
    expect(await pairs(() => true)).toEqual({ PRRED: HOLDERS.length, PROWN: strangers });
  });
});
