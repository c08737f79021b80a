/* Data of the version before there were draws, with a ledger, seals and raffles whose mode was chosen long ago: the migration changes no leaf and no row
   of it, the audit finds nothing before and after, and what was promised to be drawn can be drawn. */
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "graphile-migrate";
import type pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { withClient } from "../../db/connection.ts";
import { createDatabaseIfMissing, installDatabase, prepareDatabase } from "../../db/install.ts";
import { withMigrationTool } from "../../db/migrations.ts";
import { openPool, type TestDatabase, type TestLogin } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings, drawsOf } from "../raffles.ts";
import { dropDatabaseStatement, withDatabase, withLogin } from "../testServer.ts";

const COMMITTED = join(import.meta.dirname, "../../db/migrations/committed");
/** The last migration of the version before. */
const LAST = "000003";

const server = inject("testServer");
const name = `${server.prefix}_${randomBytes(6).toString("hex")}`;
const pools = new Map<TestLogin, pg.Pool>();
const database: TestDatabase = {
  name,
  operatorLogin: server.operatorLogin,
  url(as) {
    const url = withDatabase(server.adminUrl, name);
    if (as === "superuser") return url;
    return as === "owner"
      ? `${url}?options=-c%20role%3Dpress_owner`
      : withLogin(url, as === "operator" ? server.operatorLogin : as);
  },
  pool(as) {
    const pool = pools.get(as) ?? openPool(database.url(as), 3);
    pools.set(as, pool);
    return pool;
  },
  async drop() {
    await Promise.all([...pools.values()].map((pool) => pool.end()));
    await withClient(server.adminUrl, (client) => client.query(dropDatabaseStatement(server, name)));
  },
};
let worker: TestWorker;
let leavesBefore: string[];

async function installVersionBefore(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "golden-press-version-before-"));
  try {
    await mkdir(join(folder, "committed"));
    for (const file of await readdir(COMMITTED)) {
      if (file.endsWith(".sql") && file.slice(0, 6) <= LAST) {
        await copyFile(join(COMMITTED, file), join(folder, "committed", file));
      }
    }
    const url = database.url("superuser");
    await createDatabaseIfMissing(server.adminUrl, name);
    await withClient(url, (client) => prepareDatabase(client, url));
    await withMigrationTool({ connectionString: url, migrationsFolder: folder }, migrate);
  } finally {
    await rm(folder, { recursive: true });
  }
}

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
  await installVersionBefore();
  await makeData();
  leavesBefore = await readLeaves();
  const own = server.isSuperuser;
  await installDatabase({ url: database.url("superuser"), own, includeCurrent: true });
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
});
