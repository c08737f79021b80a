/* What the newest migration locks against whom, as PostgreSQL tells when all of it has run on a filled database of the version before: that is the truth about
   a migration, whatever its text looks like. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestWorker } from "../ledger.ts";
import { createEarlierDatabase, type EarlierDatabase } from "./earlierVersion.ts";
import { newestMigration } from "./newestMigration.ts";

/** The tables that were there before and that not even a reader may use while it runs, and why that is short. */
const LOCKED_AGAINST_READERS: Readonly<Record<string, string>> = {
  "press.signing_keys": "It has a handful of rows, and new columns that are null in all of them.",
};

interface Lock {
  readonly table: string;
  readonly mode: string;
}

let database: EarlierDatabase;
beforeAll(async () => {
  const { before } = await newestMigration();
  database = await createEarlierDatabase(before);
  const operator = database.pool("operator");
  await operator.query("select press.create_edition('golden-ticket', 'The golden ticket', 1000, 1000)");
  await operator.query("select press.open_edition('golden-ticket')");
  await operator.query("select press.issue_tickets('golden-ticket', 200, recipient => 'alice')");
  const worker = await TestWorker.start(database);
  await worker.work();
});
afterAll(() => database?.drop());

/** Runs it as graphile-migrate does, and takes it back. */
async function locksOf(statements: string): Promise<Lock[]> {
  const owner = await database.pool("owner").connect();
  try {
    await owner.query("begin; set local search_path = pg_catalog, pg_temp");
    const { rows: earlier } = await owner.query<{ id: string }>(
      "select c.oid::text as id from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname ~ '^press' and c.relkind in ('r', 'p', 'v')",
    );
    await owner.query(statements);
    const { rows } = await owner.query<Lock>(
      `select l.relation::regclass::text as table, l.mode from pg_locks l
       where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.relation = any ($1::oid[]) order by 1, 2`,
      [earlier.map(({ id }) => id)],
    );
    return rows;
  } finally {
    await owner.query("rollback");
    owner.release();
  }
}

const againstReaders = (locks: readonly Lock[]) =>
  locks.filter(({ mode }) => mode === "AccessExclusiveLock").map(({ table }) => table);

test("the newest migration locks against readers what is declared, and nothing else", async () => {
  const { text } = await newestMigration();
  expect(againstReaders(await locksOf(text))).toEqual(Object.keys(LOCKED_AGAINST_READERS).toSorted());
});

test("a migration that would lock more is seen", async () => {
  const locks = await locksOf(
    "alter table press.tickets add column seat text; create index on press.holders (subject)",
  );
  expect(againstReaders(locks)).toEqual(["press.tickets"]);
  expect(locks).toContainEqual({ table: "press.holders", mode: "ShareLock" });
});
