/* A session keeps the plans of its functions for as long as the statistics do not change. This one makes them while the tables are
   empty and then issues and signs thousands of tickets, gives them their places in the ledger, proves them and tells others of them, closes the
   edition and draws its winner: what it reads must stay in proportion to what it issues, at any size. */
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { closeSessions, openSessions } from "../../race/sessions.ts";

const ROUNDS = 12;
const BATCH = 500;
/** The edition was opened, and a key activated. */
const FIRST_ENTRIES = 2;

let database: TestDatabase;
let session: pg.Client;
let operator: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  for (const table of [
    "press.tickets",
    "press.holders",
    "press.ledger_entries",
    "press_private.ledger_inbox",
    "press_private.ledger_nodes",
  ]) {
    await database.pool("superuser").query(`alter table ${table} set (autovacuum_enabled = off)`);
  }
  [operator] = (await openSessions(database, "operator", 1)) as [pg.Client];
  await operator.query("select press.create_edition('growing', 'Growing', 1000000, null, 'random_int')");
  await operator.query("select press.open_edition('growing')");
  [session] = (await openSessions(database, "superuser", 1)) as [pg.Client];
});
afterAll(async () => {
  await closeSessions([session, operator]);
  await database.drop();
});

/** Makes a session report now which rows it has read; by itself it would do so at some time. */
async function reportRows(reader: pg.Client): Promise<void> {
  await reader.query("select pg_stat_force_next_flush()");
}

/** Rows that sequential scans have read, but for those of tables that stay small, as the sessions have reported them so far. */
async function rowsReadBySequentialScans(): Promise<number> {
  await reportRows(session);
  const { rows } = await session.query<{ count: string }>(
    "select coalesce(sum(seq_tup_read), 0) as count from pg_stat_user_tables where schemaname in ('press', 'press_private') and relname not in ('editions', 'ledger_head', 'event_stream', 'hashing_key', 'last_look')",
  );
  return Number(rows[0]?.count);
}

/** Rows that were read in any way, as the sessions have reported them so far. */
async function rowsRead(): Promise<number> {
  await reportRows(session);
  const { rows } = await session.query<{ count: string }>(
    `select sum(t.seq_tup_read) + (select sum(i.idx_tup_read) from pg_stat_user_indexes i where i.schemaname in ('press', 'press_private')) as count
     from pg_stat_user_tables t where t.schemaname in ('press', 'press_private')`,
  );
  return Number(rows[0]?.count);
}

/** What publishers, subscribers and metrics ask when a batch has come under a checkpoint; returns how many rows were read for the first two. */
async function tellOthers(size: number): Promise<number> {
  await session.query(
    "insert into press.checkpoints (tree_size, root_hash, key_id, note) values ($1, sha256(''), '', '')",
    [size],
  );
  const before = await rowsRead();
  const range = [size - BATCH, size];
  const subjects = Array.from({ length: 10 * BATCH }, (_, n) => `holder ${n}`);
  const events = await session.query("select press_worker.ledger_events($1, $2)", [size - BATCH, BATCH]);
  const editions = await session.query("select press_gateway.changed_editions($1, $2)", range);
  const tickets = await session.query("select press_gateway.changed_tickets($1, $2, $3)", [...range, subjects]);
  const read = (await rowsRead()) - before;
  // Of two queues it reads the first entry; in the way may be dead ones, as many as nobody has removed yet.
  await session.query("select press_gateway.press_metrics()");
  expect([events.rowCount, editions.rowCount, tickets.rowCount]).toEqual([BATCH, 1, BATCH]);
  return read;
}

test(`${ROUNDS} batches of ${BATCH} by one session read nothing by sequential scans`, async () => {
  await session.query("select press_worker.register_signing_key(tests.public_key(), 'ticket')");
  const before = await rowsReadBySequentialScans();
  for (let round = 0; round < ROUNDS; round++) {
    const requests = `array(select row(row('holder', 'holder ' || n)::press_hidden.actor_record, null, 1, gen_random_uuid())::press_private.actor_request_record
      from generate_series(${round * 100}, ${round * 100 + BATCH - 1}) n)`;
    await session.query(`select count(*) from press_private.issue_for_actors('growing', ${requests})`);
    await session.query(`
      with claimed as materialized (select * from press_worker.tickets_to_sign(tests.key_id(), ${BATCH}, 60))
      select press_worker.attach_signatures(tests.key_id(), array_agg(ticket_id), array_agg(tests.signature(ticket_id::text))) from claimed`);
    await session.query(`select press_worker.integrate_ledger(${10 * BATCH})`);
    const size = `(select max(place) + 1 from press.ledger_entries)`;
    await session.query(`select press.ledger_inclusion_proof(0, ${size}), press.ledger_consistency_proof(1, ${size})`);
    const read = await tellOthers(FIRST_ENTRIES + (round + 1) * BATCH);
    expect(read, `for the entries of round ${round}`).toBeLessThan(10 * BATCH);
  }
  const beforeSales = await rowsRead();
  await operator.query("select count(*) from press.sales_over_time('growing', 100)");
  await reportRows(operator);
  expect((await rowsRead()) - beforeSales, "a lookup a point").toBeLessThan(300);
  await operator.query("select press.draw_winner('growing')");
  await reportRows(operator);
  await session.query("select tests.record_closings(), press_worker.integrate_ledger(10)");
  const beforeLook = await rowsRead();
  const looked = await session.query<{ edition_id: number; entries_count: number }>(
    "select edition_id, entries_count from press_worker.draws_to_make()",
  );
  const [toMake] = looked.rows;
  expect(toMake?.entries_count).toBe(ROUNDS * BATCH);
  await session.query("select from press_worker.rounds_to_fetch()");
  const beforeRecord = await rowsRead();
  expect(beforeRecord - beforeLook, "a look for draws counts nothing").toBeLessThan(100);
  const record = "select ticket_number from press_worker.record_draw($1, 1, $2, null)";
  const drawn = await session.query(record, [toMake?.edition_id, ROUNDS * BATCH - 1]);
  expect((await rowsRead()) - beforeRecord, "each entry is read once").toBeLessThan(1.5 * ROUNDS * BATCH);
  expect(drawn.rows).toEqual([{ ticket_number: ROUNDS * BATCH }]);
  const { rows } = await session.query("select status, count(*)::integer from press.tickets group by 1");
  expect(await rowsReadBySequentialScans()).toBe(before + ROUNDS * BATCH); // the count in the line above
  expect(rows).toEqual([{ status: "signed", count: ROUNDS * BATCH }]);
});

/** People with a credential each, written as if they had been attested. */
const MEMBERS = `
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

test("an edition that demands something, and whoever asks why not, look up one by one what people have, and so does who forgets them", async () => {
  await operator.query(
    "select press.create_edition('members', 'Members', 1000000, required_trust_level => 1, required_kind => 'oidc')",
  );
  await operator.query("select press.open_edition('members')");
  const count = BATCH / 2;
  const issue = (first: number) =>
    session.query<{ refusal: string | null; count: number }>(
      `select refusal, count(*)::integer as count from press_private.issue_for_actors('members', array(
         select row(row('holder', 'member ' || n)::press_hidden.actor_record, null, 1, null)::press_private.actor_request_record
         from generate_series(${first}, ${first + count - 1}) n)) group by 1`,
    );
  const [gateway] = (await openSessions(database, "press_gateway", 1)) as [pg.Client];
  const ask = async (subject: string) => {
    await gateway.query("begin");
    await gateway.query("select set_config('role', 'press_holder', true), set_config('press.subject', $1, true)", [
      subject,
    ]);
    const { rows } = await gateway.query<{ name: string }>("select name from press.eligibility('members')");
    await gateway.query("commit");
    await reportRows(gateway);
    return rows.map(({ name }) => name);
  };
  expect(await ask("stranger"), "while there is nobody").toEqual(["NOT_ELIGIBLE", "NOT_ELIGIBLE"]);
  expect((await issue(1)).rows).toEqual([{ refusal: "NOT_ELIGIBLE", count }]);
  for (let round = 1; round <= 4; round++) {
    await session.query(MEMBERS, [round * BATCH, round * BATCH + count - 1]);
    const before = await rowsReadBySequentialScans();
    expect((await issue(round * BATCH)).rows).toEqual([{ refusal: null, count }]);
    expect(await ask(`member ${round * BATCH}`)).toEqual([]);
    expect(await rowsReadBySequentialScans(), `round ${round}`).toBe(before);
  }
  const id = "(select id from press.holders where subject = 'member ' || $1)";
  await session.query(`select press_private.doubt_claims(array[${id}]), press_private.erase_envelopes(${id})`, [BATCH]);
  const before = await rowsReadBySequentialScans();
  await session.query(`select press_private.doubt_claims(array[${id}]), press_private.erase_envelopes(${id})`, [
    2 * BATCH,
  ]);
  expect(await rowsReadBySequentialScans()).toBe(before);
  await closeSessions([gateway]);
});
