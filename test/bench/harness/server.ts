/**
 * The PostgreSQL of the bench: the embedded one on a temporary folder, as durable as in production. What is committed is on the disk, for us
 * and for every peer that uses PostgreSQL; a bench that says otherwise of its server refuses to run.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type EmbeddedServer, startEmbeddedServer } from "../../../db/embedded.ts";
import { installDatabase, setLoginPassword } from "../../../db/install.ts";
import { urlAs } from "../../../start/home.ts";

/** Settings of PostgreSQL by their names. */
export type Settings = Readonly<Record<string, string>>;

/** Never touched: without them an acknowledged ticket could be lost. */
const DURABLE = ["fsync", "synchronous_commit", "full_page_writes"] as const;

/** What the report tells of the server. */
const REPORTED = [
  ...DURABLE,
  "shared_buffers",
  "wal_compression",
  "wal_buffers",
  "max_wal_size",
  "checkpoint_timeout",
  "commit_delay",
  "wal_level",
] as const;

const TEMPLATE = "bench_template";

export class BenchServer {
  /** A folder on the same disk as the data, for peers that keep data of their own; gone with the server. */
  readonly home: string;
  #server: EmbeddedServer;
  readonly #password = randomBytes(16).toString("hex");

  private constructor(home: string, server: EmbeddedServer) {
    this.home = home;
    this.#server = server;
  }

  /** Starts a server in a folder of its own and installs the press into the template of all databases. */
  static async start(): Promise<BenchServer> {
    const home = await mkdtemp(join(tmpdir(), "golden-press-bench-"));
    await chmod(home, 0o755); // Started by root, the server runs as another user, who must be able to enter.
    cleanUpAfterDeath(home);
    const server = new BenchServer(home, await startEmbeddedServer({ home, log: () => undefined }));
    await server.#install();
    return server;
  }

  get port(): number {
    return this.#server.port;
  }

  url(database: string, login?: "press_gateway" | "press_worker"): string {
    const superuserUrl = this.#server.superuserUrl(database);
    return login === undefined ? superuserUrl : urlAs(superuserUrl, login, this.#password);
  }

  /** Lends a session of the superuser. */
  async with<Result>(database: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** A database with an empty press in it. */
  async createDatabase(name: string): Promise<void> {
    await this.with("postgres", (client) => client.query(`create database ${name} template ${TEMPLATE}`));
  }

  async dropDatabase(name: string): Promise<void> {
    await this.with("postgres", (client) => client.query(`drop database if exists ${name} with (force)`));
  }

  /** Writes what is dirty, so that nobody pays for what another did before. */
  async checkpoint(): Promise<void> {
    await this.with("postgres", (client) => client.query("checkpoint"));
  }

  /** Starts again with these settings instead of the defaults; what is not named has its default. */
  async restart(settings: Settings): Promise<void> {
    await this.with("postgres", async (client) => {
      await client.query("alter system reset all");
      for (const [name, value] of Object.entries(settings)) {
        await client.query(`alter system set ${name} = ${pg.escapeLiteral(value)}`);
      }
    });
    await this.#server.stop();
    this.#server = await startEmbeddedServer({ home: this.home, log: () => undefined });
  }

  /** The settings that matter as the server has them now, and its version. */
  async describe(): Promise<{ version: string; settings: Settings }> {
    return this.with("postgres", async (client) => {
      const { rows } = await client.query<{ name: string; value: string }>(
        "select name, current_setting(name) as value from unnest($1::text[]) name",
        [["server_version", ...REPORTED]],
      );
      const { server_version: version = "", ...settings } = Object.fromEntries(
        rows.map(({ name, value }) => [name, value]),
      );
      const undurable = DURABLE.find((name) => settings[name] !== "on");
      if (undurable !== undefined) throw new Error(`The server has ${undurable} off: nothing is measured that way.`);
      return { version, settings };
    });
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await rm(this.home, { recursive: true, force: true });
  }

  async #install(): Promise<void> {
    await this.with("postgres", (client) => client.query(`create database ${TEMPLATE}`));
    await installDatabase({ url: this.url(TEMPLATE), own: true, includeCurrent: true });
    await this.with(TEMPLATE, async (client) => {
      for (const login of ["press_gateway", "press_worker"]) await setLoginPassword(client, login, this.#password);
    });
  }
}

/** A shell reads from a pipe that ends when this process does, be it by SIGKILL; then it removes server and data. */
function cleanUpAfterDeath(home: string): void {
  const script = 'cat; kill -QUIT "$(head -n 1 "$0/postgres/postmaster.pid")" 2>/dev/null; rm -rf "$0"';
  const shell = spawn("sh", ["-c", script, home], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  (shell.stdin as Socket).unref();
}
