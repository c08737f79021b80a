/* As plans.test.ts, of the pool: with 100,000 coins, transactions and publications, and as many coins and publications that are spent and sent, what a worker reads for one transaction does not grow. The session
   makes its plans while the tables are empty. */
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { closeSessions, openSessions } from "../../race/sessions.ts";
import { testRequiring } from "../../requirements.ts";

const MANY = 100_000;
const BATCH = 20;

let database: TestDatabase;
let session: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  for (const table of [
    "press.publications",
    "press.utxos",
    "press.chain_transactions",
    "press_private.chain_inputs",
    "press_private.chain_outputs",
  ]) {
    await database.pool("superuser").query(`alter table ${table} set (autovacuum_enabled = off)`);
  }
  [session] = (await openSessions(database, "superuser", 1)) as [pg.Client];
});
afterAll(async () => {
  await closeSessions([session]);
  await database.drop();
});

/**
 * Rows that were read in any way so far, and those of them by sequential scans. Not the entries of indexes that lead to rows that are gone: how many of these
 * are passed over depends on the oldest transaction of the whole server, also in other databases.
 */
async function rowsRead(): Promise<{ all: number; bySequentialScans: number }> {
  await session.query("select pg_stat_force_next_flush()");
  const { rows } = await session.query<{ all: string; scans: string }>(
    `select sum(t.seq_tup_read + coalesce(t.idx_tup_fetch, 0)) as all,
            coalesce(sum(t.seq_tup_read) filter (where t.relname <> 'chain_tip'), 0) as scans
     from pg_stat_user_tables t where t.schemaname in ('press', 'press_private')`,
  );
  return { all: Number(rows[0]?.all), bySequentialScans: Number(rows[0]?.scans) };
}

/** What a worker does in a round, with every function that it calls: BATCH records go out, and are looked for. */
async function work(round: number): Promise<void> {
  await session.query("select count(tests.store(c)) from tests.claim(0, $1) c", [BATCH]);
  await session.query("update press.chain_transactions set retry_at = clock_timestamp() where state = 'sending'");
  const again = await session.query<{ transaction_id: string; attempt: number }>(
    "select * from press_worker.transactions_to_send($1, 60)",
    [BATCH],
  );
  expect(again.rowCount).toBe(BATCH);
  const outcomes = ["accepted", "unknown", "rejected", "fee_too_low"];
  const told = again.rows.map(({ transaction_id, attempt }, index) => ({
    transaction_id,
    attempt,
    is_seen: false,
    outcome: outcomes[index % 4],
  }));
  await session.query("select from press_worker.record_outcomes($1)", [JSON.stringify(told)]);
  await session.query("select press_worker.record_tip($1, $2)", [round, round.toString(16).padStart(64, "0")]);
  const looked = await session.query<{ transaction_id: string }>(
    "select * from press_worker.transactions_to_look_at($1, 0)",
    [BATCH],
  );
  const seen = looked.rows.map(({ transaction_id }, index) => ({
    transaction_id,
    sighting: index % 3 ? "mined" : "unseen",
    block_hash: "b".repeat(64),
    block_height: round,
  }));
  await session.query("select from press_worker.record_sightings($1)", [JSON.stringify(seen)]);
  await session.query("select from press_worker.split_to_make(tests.wallet(), 1, 2, 1000, 100, 60)");
  // A pool that is low, and has nothing to split.
  await session.query("select from press_worker.split_to_make(tests.wallet('empty'), 1, 2, 1000, 100, 60)");
  await session.query("select from press_worker.pool_shortage(tests.wallet())");
  await session.query("select press_worker.release_expired()");
}

/** Rows as they would be in the end: judging and sealing so many, one by one, would take longer than all else here, and no function of a round reads seals. */
async function withoutTriggers(table: string, insert: string): Promise<void> {
  const { rows } = await session.query<{ name: string; mode: string }>(
    "select tgname as name, tgenabled as mode from pg_trigger where tgrelid = $1::regclass",
    [table],
  );
  expect(rows.map(({ mode }) => mode).filter((mode) => mode !== "A" && mode !== "O")).toEqual([]);
  const change = (to: (mode: string) => string) =>
    rows.map(({ name, mode }) => `alter table ${table} ${to(mode)} trigger "${name}"`).join("; ");
  await session.query(
    `${change(() => "disable")}; ${insert}; ${change((mode) => (mode === "A" ? "enable always" : "enable"))}`,
  );
}

// One session is operator, holder and worker, so that it alone has read what was read.
testRequiring("superuser")(
  `with ${MANY} coins and ${MANY} publications a round reads what it did with a few`,
  async () => {
    await session.query(
      "select tests.fund(200), count(tests.queue_record('first', 'f' || n)) from generate_series(1, 200) n",
    );
    const before = await rowsRead();
    await work(1);
    const few = (await rowsRead()).all - before.all;
    await withoutTriggers(
      "press.utxos",
      `insert into press.utxos (txid, output_index, satoshis, wallet_script, funded_by, state, spent_by_txid)
      select encode(sha256(n::text::bytea), 'hex'), 0, 900 + n % 1000, tests.wallet(), 'x', s.state, case s.state when 'spent' then repeat('0', 64) end
      from generate_series(1, ${2 * MANY}) n, lateral (select case when n % 2 = 0 then 'available' else 'spent' end::press.utxo_state) s (state)`,
    );
    await withoutTriggers(
      "press.publications",
      `insert into press.publications (kind, key_id, holder_id, nonce, submitted_at, expires_at, payload, payload_hash, signature, state, error_code)
    select 'record', k.id, k.holder_id, 'n' || n, now() - case s.state when 'failed' then interval '1 hour' else '0 s' end, now() + interval '1 day', p.payload, p.payload_hash, p.signature, s.state, case s.state when 'failed' then 'EXPIRED' end
    from (select * from press.publications limit 1) p, press.publishing_keys k, generate_series(1, ${2 * MANY}) n, lateral (select case when n % 2 = 0 then 'queued' else 'failed' end::press.publication_state) s (state)`,
    );
    await withoutTriggers(
      "press.chain_transactions",
      `insert into press.chain_transactions (reserved_until, wallet_script, fee_satoshis, fee_satoshis_per_kb, change_satoshis, state)
      select now(), tests.wallet(), 0, 100, 0, 'released' from generate_series(1, ${MANY})`,
    );
    const then = await rowsRead();
    for (let round = 2; round < 6; round += 1) await work(round);
    const now = await rowsRead();
    expect(now.bySequentialScans - then.bySequentialScans, "by sequential scans").toBe(0);
    expect((now.all - then.all) / 4, "for a round").toBeLessThan(2 * few);
  },
  { timeout: 300_000 }, // It waits for whoever else uses the server.
);
