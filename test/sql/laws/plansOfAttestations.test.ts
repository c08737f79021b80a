/* As plans.test.ts, of attestations and credentials: plans that are made while the tables are empty must be right when they are not. One session takes people from
   their first question to a signed credential, and what it reads for one of them does not grow with those who came before. */
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { closeSessions, makeEdition, openSessions } from "../../race/sessions.ts";

const ROUNDS = 6;
const PEOPLE = 50;

let database: TestDatabase;
let session: pg.Client;
let operator: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  for (const table of ["attestations", "credentials", "holders"]) {
    await database.pool("superuser").query(`alter table press.${table} set (autovacuum_enabled = off)`);
  }
  [operator] = (await openSessions(database, "operator", 1)) as [pg.Client];
  [session] = (await openSessions(database, "superuser", 1)) as [pg.Client];
});
afterAll(async () => {
  await closeSessions([session, operator]);
  await database.drop();
});

/** Rows that sequential scans have read so far, but for those of tables of a row or two and of numbers, which last a day and are removed when they are used. */
async function rowsReadBySequentialScans(): Promise<number> {
  for (const reader of [operator, session]) await reader.query("select pg_stat_force_next_flush()");
  const { rows } = await session.query<{ count: string }>(
    `select coalesce(sum(seq_tup_read), 0) as count from pg_stat_user_tables
     where schemaname in ('press', 'press_private') and relname not in ('hashing_key', 'rule_sets', 'attestation_nonces')`,
  );
  return Number(rows[0]?.count);
}

/** What a worker does to sign what is pending, by a key that the test has no private half of: each is claimed, and the signature refused. */
const SIGN = `
  with claimed as materialized (select * from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', ${PEOPLE}, 60))
  select count(*) from claimed c, press_worker.attach_credential_signatures(tests.key_id('b'), array[c.credential_id], array[repeat('0', 128)])`;

test(`${ROUNDS * PEOPLE} people attest in one session, and nothing is read by sequential scans`, async () => {
  await session.query("select press_worker.register_signing_key(tests.public_key('b'), 'credential')");
  const before = await rowsReadBySequentialScans();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of ["oidc", "repository"]) {
      const people = `generate_series(1, ${PEOPLE / 2}) n, lateral (select format('${kind}-${round}-%s', n) as subject) s`;
      await operator.query(`select count(tests.submit(s.subject, '${kind}')) from ${people}`);
      await session.query(`
        with claimed as materialized (select * from press_worker.attestations_to_verify('{${kind}}', ${PEOPLE}, 60))
        select count(press_worker.verify_attestation(c.attestation_id,
          case c.kind when 'oidc' then tests.oidc_proof(c.evidence) else tests.repository_proof(abs(hashtext(c.evidence)) + 1::bigint) end,
          c.nonce, case c.kind when 'oidc' then '{}' else tests.repository_facts() end))
        from claimed c`);
    }
    expect((await session.query(SIGN)).rows).toEqual([{ count: String(PEOPLE) }]);
    await session.query("select press_worker.status_lists_to_make()");
    await session.query("select press_worker.forget_addresses()");
  }
  expect(await rowsReadBySequentialScans()).toBe(before);
  const { rows } = await session.query("select status, count(*)::integer from press.attestations group by 1");
  expect(rows).toEqual([{ status: "verified", count: ROUNDS * PEOPLE }]);
});

test("ten people are forgotten in one session, and no ticket is read by a sequential scan", async () => {
  const [operator] = (await openSessions(database, "operator", 1)) as [pg.Client];
  await makeEdition(database, "fair", 5000, 5000);
  // Of many tickets that few operators issued, a plan that is not for one name would take any for a find.
  for (let round = 0; round < 3; round += 1) {
    await database
      .pool("press_gateway")
      .query(
        "select from press_gateway.issue_tickets('fair', '{olga}', '{true}', '{bob}', '{1000}', array[null]::uuid[])",
      );
  }
  await operator.query(
    "select press.issue_ticket('fair', recipient => 'forgotten-' || n) from generate_series(1, 10) n",
  );
  await database.pool("superuser").query("analyze press.tickets");
  const scanned = async () => {
    await operator.query("select pg_stat_force_next_flush()");
    const { rows } = await operator.query(
      "select relname, seq_tup_read from pg_stat_user_tables where schemaname = 'press' and relname in ('tickets', 'redemptions')",
    );
    return rows;
  };
  const { rows: people } = await operator.query("select id from press.holders where subject ~ '^forgotten-'");
  expect(people).toHaveLength(10);
  const before = await scanned();
  for (const { id } of [...people, ...people]) await operator.query("select press.erase_holder($1)", [id]);
  expect(await scanned()).toEqual(before);
  await closeSessions([operator]);
});

/** Rows that were read in any way so far, of those tables that say who acted as an operator, and grow. */
async function rowsReadOfActs(): Promise<number> {
  for (const reader of [session, operator]) await reader.query("select pg_stat_force_next_flush()");
  const { rows } = await operator.query<{ count: string }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as count from pg_stat_user_tables
     where schemaname = 'press' and relname in ('attestations', 'credentials', 'revocations', 'publishing_keys')`,
  );
  return Number(rows[0]?.count);
}

test("to forget one of them reads what is theirs", async () => {
  const before = await rowsReadOfActs();
  await operator.query("select press.erase_holder(h.id) from press.holders h where h.subject = 'oidc-0-1'");
  expect(await rowsReadOfActs()).toBeLessThan(before + PEOPLE);
});
