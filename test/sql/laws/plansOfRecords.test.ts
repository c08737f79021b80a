/* As plans.test.ts, of records and their keys: plans that are made while the tables are empty must be right when they are not. One session registers keys and submits
   records, and what it reads for one of them does not grow with those that came before. */
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { closeSessions, openSessions } from "../../race/sessions.ts";
import { testRequiring } from "../../requirements.ts";

const ROUNDS = 5;
const RECORDS = 200;
const TABLES = ["publishing_keys", "publications"];

let database: TestDatabase;
let session: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  for (const table of TABLES) {
    await database.pool("superuser").query(`alter table press.${table} set (autovacuum_enabled = off)`);
  }
  [session] = (await openSessions(database, "superuser", 1)) as [pg.Client];
});
afterAll(async () => {
  await closeSessions([session]);
  await database.drop();
});

/** Rows of the two tables that were read, by sequential scans and in all, as the session has reported them so far. */
async function rowsRead(): Promise<{ sequentially: number; byIndex: number }> {
  await session.query("select pg_stat_force_next_flush()");
  const { rows } = await session.query<{ sequentially: string; byIndex: string }>(
    `select sum(t.seq_tup_read) as sequentially, sum(t.idx_tup_fetch) as "byIndex" from pg_stat_user_tables t
     where t.schemaname = 'press' and t.relname = any ($1)`,
    [TABLES],
  );
  return { sequentially: Number(rows[0]?.sequentially), byIndex: Number(rows[0]?.byIndex) };
}

// One session is operator, holder and worker, so that it alone has read what was read.
testRequiring("superuser")(
  `${ROUNDS * RECORDS} records are submitted, asked for and told of, and nothing is read by sequential scans`,
  async () => {
    const readInRound: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await session.query("select tests.register_key($1, $2), tests.register_key($1, $2)", [
        `signer ${round}`,
        2 * round + 1,
      ]);
      const before = await rowsRead();
      await session.query("select tests.submit_record(format('n-%s', n), $1) from generate_series(1, $2::integer) n", [
        2 * round + 1,
        RECORDS,
      ]);
      // Each once more, as a client that lost its answer.
      await session.query(
        `select press.submit_record(p.payload, p.signature, k.public_key) from press.publishing_keys k
       join press.publications p on p.key_id = k.id where k.public_key = tests.record_key($1)`,
        [2 * round + 1],
      );
      await session.query("select press.set_publishing_quota(tests.record_key($1), 2000)", [2 * round + 1]);
      const after = await rowsRead();
      readInRound.push(after.byIndex - before.byIndex);
      const ids = await session.query<{ ids: string[] }>(
        "select array_agg(p.id) as ids from press.publications p join press.publishing_keys k on k.id = p.key_id where k.public_key = tests.record_key($1)",
        [2 * round + 1],
      );
      const told = await session.query(
        "select * from press_gateway.changed_publications($1, array_fill(null::timestamptz, array[$2::integer]))",
        [ids.rows[0]?.ids, RECORDS],
      );
      expect(told.rowCount).toBe(RECORDS);
    }
    expect((await rowsRead()).sequentially).toBe(0);
    expect(new Set(readInRound).size, readInRound.join()).toBe(1);
    const { rows } = await session.query("select count(*)::integer as count from press.publications");
    expect(rows).toEqual([{ count: ROUNDS * RECORDS }]);
  },
);
