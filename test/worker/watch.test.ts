/* The worker looks each second whether everything holds that the press promises. What is planted here, a superuser plants who has switched the guards off. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startWorker, type Worker, type WorkerOptions } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { testRequiring } from "../requirements.ts";
import { issueMore, issuePending, makeKey, makeLedger, makeLog, signedCount, until } from "./support.ts";

let database: TestDatabase;
const running: Worker[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
});
afterAll(() => database.drop());

const ledger = makeLedger();
const signingKey = makeKey();

async function start(options: Partial<WorkerOptions> = {}) {
  const log = makeLog();
  const databaseUrl = database.url("press_worker");
  const watch = { pauseMilliseconds: 20, ...options.watch };
  running.push(await startWorker({ databaseUrl, signingKey, ledger, log, ...options, watch }));
  return log.lines;
}

async function plant(statement: string): Promise<void> {
  await database.pool("superuser").query(`
    begin;
    alter table press.tickets disable trigger all;
    ${statement};
    alter table press.tickets enable trigger all;
    alter table press.tickets enable always trigger _200_guard_identity;
    alter table press.tickets enable always trigger _200_refuse_delete;
    alter table press.tickets enable always trigger _200_refuse_truncate;
    alter table press.tickets enable always trigger _500_note_updated;
    alter table press.tickets enable always trigger _500_seal_updated;
    commit`);
}

const said = (lines: readonly string[], level: string, sentence: string) =>
  lines.filter((line) => line.startsWith(level) && line.includes(sentence));
const BROKEN = "A promise is broken, and the press was stopped for it.";
const BY_OTHERS = "A promise is broken, by none of the press's doing: it goes on.";
const LATE = "Something waits for longer than it should.";
const HOLDS = "A promise that was broken holds again.";

async function lookedAt(): Promise<number> {
  const { rows } = await database.pool("owner").query("select looked_at from press_private.last_look");
  return rows[0].looked_at?.getTime() ?? 0;
}

/** Two looks from now on: the second began after this was asked. */
async function twoLooks(): Promise<void> {
  for (let looks = 0; looks < 2; looks++) {
    const before = await lookedAt();
    await until(async () => (await lookedAt()) > before);
  }
}

test("a press at work gives it nothing to say", async () => {
  const lines = await start();
  await issuePending(database, "at-work", 300);
  await until(async () => (await signedCount(database, "at-work")) === 300);
  await twoLooks();
  expect([...said(lines, "error", ""), ...said(lines, "warn", LATE)]).toEqual([]);
});

testRequiring("superuser")(
  "what is broken is said once, with what to do, and stops the press; mended, it is said, and an operator starts the press",
  async () => {
    await issuePending(database, "broken", 3);
    const lines = await start();
    const another = await start();
    await until(async () => (await signedCount(database, "broken")) === 3);
    const edition = "(select id from press.editions where slug = 'broken')";
    await plant(`update press.tickets set status = 'redeemed' where edition_id = ${edition} and ticket_number = 2`);
    await until(() => said(lines, "error", BROKEN).length > 0 && said(another, "error", BROKEN).length > 0);
    await twoLooks();
    for (const told of [lines, another].map((each) => said(each, "error", BROKEN))) {
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(
        /"invariant":"I3".*"subject":"press.tickets \(\d+,2\)".*"remedy":"Do not start the press/,
      );
    }
    await expect(issueMore(database, "broken", 1)).rejects.toMatchObject({ code: "PRSTO" });
    const reason = await database.pool("operator").query("select press.press_stop_reason() as reason");
    expect(reason.rows[0].reason).toMatch(/^I3 is broken: it does not hold that .* press.tickets \(\d+,2\): /);

    await plant(`update press.tickets set status = 'signed' where edition_id = ${edition} and ticket_number = 2`);
    await until(() => said(lines, "info", HOLDS).length > 0);
    await database.pool("operator").query("select press.start_press('It was mended.')");
    await issuePending(database, "mended", 2);
    await until(async () => (await signedCount(database, "mended")) === 2);
    await twoLooks();
    expect(said(lines, "error", BROKEN)).toHaveLength(1);
  },
);

testRequiring("superuser")("what is late is said, and stops nothing", async () => {
  await database.pool("superuser").query(`
    insert into press.publications (kind, payload, payload_hash, checkpoint_size, submitted_at)
    select 'checkpoint', c.note, encode(sha256(convert_to(c.note, 'UTF8')), 'hex'), c.tree_size, now() - interval '1 minute'
    from press.checkpoints c limit 1`);
  const lines = await start({ watch: { pauseMilliseconds: 20, overdueSeconds: 10 } });
  await until(() => said(lines, "warn", LATE).length > 0);
  await issuePending(database, "meanwhile", 2);
  await until(async () => (await signedCount(database, "meanwhile")) === 2);
  expect(said(lines, "error", "")).toEqual([]);
});

/** A transaction that was refused is taken, then another one of its coin, each by a block; what the second publishes is in a third by then. */
const TWO_BLOCKS = `
  set search_path = press, tests, tap, public;
  do $$
  declare
    v_refused  bigint;
    v_other    bigint;
    v_again    bigint;
  begin
    perform tests.fund(1, 100), tests.queue_record('alice', 'a1');
    v_refused := tests.send_one();
    perform tests.tell(v_refused, 'rejected'), tests.queue_record('bob', 'b1');
    v_other := tests.send_one();
    perform tests.tell(v_other, 'unknown'), tests.send_again();
    perform tests.tell(v_other, 'conflict', (select jsonb_build_object('competing_txid', t.txid) from press.chain_transactions t where t.id = v_refused));
    perform tests.see(v_refused, 'mined'), tests.fund(1, 50);
    v_again := tests.send_one();
    perform tests.tell(v_again, 'unknown'), tests.see(v_other, 'mined'), tests.see(v_again, 'mined');
  end
  $$`;

testRequiring("superuser")("what others have brought about is said, and stops nothing", async () => {
  const lines = await start();
  const rest = "update press.publications set state = 'failed', error_code = 'EXPIRED' where state = 'queued'";
  await database.pool("superuser").query(rest);
  await database.pool("superuser").query(TWO_BLOCKS);
  await until(() => said(lines, "error", BY_OTHERS).length > 0);
  expect(said(lines, "error", BY_OTHERS)[0]).toMatch(/"invariant":"I10".*"remedy":"Look at both transactions/);
  await issuePending(database, "unstopped", 2);
  await until(async () => (await signedCount(database, "unstopped")) === 2);
  expect(said(lines, "error", BROKEN)).toEqual([]);
});
