/* Tickets whose holders were forgotten in the version before their seals said when they were issued: those that were as the press wrote them stay so, and from
   then on a change shows. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestWorker } from "../ledger.ts";
import { auditFindings } from "../raffles.ts";
import { createEarlierDatabase, type EarlierDatabase } from "./earlierVersion.ts";

/** The last migration of the version before. */
const LAST = "000006";
const CHECK = "a row is as the press wrote it";

let database: EarlierDatabase;

beforeAll(async () => {
  database = await createEarlierDatabase(LAST);
  const operator = database.pool("operator");
  await operator.query("select press.create_edition('golden-ticket', 'Golden ticket', 5)");
  await operator.query("select press.open_edition('golden-ticket')");
  const worker = await TestWorker.start(database);
  await worker.issueHeld("golden-ticket", ["alice", "bob", "carol"]);
  await operator.query("select press.erase_holder(id) from press.holders where subject in ('alice', 'bob')");
  await worker.work();
  await change("press.tickets", "update press.tickets set issued_by = 'mallory' where ticket_number = 2");
  await database.upgrade();
}, 120_000);
afterAll(() => database?.drop());

/** Beside the press: nothing guards the table meanwhile. */
async function change(table: string, statement: string): Promise<void> {
  const client = await database.pool("owner").connect();
  try {
    const { rows: triggers } = await client.query<{ name: string; enabled: string }>(
      "select tgname as name, tgenabled as enabled from pg_trigger where tgrelid = $1::regclass and not tgisinternal",
      [table],
    );
    await client.query("begin");
    for (const { name } of triggers) await client.query(`alter table ${table} disable trigger ${name}`);
    await client.query(statement);
    for (const { name, enabled } of triggers)
      await client.query(`alter table ${table} enable ${enabled === "A" ? "always" : ""} trigger ${name}`);
    await client.query("commit");
  } finally {
    client.release();
  }
}

test("what was as the press wrote it still is, and what had been changed beside it is still found", async () => {
  expect(await auditFindings(database)).toMatchObject([{ check: CHECK, subject: "press.tickets (1,2)" }]);
});

test("when a ticket was issued whose envelope is gone cannot be changed unseen", async () => {
  await change(
    "press.tickets",
    "update press.tickets set issued_at = issued_at + interval '1 hour' where ticket_number = 1",
  );
  expect(await auditFindings(database)).toMatchObject([
    { check: CHECK, subject: "press.tickets (1,1)" },
    { check: CHECK, subject: "press.tickets (1,2)" },
  ]);
});
