/* Where a mutant is looked at: a copy of the template, in which each file of tests runs in a transaction that first plants the fault, and is rolled back. So nothing is
   left of either, and the next one needs no copy of its own. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import type { TestProject } from "vitest/node";
import setUp from "../globalSetup.ts";
import { runTap, type TapRun } from "../tapFile.ts";
import { dropDatabaseStatement, type TestServer, withDatabase } from "../testServer.ts";
import type { Mutant } from "./mutant.ts";
import type { Reach, SqlTest } from "./sqlTests.ts";

/** What takes so long has no end: a statement of a test takes a second at most, on a machine with nothing else to do. */
const STATEMENT_SECONDS = 40;

/** The first failure ends a file. */
const STOP_AT_FIRST = `
  alter function tap.ok(boolean, text) rename to ok_or_not;
  create function tap.ok(is_ok boolean, description text) returns text language plpgsql as $$
  declare
    v_line  text := ok_or_not(is_ok, description);
  begin
    if starts_with(v_line, 'not ok') and v_line !~ '# TODO' then
      raise exception using errcode = 'TAPNO', message = v_line;
    end if;
    return v_line;
  end
  $$`;

/** The server of a run, as that of the tests is. */
export async function startServer(): Promise<{ server: TestServer; stop: () => Promise<void> }> {
  let server: TestServer | undefined;
  const provide = (_: string, value: TestServer) => {
    server = value;
  };
  const stop = await setUp({ provide } as unknown as TestProject);
  if (server === undefined) throw new Error("The set-up of the tests tells of no server.");
  return { server, stop };
}

export class Bench {
  readonly #server: TestServer;
  readonly #name: string;
  #client: pg.Client;

  private constructor(server: TestServer, name: string, client: pg.Client) {
    this.#server = server;
    this.#name = name;
    this.#client = client;
  }

  static async open(server: TestServer): Promise<Bench> {
    const name = await createCopy(server);
    const bench = new Bench(server, name, await connect(server, name));
    await bench.#client.query(STOP_AT_FIRST);
    return bench;
  }

  get client(): pg.Client {
    return this.#client;
  }

  async close(): Promise<void> {
    await this.#client.end();
    await drop(this.#server, this.#name);
  }

  /** What a file says when it notices the mutant; undefined: it does not. */
  async failureOf({ sql }: Mutant, { text }: SqlTest): Promise<string | undefined> {
    return failureOf(await this.#run(sql, text));
  }

  /** @throws {Error} when the file fails without any fault */
  async reachOf({ file, text }: SqlTest): Promise<Reach> {
    const begun = performance.now();
    const run = await this.#run("set local track_functions = 'all'", text, async () => {
      await this.#client.query("set local session authorization default; set local role none");
      const functions = await this.#names("select schemaname || '.' || funcname from pg_stat_xact_user_functions");
      const read =
        "select schemaname || '.' || relname from pg_stat_xact_user_tables where seq_scan + coalesce(idx_scan, 0) > 0";
      const written =
        "select schemaname || '.' || relname from pg_stat_xact_user_tables where n_tup_ins + n_tup_upd + n_tup_del > 0";
      return { functions, read: await this.#names(read), written: await this.#names(written) };
    });
    const failure = failureOf(run);
    if (failure !== undefined || run.after === undefined)
      throw new Error(`${file} fails without any fault: ${failure}`);
    return { milliseconds: Math.round(performance.now() - begun), ...run.after };
  }

  async #names(text: string): Promise<string[]> {
    const { rows } = await this.#client.query<string[]>({ text, rowMode: "array" });
    return rows.map(([name]) => String(name)).filter((name) => /^press/.test(name));
  }

  async #run<After>(before: string, text: string, after?: () => Promise<After>): Promise<TapRun & { after?: After }> {
    try {
      await this.#client.query("begin");
      await this.#client.query(before);
      await this.#client.query(
        `set local statement_timeout = '${STATEMENT_SECONDS}s'; set local search_path = press, tests, tap, public`,
      );
      const run = await runTap(this.#client, text);
      return after === undefined || run.error !== undefined ? run : { ...run, after: await after() };
    } finally {
      // A fault may end the session, and what is left of a session is nobody's but its own.
      await this.#client.query("rollback; discard all").catch(() => this.#reconnect());
    }
  }

  async #reconnect(): Promise<void> {
    await this.#client.end().catch(() => undefined);
    this.#client = await connect(this.#server, this.#name);
  }
}

function failureOf({ assertions, planned, error }: TapRun): string | undefined {
  if (error !== undefined) return error.split("\n")[0];
  const failed = assertions.find(({ ok, todo }) => !ok && todo === undefined);
  if (failed !== undefined) return failed.title;
  return planned === assertions.length ? undefined : `${assertions.length} of ${planned} assertions`;
}

export async function createCopy(server: TestServer): Promise<string> {
  const name = `${server.prefix}_${randomBytes(6).toString("hex")}`;
  await asAdmin(server, `create database ${name} template ${server.template}`);
  return name;
}

export function drop(server: TestServer, database: string): Promise<void> {
  return asAdmin(server, dropDatabaseStatement(server, database));
}

export async function connect(server: TestServer, database: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: withDatabase(server.adminUrl, database) });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function asAdmin(server: TestServer, statement: string): Promise<void> {
  const client = await connect(server, new URL(server.adminUrl).pathname.slice(1));
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
