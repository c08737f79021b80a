/* The newest migration comes to a press at work: callers and workers of the version before go on while it waits for its turn, is killed, has its session ended and is
   done again. Nobody is told anything but to try again; whatever was acknowledged is there, and no request had two effects. */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { formatCatalogue, readCatalogue } from "../../db/catalogue.ts";
import { createEarlierDatabase, type EarlierDatabase } from "../db/earlierVersion.ts";
import { newestMigration } from "../db/newestMigration.ts";
import { brokenInvariants } from "../invariants.ts";
import { TestWorker } from "../ledger.ts";
import { auditFindings } from "../raffles.ts";
import { random, rounds, seed } from "../random.ts";

/** What a caller may be told, who then asks again: RETRY, LOCK_TIMEOUT, a deadlock, a lost session. */
const RETRYABLE = /^(40001|40P01|PRBSY|55P03|57P01)$/;
const CALLERS = 4;
/** A write that took longer than this was held up. */
const HELD_UP_MILLISECONDS = 200;

interface Told {
  readonly key: string;
  readonly id: string;
}

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
let database: EarlierDatabase;
let worker: TestWorker;
let load: Load;
let schemaBefore: string;
beforeAll(async () => {
  database = await createEarlierDatabase((await newestMigration()).before);
  const operator = database.pool("operator");
  await operator.query("select press.create_edition('at-work', 'At work', 1000000), press.open_edition('at-work')");
  worker = await TestWorker.start(database);
  schemaBefore = await schema();
  load = new Load(database, worker);
  await load.until(50);
});
afterAll(async () => {
  await load?.end();
  await database?.drop();
});

/** People who buy under request keys, somebody who redeems, and a worker who signs and records, each at once again and again. */
class Load {
  readonly acknowledged: Told[] = [];
  readonly refused: string[] = [];
  readonly retries: string[] = [];
  readonly keys: string[] = [];
  redeemed = 0;
  longest = 0;
  heldUp = 0;
  #isOver = false;
  readonly #database: EarlierDatabase;
  readonly #worker: TestWorker;
  readonly #sessions: pg.Client[] = [];
  readonly #work: Promise<unknown>;

  constructor(of: EarlierDatabase, by: TestWorker) {
    this.#database = of;
    this.#worker = by;
    this.#work = Promise.all([...Array.from({ length: CALLERS }, () => this.#buy()), this.#redeem(), this.#sign()]);
    this.#work.catch(() => undefined); // Who ends it hears of it.
  }

  /** Until so many more have been acknowledged. */
  async until(more: number): Promise<void> {
    const target = this.acknowledged.length + more;
    while (this.acknowledged.length < target) await sleep(10);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#work;
    await Promise.all(this.#sessions.splice(0).map((session) => session.end()));
  }

  async #buy(): Promise<void> {
    const session = await this.#open("press_gateway");
    while (!this.#isOver) {
      const key = randomUUID();
      this.keys.push(key);
      // Prepared once, as the gateway has it: a plan from before meets a schema from after.
      const rows = await this.#untilAnswered<{ code: string | null; id: string }>(session, {
        name: "issue",
        text: `select refusal_code as code, (ticket).id as id
               from press_gateway.issue_tickets('at-work', array[$1], array[false], array[null::text], array[1], array[$2::uuid])`,
        values: [`buyer ${random.integer(50)}`, key],
      });
      for (const { code, id } of rows) {
        if (code === null) this.acknowledged.push({ key, id });
        else this.refused.push(code);
      }
      await sleep(random.integer(100));
    }
  }

  async #redeem(): Promise<void> {
    const session = await this.#open("operator");
    while (!this.#isOver) {
      const [held] = await this.#untilAnswered<{ envelope: string; proof: string }>(session, {
        text: `select t.envelope, press.timechain_proof(t.id) as proof from press.tickets t, press.checkpoints c
               where t.status = 'signed' and not exists (select from press.redemptions r where (r.edition_id, r.ticket_number) = (t.edition_id, t.ticket_number))
                 and exists (select from press.ledger_entries e where e.type = 'ticket.issued' and (e.edition_id, e.ticket_number) = (t.edition_id, t.ticket_number) and e.place < c.tree_size)
               order by c.tree_size desc limit 1`,
      });
      if (held === undefined) await sleep(20);
      else {
        const text = "select from press.redeem_ticket($1, $2, $3)";
        const done = await this.#untilAnswered(session, { text, values: [held.envelope, held.proof, randomUUID()] });
        this.redeemed += done.length;
      }
    }
  }

  async #sign(): Promise<void> {
    while (!this.#isOver) {
      await this.#worker.work().catch((error) => this.#note(error));
      await sleep(20);
    }
  }

  async #untilAnswered<Row extends object>(session: pg.Client, query: pg.QueryConfig): Promise<Row[]> {
    for (;;) {
      const begun = performance.now();
      try {
        return (await session.query(query)).rows as Row[];
      } catch (error) {
        if (!this.#note(error)) return [];
      } finally {
        const took = performance.now() - begun;
        this.longest = Math.max(this.longest, took);
        if (took > HELD_UP_MILLISECONDS) this.heldUp += 1;
      }
    }
  }

  /** Whether it is to be tried again. */
  #note(error: unknown): boolean {
    const { code = "", message } = error as { code?: string; message: string };
    const isRetryable = RETRYABLE.test(code);
    (isRetryable ? this.retries : this.refused).push(isRetryable ? code : `${code} ${message}`);
    return isRetryable;
  }

  async #open(as: "press_gateway" | "operator"): Promise<pg.Client> {
    const session = new pg.Client({ connectionString: this.#database.url(as) });
    await session.connect();
    this.#sessions.push(session);
    return session;
  }
}

async function schema(): Promise<string> {
  const client = new pg.Client({ connectionString: database.url("superuser") });
  await client.connect();
  try {
    await client.query("begin");
    return formatCatalogue(await readCatalogue(client));
  } finally {
    await client.end();
  }
}

function migrate(): ChildProcess & { said: string } {
  const child = fork(join(import.meta.dirname, "migrateProcess.ts"), {
    silent: true,
    env: {
      ...process.env,
      MIGRATE_URL: database.url("superuser"),
      MIGRATE_OWN: String(inject("testServer").isSuperuser),
    },
  });
  const process_ = Object.assign(child, { said: "" });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (process_.said += data));
  return process_;
}

/** The session in which a migration runs. */
async function migrating(where: string): Promise<string | undefined> {
  const { rows } = await database.pool("superuser").query<{ pid: string }>(
    `select a.pid::text as pid from pg_stat_activity a
     where a.datname = current_database() and a.application_name like 'graphile-migrate %' and ${where}`,
  );
  return rows[0]?.pid;
}

const WAITS = "exists (select from pg_locks l where l.pid = a.pid and not l.granted)";
async function untilMigrating(where: string): Promise<string> {
  for (;;) {
    const pid = await migrating(where);
    if (pid !== undefined) return pid;
    await sleep(5);
  }
}

/** As a backup or somebody's report does, for as long as the work takes. */
async function whileSomebodyHolds(work: () => Promise<void>): Promise<void> {
  const holder = await database.pool("owner").connect();
  try {
    await holder.query("begin; lock table press.tickets in row exclusive mode");
    await work();
  } finally {
    await holder.query("rollback");
    holder.release();
  }
}

test("while it waits for somebody, everybody else goes on", async () => {
  await whileSomebodyHolds(async () => {
    const child = migrate();
    await untilMigrating(WAITS);
    await load.until(50);
    child.kill("SIGKILL");
    await once(child, "exit");
    while ((await migrating("true")) !== undefined) await sleep(20);
  });
  expect(await schema()).toBe(schemaBefore);
});

test("its session is ended half way: nothing is changed, and it says so", async () => {
  await whileSomebodyHolds(async () => {
    const child = migrate();
    const exit = once(child, "exit");
    const pid = await untilMigrating(WAITS);
    await database.pool("superuser").query("select pg_terminate_backend($1)", [pid]);
    const [code] = await exit;
    expect(code, child.said).not.toBe(0);
    expect(child.said).toMatch(/terminating connection|Connection terminated/);
  });
  expect(await schema()).toBe(schemaBefore);
});

test(`killed at any moment, it has changed all or nothing (TEST_SEED=${seed})`, async () => {
  for (let round = 0; round < rounds(2, 8); round += 1) {
    const child = migrate();
    const exit = once(child, "exit");
    await Promise.race([untilMigrating("a.xact_start is not null"), exit]);
    await sleep(random.integer(400));
    child.kill("SIGKILL");
    await exit;
    while ((await migrating("true")) !== undefined) await sleep(20);
    if ((await schema()) !== schemaBefore) break; // It was through: from now on there is nothing to do.
    await load.until(20);
  }
});

test("done again, it is through, and nobody was told anything but to try again", async () => {
  const child = migrate();
  const [code] = await once(child, "exit");
  expect(code, child.said).toBe(0);
  expect(await schema()).not.toBe(schemaBefore);
  await load.until(100);
  await load.end();
  console.log(
    `migration under load (TEST_SEED=${seed}): ${load.acknowledged.length} issued, ${load.redeemed} redeemed, ${load.retries.length} tried again (${[...new Set(load.retries)].join(", ")}), ` +
      `${load.heldUp} writes held up for more than ${HELD_UP_MILLISECONDS} ms, the longest for ${Math.round(load.longest)} ms`,
  );
  expect(load.refused).toEqual([]);
  expect(load.redeemed).toBeGreaterThan(0);
});

test("whatever was acknowledged is there, once, and everything holds", async () => {
  const { rows } = await database
    .pool("owner")
    .query<{ key: string; id: string }>("select request_key as key, id from press.tickets");
  const tickets = new Map(rows.map(({ key, id }) => [key, id]));
  expect(rows.length).toBe(tickets.size);
  expect(load.acknowledged.filter(({ key, id }) => tickets.get(key) !== id)).toEqual([]);
  expect(rows.filter(({ key }) => !load.keys.includes(key))).toEqual([]);
  await worker.work();
  expect(await brokenInvariants(database)).toEqual([]);
  expect(await brokenInvariants(database)).toEqual([]);
  expect(await auditFindings(database)).toEqual([]);
});
