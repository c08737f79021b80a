/* A synchronous standby is away, and every commit waits for it. Whoever asks again for what was committed before waits, too, although they write nothing else: the first wait may have been cancelled, or the
   server restarted meanwhile, and the standby not have it. The setting is the server's, so this one has no other tests. */
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase } from "../../db/install.ts";
import { attempt } from "../race/sessions.ts";

const DATABASE = "waiting";
const KEY = "00000000-0000-4000-8000-000000000001";
const NAMES = "current_setting('synchronous_standby_names')";

/** Each is committed before the next. */
const BEFORE = [
  "select tests.make_edition('open', 9)",
  "select tests.make_raffle('asked', 'random_int'), tests.make_raffle('drawn', 'random_int')",
  "select press.issue_ticket('open', recipient => 'alice')",
  "select press.issue_tickets('drawn', 2, recipient => 'bob')",
  "select press.draw_winner('drawn')",
  "select tests.record_all()",
  "select tests.make_draws()",
];

const alice = "select tests.as_gateway('press_holder', 'alice')";
const olga = "select tests.as_gateway('press_operator', 'olga')";

/** Who asks, and for what: under a key, but for what is as it was asked to be. */
const REQUESTS = [
  ["a ticket", `${alice}; select press.issue_ticket('open', '${KEY}')`],
  [
    "a redemption",
    `${alice}; select press.redeem_ticket(t.envelope, press.timechain_proof(t.id), '${KEY}') from press.tickets t where t.ticket_number = 1`,
  ],
  ["a draw", `${olga}; select press.draw_winner('asked', '${KEY}')`],
  ["a replacement", `${olga}; select press.replace_winner('drawn', 'Lost', '${KEY}')`],
  ["a closing", `${olga}; select press.close_edition('drawn')`],
  ["an attestation", `${olga}; select press.submit_attestation('repository', 'o/r', '${KEY}', 'alice', '192.0.2.1')`],
] as const;

let home: string;
let server: EmbeddedServer;
let session: pg.Client;
let other: pg.Client;
/** The process of the first session. */
let pid: number;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "golden-press-waiting-"));
  await chmod(home, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
  server = await startEmbeddedServer({ home, log: () => undefined });
  await createDatabaseIfMissing(server.superuserUrl("postgres"), DATABASE);
  await installDatabase({ url: server.superuserUrl(DATABASE), own: true, includeCurrent: true });
  [session, other] = [await connect(), await connect()];
  pid = (await session.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid ?? 0;
  await session.query(await readFile(join(import.meta.dirname, "../sql/helpers.sql"), "utf8"));
  for (const statement of BEFORE) await session.query(statement);
  for (const [, request] of REQUESTS) await session.query(request);

  await other.query("alter system set synchronous_standby_names = 'away'");
  await other.query("select pg_reload_conf()");
  // Each of its processes takes a moment to know of it.
  while (!(await waits(`select pg_logical_emit_message(true, 'test', '') where ${NAMES} = 'away'`)));
});
afterAll(async () => {
  await session?.end();
  await other?.end();
  await server?.stop();
  await rm(home, { recursive: true });
});

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.superuserUrl(DATABASE) });
  await client.connect();
  return client;
}

/** Whether these statements, which are one transaction, are answered only when the standby has it. It never has: the wait is cancelled here, and by nobody else. */
async function waits(statements: string): Promise<boolean> {
  let isAnswered = false;
  const asking = attempt(session, statements).finally(() => {
    isAnswered = true;
  });
  let isCancelled = false;
  while (!isAnswered && !isCancelled) isCancelled = await cancelWait();
  expect(await asking).not.toHaveProperty("message");
  return isCancelled;
}

async function cancelWait(): Promise<boolean> {
  const { rows } = await other.query(
    "select pg_cancel_backend(pid) from pg_stat_activity where pid = $1 and wait_event = 'SyncRep'",
    [pid],
  );
  return rows.length > 0;
}

test.each(REQUESTS)("%s that was given before is not given again before the standby has it", async (_, request) => {
  expect(await waits(request)).toBe(true);
});

test("a worker that looks what there is to publish waits, too", async () => {
  expect(await waits("select tests.as_login('press_worker'); select press_worker.await_standbys()")).toBe(true);
});

test("whoever only reads waits for nobody", async () => {
  expect(await waits(`${alice}; select count(*) from press.tickets`)).toBe(false);
});
