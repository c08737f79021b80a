/* The checks that every run of the bench must pass, tried on what they must not let pass. */
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { makeEdition, openSessions } from "../race/sessions.ts";
import { testRequiring } from "../requirements.ts";
import { requireAcknowledged, requireCount, requireLaws } from "./harness/invariants.ts";

const SLUGS = ["measured"];
const acknowledged = new Map<string, string>();

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  [client] = (await openSessions(database, "superuser", 1)) as [pg.Client];
  await makeEdition(database, "measured", 5, 2);
  for (const subject of ["alice", "alice", "bob"]) {
    const key = randomUUID();
    const { rows } = await database
      .pool("press_gateway")
      .query<{ id: string }>(
        "select (ticket).id from press_gateway.issue_tickets('measured', array[$1], array[false], array[null], array[1], array[$2::uuid])",
        [subject, key],
      );
    acknowledged.set(key, rows[0]?.id ?? "");
  }
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Looks at what the statement has done, behind the back of every trigger, and undoes it. */
async function after(statement: string, look: () => Promise<void>): Promise<void> {
  await client.query(
    "begin; alter table press.tickets disable trigger all; alter table press.editions disable trigger all",
  );
  try {
    await client.query(statement);
    await look();
  } finally {
    await client.query("rollback");
  }
}

test("what the press has issued keeps every law", async () => {
  await requireLaws(client, SLUGS);
  await requireCount(client, SLUGS, 3);
  await requireAcknowledged(client, acknowledged);
});

const TAMPERED: [what: string, statement: string, law: string][] = [
  ["a gap", "delete from press.tickets where ticket_number = 2", "numbers run from 1 without a gap"],
  ["a first number missing", "delete from press.tickets where ticket_number = 1", "numbers run from 1 without a gap"],
  [
    "a number that is there twice",
    "alter table press.tickets drop constraint tickets_number_key cascade; update press.tickets set ticket_number = 1 where ticket_number = 2",
    "numbers run from 1 without a gap",
  ],
  ["one too many", "update press.editions set cap = 2 where slug = 'measured'", "no edition is beyond its cap"],
  [
    "a holder with too many",
    "update press.editions set per_holder_limit = 1 where slug = 'measured'",
    "no holder is beyond the limit",
  ],
  [
    "a slot that is missing",
    "update press.tickets set holder_slot = 2 where ticket_number = 3",
    "no holder is beyond the limit",
  ],
  [
    "a request that was answered by half",
    "update press.tickets set request_position = 2 where ticket_number = 3",
    "every request key",
  ],
  [
    "a request key that answers two requests",
    "drop index press.tickets_own_request_key; update press.tickets t set request_key = o.request_key from press.tickets o where o.ticket_number = 1 and t.ticket_number = 2",
    "every request key",
  ],
  [
    "a ticket without a key",
    "update press.tickets set request_key = null, request_position = null where ticket_number = 3",
    "every request key",
  ],
  ["other terms", "update press.tickets set cap = 6 where ticket_number = 3", "the terms on a ticket"],
];
for (const [what, statement, law] of TAMPERED) {
  testRequiring("superuser")(`${what} is found`, () =>
    after(statement, () => expect(requireLaws(client, SLUGS)).rejects.toThrow(law)),
  );
}

testRequiring("superuser")("a ticket that nobody was told of is found, and one that is missing", async () => {
  await expect(requireCount(client, SLUGS, 2)).rejects.toThrow("2 tickets were acknowledged, but 3 are there");
  await after("delete from press.tickets where ticket_number = 3", async () => {
    await expect(requireCount(client, SLUGS, 3)).rejects.toThrow("3 tickets were acknowledged, but 2 are there");
    await expect(requireAcknowledged(client, acknowledged)).rejects.toThrow("1 acknowledged tickets are not there");
  });
});

test("a ticket that answers another request than acknowledged is found", async () => {
  const [[key], [, other]] = [...acknowledged] as [[string, string], [string, string]];
  await expect(requireAcknowledged(client, new Map([[key, other]]))).rejects.toThrow("1 acknowledged tickets");
});
