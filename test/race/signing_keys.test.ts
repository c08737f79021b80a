/* A key is taken out of use while a worker stores what it has signed: whichever comes first, nothing signed with it is stored afterwards. */
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SigningKey } from "../../worker/keys.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings } from "../raffles.ts";
import { everyTestRequires } from "../requirements.ts";
import { makePem } from "../worker/support.ts";
import { attempt, closeSessions, makeEdition, openSessions, untilWaiting } from "./sessions.ts";

const ATTACH = "select outcome from press_worker.attach_signatures($1, $2, $3)";
const RETIRE = "select retired_at from press_worker.retire_signing_key($1)";

everyTestRequires("superuser"); // Locks are watched.
let database: TestDatabase;
let worker: pg.Client;
let retirer: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "raffle", 100, 100);
  [worker, retirer] = (await openSessions(database, "press_worker", 2)) as [pg.Client, pg.Client];
});
afterAll(async () => {
  expect(await auditFindings(database)).toEqual([]);
  await closeSessions([worker, retirer]);
  await database.drop();
});

/** A key of its own, and a batch that was claimed and signed with it: the values of {@link ATTACH}. */
async function signBatch(): Promise<[string, string[], string[]]> {
  await database.pool("operator").query("select press.issue_tickets('raffle', 5, recipient => 'alice')");
  const key = new SigningKey(makePem());
  await worker.query("select from press_worker.register_signing_key($1, 'ticket')", [key.publicKey]);
  const { rows } = await worker.query<{ ticket_id: string; payload: string }>(
    "select ticket_id, payload from press_worker.tickets_to_sign($1, 100, 60)",
    [key.keyId],
  );
  const signatures = rows.map(({ payload }) => Buffer.from(key.sign(Buffer.from(payload))).toString("hex"));
  return [key.keyId, rows.map((row) => row.ticket_id), signatures];
}

/** Whether the retirement in the ledger comes behind everything that was signed, in its order and by its clock. */
async function isLast(keyId: string): Promise<boolean> {
  const { rows } = await database.pool("superuser").query<{ is_last: boolean }>(
    `select r.id > max(i.id) and k.retired_at >= max((i.leaf::json ->> 'at')::timestamptz) as is_last
     from press_private.ledger_inbox r, press_private.ledger_inbox i
     join press.tickets t using (edition_id, ticket_number) join press.signing_keys k on k.key_id = t.envelope::json ->> 'key_id'
     where k.key_id = $1 and i.type = 'ticket.issued' and r.type = 'key.retired' and r.leaf::json ->> 'key_id' = $1 group by r.id, k.retired_at`,
    [keyId],
  );
  return rows[0]?.is_last ?? false;
}

test("a batch is stored, and not yet committed: the key is retired behind it", async () => {
  const batch = await signBatch();
  await worker.query("begin");
  expect((await worker.query(ATTACH, batch)).rowCount).toBe(5);
  const retiring = attempt<{ retired_at: Date }>(retirer, RETIRE, [batch[0]]);
  await untilWaiting(database, 1);
  await worker.query("commit");
  expect((await retiring).rows?.[0]?.retired_at).toBeInstanceOf(Date);
  expect(await isLast(batch[0])).toBe(true);
});

test("the key is retired, and that is not yet committed: the batch is refused, and another key signs it", async () => {
  const batch = await signBatch();
  await retirer.query("begin");
  await retirer.query(RETIRE, [batch[0]]);
  const storing = attempt(worker, ATTACH, batch);
  await untilWaiting(database, 1);
  await retirer.query("commit");
  expect((await storing).code).toBe("PRKEY");
  const { rows } = await database
    .pool("superuser")
    .query("select from press.tickets where envelope like $1", [`%${batch[0]}%`]);
  expect(rows).toEqual([]);
});

test("the retirement is rolled back: the batch is stored", async () => {
  await database.pool("superuser").query("update press_private.signing_claims set claimed_until = clock_timestamp()");
  const batch = await signBatch();
  await retirer.query("begin");
  await retirer.query(RETIRE, [batch[0]]);
  const storing = attempt<{ outcome: string }>(worker, ATTACH, batch);
  await untilWaiting(database, 1);
  await retirer.query("rollback");
  expect((await storing).rows?.map(({ outcome }) => outcome)).toEqual(Array(10).fill("attached"));
});

test("whoever holds the key for longer than five seconds is in the way, and is said to be", async () => {
  const batch = await signBatch();
  await worker.query("begin");
  await worker.query(ATTACH, batch);
  expect((await attempt(retirer, RETIRE, [batch[0]])).code).toBe("PRBSY");
  await worker.query("rollback");
});

test("a checkpoint is not published with a key that is being retired", async () => {
  const ledger = await TestWorker.start(database, "keys.test/ledger");
  await ledger.integrate();
  const { rows } = await worker.query<{ tree_size: string; root_hash: Buffer }>(
    "select * from press_worker.checkpoint_to_sign()",
  );
  const [tree] = rows as [{ tree_size: string; root_hash: Buffer }];
  const { keyId } = ledger.checkpointKey;
  const note = ledger.note(Number(tree.tree_size), tree.root_hash);
  await retirer.query("begin");
  await retirer.query(RETIRE, [keyId]);
  const values = [keyId, tree.tree_size, tree.root_hash, note];
  const publishing = attempt(worker, "select from press_worker.publish_checkpoint($1, $2, $3, $4)", values);
  await untilWaiting(database, 1);
  await retirer.query("commit");
  expect((await publishing).code).toBe("PRKEY");
});
