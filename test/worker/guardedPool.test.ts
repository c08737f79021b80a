import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { GuardedPool, type Queryable } from "../../worker/guardedPool.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { until } from "./support.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const backend = async (db: Queryable) => {
  const { rows } = await db.query<{ pid: number }>({ text: "select pg_backend_pid() as pid" });
  return rows[0]?.pid ?? 0;
};

/** A login may end its own sessions. */
async function terminate(pid: number): Promise<void> {
  const client = new pg.Client({ connectionString: database.url("press_worker") });
  await client.connect();
  await client.query("select pg_terminate_backend($1, 5000)", [pid]);
  await client.end();
}

test("each connection is looked at once, before it is used", async () => {
  const checked: number[] = [];
  const guarded = new GuardedPool(database.pool("press_worker"), async (client) => checked.push(await backend(client)));
  const first = await backend(guarded);
  expect(await backend(guarded)).toBe(first);
  expect(checked).toEqual([first]);
  await terminate(first);
  await backend(guarded).catch(() => undefined); // It may still be handed out.
  const second = await backend(guarded);
  expect(second).not.toBe(first);
  expect(checked).toEqual([first, second]);
});

test("where the look says no, nothing is done, and the next connection is looked at anew", async () => {
  let isRight = false;
  let looks = 0;
  const guarded = new GuardedPool(database.pool("press_worker"), async () => {
    looks += 1;
    if (!isRight) throw new Error("This is another database.");
  });
  const asking = () =>
    guarded.query<{ key_id: string }>({ text: "select key_id from press_worker.latest_checkpoint()" });
  await expect(asking()).rejects.toThrow("This is another database.");
  await expect(asking()).rejects.toThrow("This is another database.");
  isRight = true;
  expect((await asking()).rows).toEqual([{ key_id: null }]);
  expect(looks).toBe(3);
});

test("a database that comes to no end with what it was asked is not asked for more, until it has", async () => {
  const pool = new pg.Pool({ connectionString: database.url("press_worker"), query_timeout: 1_000 });
  const other = new pg.Client({ connectionString: database.url("superuser") });
  const watch = new pg.Client({ connectionString: database.url("press_worker") });
  await Promise.all([other.connect(), watch.connect()]);
  onTestFinished(async () => {
    await Promise.all([other.end(), watch.end(), pool.end()]);
  });
  const guarded = new GuardedPool(pool, async () => undefined);
  const ask = () => guarded.query({ text: "select press_worker.release_event_stream(gen_random_uuid())" });
  await other.query("begin; lock table press_private.event_stream");
  for (let asked = 0; asked < 5; asked += 1) await expect(ask()).rejects.toThrow("Query read timeout");
  const said = () =>
    ask().then(
      () => "done",
      (error: Error) => error.message,
    );
  await until(async () => (await said()).includes("5 statements that took too long"));
  const waiting =
    "select from pg_stat_activity where datname = current_database() and query ~ '^select press_worker.release_event_stream' and wait_event_type = 'Lock'";
  await until(async () => (await watch.query(waiting)).rowCount === 5);
  await other.query("rollback");
  await until(async () => (await watch.query(waiting)).rowCount === 0);
  await until(() =>
    ask().then(
      () => true,
      () => false,
    ),
  );
});
