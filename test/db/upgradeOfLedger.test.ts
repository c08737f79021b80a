/* Data of the version before there were draws, with a ledger, seals and raffles whose mode was chosen long ago: the migration changes no leaf and no row
   of it, the audit finds nothing before and after, and what was promised to be drawn can be drawn. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenRows } from "../invariants.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings, drawsOf } from "../raffles.ts";
import { createEarlierDatabase, type EarlierDatabase } from "./earlierVersion.ts";

/** The last migration of the version before. */
const LAST = "000003";

let database: EarlierDatabase;
let worker: TestWorker;
let leavesBefore: string[];

async function makeData(): Promise<void> {
  const operator = database.pool("operator");
  for (const [slug, mode] of [
    ["golden-ticket", "none"],
    ["sold-raffle", "random_int"],
    ["open-raffle", "random_int"],
    ["draft-raffle", "random_int"],
  ]) {
    await operator.query("select press.create_edition($1, $1, 6, 3, $2::press.draw_mode, null, '2126-01-01')", [
      slug,
      mode,
    ]);
    if (slug !== "draft-raffle") await operator.query("select press.open_edition($1)", [slug]);
  }
  worker = await TestWorker.start(database);
  const [first, second] = await worker.issueHeld("sold-raffle", ["alice", "bob", "carol", "alice"]);
  await worker.issueHeld("golden-ticket", ["alice"]);
  await worker.issueHeld("open-raffle", ["alice", "bob"]);
  await operator.query("select press.redeem_ticket($1, $2)", [first?.envelope, first?.proof]);
  await operator.query("select press.revoke_ticket($1, 'Lost')", [second?.id]);
  await operator.query("select press.close_edition('sold-raffle')");
  await worker.work();
  await database.pool("owner").query(`
    alter table press.editions disable trigger _500_seal_updated;
    update press.editions set title = 'Another title' where slug = 'draft-raffle';
    alter table press.editions enable always trigger _500_seal_updated`);
}

async function readLeaves(): Promise<string[]> {
  const { rows } = await database
    .pool("operator")
    .query<{ leaf: string }>("select leaf from press.ledger_entries order by place");
  return rows.map(({ leaf }) => leaf);
}

beforeAll(async () => {
  database = await createEarlierDatabase(LAST);
  await makeData();
  leavesBefore = await readLeaves();
  await database.upgrade();
}, 120_000);
afterAll(() => database.drop());

test("the audit finds what had been changed beside the press, and nothing else: rows of editions have the seals of their new list of columns", async () => {
  expect(await auditFindings(database)).toMatchObject([
    { check: "a row is as the press wrote it", subject: "press.editions (4)" },
  ]);
  await database.pool("owner").query("update press.editions set title = slug where slug = 'draft-raffle'");
  expect(await auditFindings(database)).toEqual([]);
});

test("the ledger is as it was, and the leaves of what was opened are made again to the byte", async () => {
  expect(await readLeaves()).toEqual(leavesBefore);
  const { rows } = await database
    .pool("owner")
    .query<{ leaf: string }>(
      "select press_private.edition_opened_leaf(e) as leaf from press.editions e where e.opened_at is not null order by e.id",
    );
  expect(rows.map(({ leaf }) => leaf)).toEqual(leavesBefore.filter((leaf) => leaf.includes('"edition.opened"')));
});

test("what was promised to be drawn is drawn: an edition that had closed, and one that is open", async () => {
  const operator = database.pool("operator");
  for (const slug of ["sold-raffle", "open-raffle"]) await operator.query("select press.draw_winner($1)", [slug]);
  await worker.work();
  const make = "select press_worker.record_draw(edition_id, attempt, 0, null) from press_worker.draws_to_make()";
  await database.pool("press_worker").query(make);
  await worker.work();
  // The second ticket was revoked, long before the edition closed.
  expect(await drawsOf(database, "sold-raffle")).toMatchObject([{ ticket_number: 1, entries_count: 3 }]);
  expect(await drawsOf(database, "open-raffle")).toMatchObject([{ ticket_number: 1, entries_count: 2 }]);
  const { rows } = await operator.query("select agrees from press.recompute_draw('sold-raffle')");
  expect(rows).toEqual([{ agrees: true }]);
});

test("a draft of those days is opened as it was meant, and there is a chain to choose for a new one", async () => {
  const operator = database.pool("operator");
  await operator.query("select press.open_edition('draft-raffle')");
  const text =
    "select draw_delay_seconds from press.create_edition('new', 'New', 5, null, 'beacon', null, '2126-01-01')";
  expect((await operator.query(text)).rows).toEqual([{ draw_delay_seconds: 60 }]);
  expect(await auditFindings(database)).toEqual([]);
  expect(await brokenRows(database.pool("owner"))).toEqual([]);
});
