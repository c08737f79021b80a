/* As plans.test.ts, of what workers ask several times a second: where there is nothing to do they read next to nothing, however many editions and keys there are. And of who forgets a
   person, while nothing is signed: whether they have acted as an operator is not read from all that operators did. */
import type pg from "pg";
import { afterAll, beforeAll, expect } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { closeSessions, openSessions } from "../../race/sessions.ts";
import { testRequiring } from "../../requirements.ts";

const MANY = 5_000;
/** A page or two of an index, and rows that are read whatever there is to do. */
const FEW = 50;

let database: TestDatabase;
let session: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  [session] = (await openSessions(database, "superuser", 1)) as [pg.Client];
});
afterAll(async () => {
  await closeSessions([session]);
  await database.drop();
});

async function rowsRead(): Promise<number> {
  await session.query("select pg_stat_force_next_flush()");
  const { rows } = await session.query<{ count: string }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as count from pg_stat_user_tables where relname in ('editions', 'publishing_keys', 'publications', 'revocations')`,
  );
  return Number(rows[0]?.count);
}

testRequiring("superuser")(
  `with ${MANY} editions, keys and revocations, looks for work read few, and so does who forgets a person`,
  async () => {
    await session.query("select tests.make_edition('one', 1), tests.register_key('alice')");
    await session.query(`
    set session_replication_role = replica;
    alter table press.editions disable trigger user;
    alter table press.publishing_keys disable trigger user;
    insert into press.editions (slug, title, cap, per_holder_limit, status, opened_at, draw_mode)
    select 'e-' || n, 'An edition', 1, 1, 'open', now(), 'none' from generate_series(1, ${MANY}) n;
    insert into press.publishing_keys (holder_id, public_key, possession_signature, verified_at)
    select k.holder_id, '02' || encode(sha256(n::text::bytea), 'hex'), k.possession_signature, now() from press.publishing_keys k, generate_series(1, ${MANY}) n;
    alter table press.revocations disable trigger user;
    insert into press.revocations (edition_id, ticket_number, reason, revoked_by) select 1, n, 'Lost', 'operator:olga' from generate_series(1, ${MANY}) n;
    update press.publishing_keys set registered_by = 'operator:olga', revoked_by = 'operator:olga', revoked_at = now() where registered_by is null and id <> (select min(id::text)::uuid from press.publishing_keys);
    select count(tests.queue_record('alice', 'a' || n)) from generate_series(1, 1000) n;
    update press.publishing_keys set verified_at = now() where verified_at is null;
    analyze press.editions, press.publishing_keys, press.publications;
    reset session_replication_role`);
    await session.query("select press_private.ensure_holders(array['bob'])");
    const looks = [
      "press_worker.drafts_to_commit()",
      "press_worker.keys_to_verify(100)",
      "press.holders h, press.erase_holder(h.id) where h.subject = 'bob'",
    ];
    for (const look of looks) {
      const before = await rowsRead();
      await session.query(`select from ${look}`);
      expect((await rowsRead()) - before, look).toBeLessThan(FEW);
    }
  },
);
