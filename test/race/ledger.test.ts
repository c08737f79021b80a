/* Many drop entries, several integrators reach for the inbox: places without a gap, each entry once, nothing lost. */
import { once } from "node:events";
import type pg from "pg";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { SigningKey } from "../../worker/keys.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { random, seed } from "../random.ts";
import { NaiveTree } from "../verifier/naiveTree.ts";
import { closeSessions, makeEdition, openSessions, untilWaiting } from "./sessions.ts";

const COMMITTERS = 12;
const TRANSACTIONS = 40;
const INTEGRATORS = 3;
const APPEND = "select press_private.append_entry('edition.drawn', null, null, $1)";

let database: TestDatabase;
beforeEach(async () => {
  await database?.drop();
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function integrate(session: pg.Client | pg.Pool): Promise<number> {
  const { rows } = await session.query<{ count: string }>("select press_worker.integrate_ledger($1) as count", [
    1 + random.integer(50),
  ]);
  return Number(rows[0]?.count);
}

async function readLedger(): Promise<{ place: string; leaf: string }[]> {
  const { rows } = await database
    .pool("superuser")
    .query<{ place: string; leaf: string }>("select place, leaf from press.ledger_entries order by place");
  return rows;
}

async function expectWhole(expected: string[]): Promise<void> {
  const entries = await readLedger();
  expect(entries.map(({ place }) => Number(place))).toEqual(expected.map((_, place) => place));
  expect(entries.map(({ leaf }) => leaf).sort()).toEqual([...expected].sort());
  const { rows } = await database
    .pool("superuser")
    .query<{ root: Buffer; waiting: number }>(
      "select press_private.tree_root(h.tree_size) as root, (select count(*)::integer from press_private.ledger_inbox) as waiting from press_private.ledger_head h",
    );
  const tree = NaiveTree.of(entries.map(({ leaf }) => leaf));
  expect(rows[0]?.root.toString("hex"), "the tree is that of the entries").toBe(
    tree.root(entries.length).toString("hex"),
  );
  expect(rows[0]?.waiting, "nothing is left in the inbox").toBe(0);
}

test(`${COMMITTERS} committers and ${INTEGRATORS} integrators at once (seed ${seed})`, async () => {
  const committers = await openSessions(database, "superuser", COMMITTERS);
  const integrators = await openSessions(database, "press_worker", INTEGRATORS);
  const committed: string[] = [];
  let isOver = false;

  const committing = committers.map(async (session, who) => {
    for (let transaction = 0; transaction < TRANSACTIONS; transaction++) {
      const leaves = Array.from({ length: 1 + random.integer(5) }, (_, n) => `{"id":"${who}/${transaction}/${n}"}`);
      await session.query("begin");
      for (const leaf of leaves) await session.query(APPEND, [leaf]);
      const isKept = random.integer(5) > 0;
      await session.query(isKept ? "commit" : "rollback");
      if (isKept) committed.push(...leaves);
    }
  });
  const integrating = integrators.map(async (session) => {
    while (!isOver) await integrate(session);
  });
  await Promise.all(committing);
  isOver = true;
  await Promise.all(integrating);
  while ((await integrate(database.pool("press_worker"))) > 0);

  await expectWhole(committed);
  await closeSessions([...committers, ...integrators]);
});

describe("one integrator at a time", () => {
  test("an entry that is committed late, with the lowest id of all, is not lost", async () => {
    const [slow, quick] = (await openSessions(database, "superuser", 2)) as [pg.Client, pg.Client];
    await slow.query("begin");
    await slow.query(APPEND, ['"slow"']);
    await quick.query(APPEND, ['"quick"']);
    expect(await integrate(database.pool("press_worker"))).toBe(1);
    await slow.query("commit");
    expect(await integrate(database.pool("press_worker"))).toBe(1);
    expect(await readLedger()).toEqual([
      { place: "0", leaf: '"quick"' },
      { place: "1", leaf: '"slow"' },
    ]);
    await closeSessions([slow, quick]);
  });

  test("the second finds nothing to do while the first is at it, and waits for nobody", async () => {
    const [first, second] = (await openSessions(database, "press_worker", 2)) as [pg.Client, pg.Client];
    await database.pool("superuser").query(APPEND, ['"entry"']);
    await first.query("begin");
    expect(await integrate(first)).toBe(1);
    expect(await integrate(second)).toBe(0);
    await first.query("rollback");
    expect(await integrate(second)).toBe(1);
    await expectWhole(['"entry"']);
    await closeSessions([first, second]);
  });

  test("one whose view is old is told to begin again, and gives no place twice", async () => {
    const [old, quick] = (await openSessions(database, "press_worker", 2)) as [pg.Client, pg.Client];
    await database.pool("superuser").query(APPEND, ['"first"']);
    await old.query("begin isolation level repeatable read");
    await old.query("select press_worker.latest_checkpoint()");
    expect(await integrate(quick)).toBe(1);
    await expect(integrate(old)).rejects.toMatchObject({ code: "40001" });
    await old.query("rollback");
    await expectWhole(['"first"']);
    await closeSessions([old, quick]);
  });
});

test("tickets that are signed and revoked while others integrate: each entry once, causes before effects", async () => {
  await makeEdition(database, "raffle", 200, 200);
  const worker = await TestWorker.start(database);
  const operator = database.pool("operator");
  await operator.query("select press.issue_tickets('raffle', 200, recipient => 'alice')");
  let isOver = false;
  const integrating = Array.from({ length: INTEGRATORS }, async () => {
    while (!isOver) await integrate(database.pool("press_worker"));
  });
  const signing = worker.signPending();
  const { rows: tickets } = await operator.query<{ id: string }>("select id from press.tickets order by ticket_number");
  const revoking = tickets.slice(0, 40).map(async ({ id }) => {
    for (let isRevoked = false; !isRevoked; ) {
      isRevoked = await operator.query("select press.revoke_ticket($1, 'Because.')", [id]).then(
        () => true,
        () => false,
      );
    }
  });
  await Promise.all([signing, ...revoking]);
  await operator.query("select press.close_edition('raffle')");
  isOver = true;
  await Promise.all(integrating);
  await worker.integrate();

  const { rows } = await operator.query<{ type: string; number: number | null; place: string }>(
    "select type, ticket_number as number, place from press.ledger_entries where edition_id is not null order by place",
  );
  const placeOf = new Map(rows.map(({ type, number, place }) => [`${type} ${number}`, Number(place)]));
  expect(placeOf.size).toBe(rows.length);
  expect([rows[0]?.type, rows.at(-1)?.type]).toEqual(["edition.opened", "edition.closed"]);
  expect(rows.filter(({ type }) => type === "ticket.issued")).toHaveLength(200);
  const revoked = rows.filter(({ type }) => type === "ticket.revoked");
  expect(revoked).toHaveLength(40);
  for (const { number, place } of revoked) {
    expect(Number(place)).toBeGreaterThan(placeOf.get(`ticket.issued ${number}`) ?? Number.POSITIVE_INFINITY);
  }
});

test("two publish different checkpoints of one size: the second waits for the first, and is refused", async () => {
  const workers = [await TestWorker.start(database), await TestWorker.start(database)] as const;
  await workers[0].integrate();
  const [first, second] = (await openSessions(database, "press_worker", 2)) as [pg.Client, pg.Client];
  const { rows } = await first.query<{ tree_size: string; root_hash: Buffer }>(
    "select * from press_worker.checkpoint_to_sign()",
  );
  const [size, root] = [Number(rows[0]?.tree_size), rows[0]?.root_hash as Buffer];
  const publish = (session: pg.Client, { checkpointKey, note }: { checkpointKey: SigningKey; note: string }) =>
    session.query("select from press_worker.publish_checkpoint($1, $2, $3, $4)", [
      checkpointKey.keyId,
      size,
      root,
      note,
    ]);
  const notes = workers.map((worker) => ({ checkpointKey: worker.checkpointKey, note: worker.note(size, root) }));
  const [one, other] = notes as [(typeof notes)[0], (typeof notes)[0]];

  await first.query("begin");
  await publish(first, one);
  // Listened to from the start: the refusal may come together with the answer to the commit.
  const refused = expect(publish(second, other)).rejects.toMatchObject({ code: "PRINV" });
  await untilWaiting(database, 1);
  await first.query("commit");
  await refused;
  const published = await second.query("select note from press_worker.latest_checkpoint()");
  expect(published.rows).toEqual([{ note: one.note }]);
  await closeSessions([first, second]);
});

test("a checkpoint wakes whoever waits, and says nothing", async () => {
  const worker = await TestWorker.start(database);
  const [listener] = (await openSessions(database, "press_gateway", 1)) as [pg.Client];
  await listener.query("listen press_ledger");
  await worker.integrate();
  const heard = once(listener, "notification");
  await worker.publish();
  expect((await heard)[0].payload).toBe("");
  await closeSessions([listener]);
});
