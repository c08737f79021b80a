/* Data of the version before editions could demand anything of holders, and before people could be forgotten: nothing that was promised changes, everybody
   has what they had, and who is in it can be forgotten, the planner's samples of those days included. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { attest, TestCredentials } from "../credentials.ts";
import { brokenRows } from "../invariants.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings } from "../raffles.ts";
import { createEarlierDatabase, type EarlierDatabase } from "./earlierVersion.ts";

/** The last migration of the version before. */
const LAST = "000004";

let database: EarlierDatabase;
let worker: TestWorker;
let leavesBefore: string[];
let rowsBefore: unknown;
/** What the upgrade said while somebody's own view was in its way. */
let refusal: unknown;

const rows = async <Row extends object>(text: string) => (await database.pool("owner").query<Row>(text)).rows;
const leaves = async () =>
  (await rows<{ leaf: string }>("select leaf from press.ledger_entries order by place")).map(({ leaf }) => leaf);
const readRows = async () => [
  await rows("select id, subject, trust_level, is_active, created_at from press.holders order by id"),
  await rows("select to_jsonb(t) as ticket from press.tickets t order by t.id"),
  await rows(
    "select to_jsonb(t) - 'required_trust_level' - 'required_kind' as edition from press.editions t order by t.id",
  ),
];

/**
 * What the planner has kept of these columns that names alice. PostgreSQL shows it to whom it shows all rows: to the owner of the tables while
 * policies do not bind them.
 */
async function samples(): Promise<string[]> {
  const owner = await database.pool("owner").connect();
  try {
    await owner.query(
      "begin; alter table press.holders no force row level security; alter table press.tickets no force row level security",
    );
    const found = await owner.query<{ column: string }>(
      `select tablename || '.' || attname as column from pg_stats
       where schemaname = 'press' and concat(most_common_vals::text, histogram_bounds::text) like '%alice%' order by 1`,
    );
    return found.rows.map(({ column }) => column);
  } finally {
    await owner.query("rollback");
    owner.release();
  }
}

async function makeData(): Promise<void> {
  const operator = database.pool("operator");
  for (const [slug, mode] of [
    ["golden-ticket", "none"],
    ["raffle", "random_int"],
    ["closed", "none"],
    ["draft", "none"],
  ]) {
    await operator.query("select press.create_edition($1, $1, 6, 3, $2::press.draw_mode)", [slug, mode]);
    if (slug !== "draft") await operator.query("select press.open_edition($1)", [slug]);
  }
  worker = await TestWorker.start(database);
  const [first, second] = await worker.issueHeld("golden-ticket", ["alice", "bob", "carol"]);
  await worker.issueHeld("closed", ["alice", "idle"]);
  await operator.query("select press.redeem_ticket($1, $2)", [first?.envelope, first?.proof]);
  await operator.query("select press.revoke_ticket($1, 'Lost')", [second?.id]);
  await operator.query("select press.close_edition('closed')");
  await rows("update press.holders set is_active = false where subject = 'idle'");
  await worker.work();
  await operator.query("select press.issue_ticket('raffle', recipient => 'alice')"); // stays pending
  await rows("alter table press.editions disable trigger _500_seal_updated");
  await rows("update press.editions set title = 'Another title' where slug = 'draft'");
  await rows("alter table press.editions enable always trigger _500_seal_updated");
  await rows("analyze press.holders, press.tickets");
}

beforeAll(async () => {
  database = await createEarlierDatabase(LAST);
  await makeData();
  [leavesBefore, rowsBefore] = [await leaves(), await readRows()];
  expect(await samples()).toEqual(["holders.subject", "tickets.envelope"]);
  await rows("create view press.subjects_of_report as select subject from press.holders");
  refusal = await database.upgrade().catch((error) => error);
  await rows("drop view press.subjects_of_report");
  expect(await samples()).toEqual(["holders.subject", "tickets.envelope"]);
  await database.upgrade();
}, 120_000);
afterAll(() => database.drop());

test("a view of one's own over names is in the way, and while it is nothing is changed", () => {
  expect(refusal).toMatchObject({ message: expect.stringContaining("cannot alter type of a column used by a view") });
});

test("every row and every leaf is as it was, and the leaves of what was opened are made again to the byte", async () => {
  expect(await readRows()).toEqual(rowsBefore);
  expect(await leaves()).toEqual(leavesBefore);
  const opened = await rows<{ leaf: string }>(
    "select press_private.edition_opened_leaf(e) as leaf from press.editions e where e.opened_at is not null order by e.id",
  );
  expect(opened.map(({ leaf }) => leaf)).toEqual(leavesBefore.filter((leaf) => leaf.includes('"edition.opened"')));
});

test("the audit finds what had been changed beside the press, and nothing else", async () => {
  expect(await auditFindings(database)).toMatchObject([
    { check: "a row is as the press wrote it", subject: "press.editions (4)" },
  ]);
  await rows("update press.editions set title = slug where slug = 'draft'");
  expect(await auditFindings(database)).toEqual([]);
});

test("editions of those days demand nothing, and keep who is inactive out", async () => {
  const issue = (slug: string, subject: string) =>
    database.pool("operator").query("select press.issue_ticket($1, recipient => $2)", [slug, subject]);
  await issue("golden-ticket", "newcomer");
  await expect(issue("golden-ticket", "idle")).rejects.toMatchObject({ code: "PRINA" });
  await database.pool("operator").query("select press.open_edition('draft')");
  await issue("draft", "newcomer");
});

test("people of those days can prove who they are, and have what a new edition demands", async () => {
  const operator = database.pool("operator");
  await operator.query("select press.create_edition('members', 'Members', 5, required_kind => 'oidc')");
  await operator.query("select press.open_edition('members')");
  const issue = () => operator.query("select press.issue_ticket('members', recipient => 'carol')");
  await expect(issue()).rejects.toMatchObject({ code: "PRELG" });
  const credentials = await TestCredentials.start(database);
  await attest(database, { subject: "carol", kind: "oidc" });
  expect(await credentials.signPending()).toBe(1);
  await issue();
});

test("and can be forgotten: what the planner knew of them went with the migration", async () => {
  expect(await samples()).toEqual([]);
  await database.pool("operator").query("select press.erase_holder(id) from press.holders where subject = 'alice'");
  await worker.work();
  await rows("vacuum analyze");
  expect(await samples()).toEqual([]);
  const held = await rows(
    "select t.status::text, t.envelope::json ->> 'recipient' = 'erased:' || t.holder_id as is_nameless from press.tickets t join press_private.erased_holders e on e.holder_id = t.holder_id order by t.issued_at",
  );
  expect(held).toEqual([
    { status: "redeemed", is_nameless: null },
    { status: "signed", is_nameless: null },
    { status: "signed", is_nameless: true },
  ]);
  expect(await auditFindings(database)).toEqual([]);
  expect(await brokenRows(database.pool("owner"))).toEqual([]);
});
