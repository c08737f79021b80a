/* A look at what was promised reads in proportion to what has changed, at any size of the press: the functions that audit all rows are planned for the few. */
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { TestWorker } from "../../ledger.ts";
import { closeSessions, openSessions } from "../../race/sessions.ts";

const CHANGED = 50;
const SMALL = 1_000;
const LARGE = 4_000;

let database: TestDatabase;
let session: pg.Client;
let worker: TestWorker;
beforeAll(async () => {
  database = await createTestDatabase();
  [session] = (await openSessions(database, "superuser", 1)) as [pg.Client];
  const operator = database.pool("operator");
  await operator.query("select press.create_edition('growing', 'Growing', 1000000)");
  await operator.query("select press.open_edition('growing')");
  worker = await TestWorker.start(database);
});
afterAll(async () => {
  await closeSessions([session]);
  await database.drop();
});

/** Tickets that are signed and in the ledger, people with a credential, and coins, from one number to another. */
async function grow(from: number, to: number): Promise<void> {
  const operator = database.pool("operator");
  for (let n = from; n < to; n += 1_000) {
    await operator.query("select count(*) from press.issue_tickets('growing', 1000, recipient => 'holder ' || $1)", [
      n,
    ]);
  }
  await worker.work();
  await session.query(PEOPLE, [from + 1, to]);
  await operator.query(
    "select press.fund_pool(encode(sha256(n::text::bytea), 'hex'), 0, 1000, tests.wallet()) from generate_series($1::integer, $2::integer) n",
    [from + 1, to],
  );
}

/** With a credential each, written as if they had been attested. */
const PEOPLE = `
  with people as (
    insert into press.holders (subject, trust_level) select 'member ' || n, 1 from generate_series($1::integer, $2::integer) n returning id
  ), proved as (
    insert into press.attestations (holder_id, kind, status, evidence_digest, address_checks, decided_at, rule_set_id, facts, violations, proof_digest)
    select p.id, 'oidc', 'verified', h.hex, 1, now(), (select max(id) from press.rule_sets), '{}', '{}', h.hex
    from people p cross join lateral encode(sha256(convert_to(p.id::text, 'UTF8')), 'hex') h (hex)
    returning id, holder_id
  )
  insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
  select p.id, p.holder_id, 'oidc', 1, 1, $1 + row_number() over (), now(), now() + interval '1 day' from proved p`;

/**
 * Rows that were read so far, and those of them by sequential scans. Of the private tables, which are mostly queues, not the entries of indexes that lead to rows that are gone:
 * how many of these are passed over depends on the oldest transaction of the whole server, also in other databases.
 */
async function rowsRead(): Promise<{ all: number; bySequentialScans: number }> {
  await session.query("select pg_stat_force_next_flush()");
  const { rows } = await session.query<{ all: number; scanned: number }>(
    `select (sum(t.seq_tup_read) + (select sum(case i.schemaname when 'press' then i.idx_tup_read else i.idx_tup_fetch end)
                                    from pg_stat_user_indexes i where i.schemaname in ('press', 'press_private')))::float8 as all,
            (sum(t.seq_tup_read) filter (where t.relname in ('tickets', 'holders', 'ledger_entries', 'ledger_nodes', 'attestations', 'credentials', 'utxos')))::float8 as scanned
     from pg_stat_user_tables t where t.schemaname in ('press', 'press_private')`,
  );
  return { all: rows[0]?.all ?? 0, bySequentialScans: rows[0]?.scanned ?? 0 };
}

/** Until no transaction of the whole server sees what was there before: so long, indexes lead to rows that are gone, which are counted as read. */
async function untilNobodySeesWhatWas(): Promise<void> {
  const { rows } = await session.query("select pg_current_xact_id()::xid as now");
  const older =
    "select from pg_stat_activity where pid <> pg_backend_pid() and greatest(age(backend_xmin), age(backend_xid)) >= age($1::xid)";
  while ((await session.query(older, [rows[0].now])).rowCount !== 0) await sleep(20);
}

const look = () => session.query("select from press_worker.watch_invariants(600)");

async function waiting(): Promise<number> {
  const { rows } = await session.query("select count(*)::integer from press_private.changed_rows");
  return rows[0].count;
}

/** What a look reads when some tickets, people and coins have changed since the one before. */
async function readByLook(): Promise<{ all: number; bySequentialScans: number }> {
  await untilNobodySeesWhatWas();
  do await look();
  while ((await waiting()) > 0);
  // Until all entries that have got places were looked at: 5,000 a look.
  for (let n = 0; n < 4; n++) await look();
  for (const table of ["press.tickets", "press.attestations", "press.utxos"]) {
    await session
      .query(`update ${table} set id = id where id in (select id from ${table} order by id desc limit ${CHANGED})`)
      .catch(async (error) => {
        // Of some the id cannot even be written as it is.
        if (error.code !== "428C9") throw error;
        await session.query(
          `update ${table} set depth = depth where id in (select id from ${table} order by id desc limit ${CHANGED})`,
        );
      });
  }
  // What other sessions have read they may report seconds later, in the middle of the look; at their end they do so at once. Without rights over their logins nobody can end them.
  for (const login of ["operator", "press_worker"] as const) {
    await database.pool(login).query("select pg_stat_force_next_flush()");
  }
  await session.query(
    "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  const before = await rowsRead();
  await look();
  const after = await rowsRead();
  return { all: after.all - before.all, bySequentialScans: after.bySequentialScans - before.bySequentialScans };
}

const IT_WAITS_FOR_THE_SERVER = { timeout: 300_000 };
test(
  `with ${LARGE} of everything a look reads what it reads with ${SMALL}, and nothing by sequential scans`,
  IT_WAITS_FOR_THE_SERVER,
  async () => {
    await grow(0, SMALL);
    const small = await readByLook();
    await grow(SMALL, LARGE);
    const large = await readByLook();
    expect(large.bySequentialScans).toBe(0);
    expect(large.all).toBeLessThan(1.3 * small.all);
    expect(large.all).toBeGreaterThan(CHANGED);
  },
);
