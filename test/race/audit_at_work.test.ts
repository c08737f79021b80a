/* An audit is one snapshot: whatever others write meanwhile, in however many statements and transactions, it finds nothing. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { type HeldTicket, TestWorker } from "../ledger.ts";
import { rounds } from "../random.ts";
import { makeEdition } from "./sessions.ts";

let database: TestDatabase;
let worker: TestWorker;
beforeAll(async () => {
  database = await createTestDatabase();
  worker = await TestWorker.start(database);
});
afterAll(() => database.drop());

/** Opens an edition, sells it out, redeems some and revokes some, closes it: all that a press does. */
async function liveThrough(slug: string): Promise<void> {
  const operator = database.pool("operator");
  await makeEdition(database, slug, 12, 6);
  await operator.query("select press.issue_tickets($1, 4, gen_random_uuid(), 'alice')", [slug]);
  const held = await worker.issueHeld(slug, ["bob", "carol", "dora", "emil"]);
  const [first, second, third] = held as [HeldTicket, HeldTicket, HeldTicket];
  await operator.query("select press.redeem_ticket($1, $2)", [first.envelope, first.proof]);
  await operator.query("select press.revoke_ticket($1, 'So it was decided.')", [second.id]);
  await operator.query("select press.issue_tickets($1, 4, gen_random_uuid(), 'frank')", [slug]);
  await operator.query("select press.close_edition($1)", [slug]);
  await operator.query("select press.redeem_ticket($1, $2)", [third.envelope, third.proof]);
  await worker.work();
}

const AUDITS = rounds(20, 100, 8);
test(`${AUDITS} audits of a press at work find nothing`, { timeout: 600_000 }, async () => {
  let isOver = false;
  const living = (async () => {
    let count = 0;
    for (; !isOver; count++) await liveThrough(`edition-${count}`);
    return count;
  })();
  const auditing = (async () => {
    const text = "select a.check, a.subject, a.finding from press.audit(check_signatures => $1) a where not a.is_ok";
    const findings: unknown[] = [];
    for (let audit = 0; audit < AUDITS; audit++) {
      findings.push(...(await database.pool("press_auditor").query(text, [audit % 10 === 0])).rows);
    }
    return findings;
  })().finally(() => {
    isOver = true;
  });
  const [lived, findings] = await Promise.all([living, auditing]);
  expect(findings).toEqual([]);
  expect(lived).toBeGreaterThan(1);
});
