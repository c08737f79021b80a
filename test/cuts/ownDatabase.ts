/* A press's database on a PostgreSQL server of its own, whose sessions a test may end, and which it may kill. */
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { commandOf, type EmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { cleanUpAfterDeath } from "../../db/throwaway.ts";
import { openPool, type TestDatabase, type TestLogin } from "../database.ts";

const DATABASE = "cuts";
const OPERATOR = "gate";
const PASSWORD = "a-password-of-all-of-them";

/** Where the server has its data and its programs: in the folder for what is temporary, and from npm, unless told. */
export interface OwnDatabasePlace {
  readonly folder?: string;
  readonly binDirectory?: string | undefined;
}

export class OwnDatabase implements TestDatabase {
  readonly name = DATABASE;
  readonly operatorLogin = OPERATOR;
  readonly #home: string;
  readonly #pools = new Map<TestLogin, pg.Pool>();
  #server: EmbeddedServer;

  private constructor(home: string, server: EmbeddedServer) {
    this.#home = home;
    this.#server = server;
  }

  /** With everything installed. Nothing of it outlives the test's process. */
  static async start({ folder = tmpdir(), binDirectory }: OwnDatabasePlace = {}): Promise<OwnDatabase> {
    const home = await mkdtemp(join(folder, "golden-press-cuts-"));
    await chmod(home, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
    cleanUpAfterDeath(home);
    const database = new OwnDatabase(home, await startIn(home, binDirectory));
    await createDatabaseIfMissing(database.#server.superuserUrl("postgres"), DATABASE);
    await installDatabase({ url: database.url("superuser"), own: true, includeCurrent: true });
    const client = new pg.Client({ connectionString: database.url("superuser") });
    await client.connect();
    // What was told to the kernel outlives a killed server; that the machine may lose its power is not tried here.
    await client.query("alter system set fsync = off");
    await client.query("select pg_reload_conf()");
    await client.query(`create role ${OPERATOR} login in role press_operator`);
    for (const login of ["press_gateway", "press_worker", "press_auditor", OPERATOR])
      await setLoginPassword(client, login, PASSWORD);
    await client.end();
    return database;
  }

  url(as: TestLogin): string {
    const url = new URL(this.#server.superuserUrl(DATABASE));
    if (as === "owner") url.searchParams.set("options", "-c role=press_owner");
    if (as === "superuser" || as === "owner") return url.href;
    url.username = as === "operator" ? OPERATOR : as;
    url.password = PASSWORD;
    return url.href;
  }

  pool(as: TestLogin, max = 10): pg.Pool {
    const pool = this.#pools.get(as) ?? openPool(this.url(as), max);
    this.#pools.set(as, pool);
    return pool;
  }

  /** Asks until the database is there to answer: only for what may be asked again. */
  async ask<Row extends pg.QueryResultRow>(
    as: TestLogin,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return whenThere(async () => (await this.pool(as).query<Row>(text, [...values])).rows);
  }

  /** Ends a session, as an administrator would, and returns when it has ended. */
  async terminate(pid: number): Promise<void> {
    await this.ask("superuser", "select pg_terminate_backend($1, 5000)", [pid]);
  }

  /** Kills the process of a session: the server ends all others, recovers, and serves again. */
  async crash(pid: number): Promise<void> {
    process.kill(pid, "SIGKILL");
    await this.ask("superuser", "select");
  }

  /** Kills the server, and starts it again. */
  async kill(): Promise<void> {
    const pid = await this.#pid();
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    await this.startAgain();
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** Whether the server is there no more, and not only busy with recovering. */
  async hasEnded(): Promise<boolean> {
    const pid = await this.#pid();
    return pid === undefined || (await commandOf(pid)) === undefined;
  }

  async #pid(): Promise<number | undefined> {
    const file = await readFile(join(this.#home, "postgres", "postmaster.pid"), "utf8").catch(() => "");
    return Number.parseInt(file, 10) || undefined;
  }

  /** Starts the server when it has ended, and waits until it answers. */
  async startAgain(binDirectory?: string): Promise<void> {
    const { port } = this.#server;
    this.#server = await startIn(this.#home, binDirectory);
    if (this.#server.port === port) return;
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    for (const pool of pools) pool.end().catch(() => undefined);
  }

  async drop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    await this.#server.stop();
    await rm(this.#home, { recursive: true });
  }
}

const startIn = (home: string, binDirectory?: string) =>
  startEmbeddedServer({ home, binDirectory, log: () => undefined });

/** Does it again while the database is away, or has just come back. */
export async function whenThere<Result>(act: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isAway(error)) throw error;
      await sleep(20);
    }
  }
}

function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === undefined
    ? /connection|timeout/i.test(String(message))
    : typeof code === "string" && /^(08|57P|40001|40P01|PRBSY|ECONN|EPIPE)/.test(code);
}
