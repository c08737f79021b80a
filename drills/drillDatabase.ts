/* The PostgreSQL servers of a drill: each a real one, as durable as in production, in a folder of its own. */
import { appendFile, chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { withClient } from "../db/connection.ts";
import { commandOf, type EmbeddedServer, startEmbeddedServer } from "../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../db/install.ts";
import { cleanUpAfterDeath } from "../db/throwaway.ts";
import { EMBEDDED_DATABASE, urlAs } from "../start/home.ts";
import { copyTree, writeOwned } from "./files.ts";
import { DrillError, waitFor } from "./waitFor.ts";

/** Settings of PostgreSQL by their names. */
export type Settings = Readonly<Record<string, string>>;

/** The logins of the press, and the one that a standby replicates with; in a drill they share a password. */
export type DrillLogin = "press_gateway" | "press_worker" | "operator" | "standby";

const LOGINS: readonly DrillLogin[] = ["press_gateway", "press_worker", "operator", "standby"];

/** What all servers of a drill have in common. */
export interface DrillServers {
  /** The folder of the drill: entered by the server's user, too. */
  readonly folder: string;
  /** The password of the logins. */
  readonly password: string;
  /** Another PostgreSQL than npm's: the folder of its programs. */
  readonly binDirectory: string | undefined;
  /** Those that run, to be stopped at the end. */
  readonly started: Set<DrillDatabase>;
}

/** How a server is made from a base backup. */
export interface Restoration {
  /** The folder of the backup. */
  readonly backup: string;
  readonly origin: DrillDatabase;
  readonly role: "recovery" | "standby";
  readonly settings: Settings;
}

export class DrillDatabase {
  readonly #servers: DrillServers;
  /** What the drill calls it. */
  readonly name: string;
  #server: EmbeddedServer | undefined;

  private constructor(servers: DrillServers, name: string) {
    this.#servers = servers;
    this.name = name;
  }

  /** A new server with an empty press in it, and these settings. */
  static async create(servers: DrillServers, name: string, settings: Settings): Promise<DrillDatabase> {
    const database = new DrillDatabase(servers, name);
    await database.#makeHome();
    await database.start();
    await createDatabaseIfMissing(database.url(undefined, "postgres"), EMBEDDED_DATABASE);
    await installDatabase({ url: database.url(), own: true, includeCurrent: true });
    await database.with(async (client) => {
      await client.query("create role operator login in role press_operator; create role standby login replication");
      for (const login of LOGINS) await setLoginPassword(client, login, servers.password);
    });
    await database.set(settings);
    await database.stop(); // Some settings are read when a server starts, and only then.
    await database.start();
    return database;
  }

  /**
   * A server on a copy of a base backup; it does not run yet.
   *
   * @param origin whose backup it is: the password of its superuser is in it
   * @param role the file that tells it what to be: `recovery` to be brought to a moment, `standby` to follow another server
   * @param settings they count in place of those that the backup has
   */
  static async fromBackup(
    servers: DrillServers,
    name: string,
    { backup, origin, role, settings }: Restoration,
  ): Promise<DrillDatabase> {
    const database = new DrillDatabase(servers, name);
    await database.#makeHome();
    await copyTree(backup, database.data);
    await copyTree(join(origin.home, "postgres-password"), join(database.home, "postgres-password"));
    const lines = Object.entries(settings).map(([key, value]) => `${key} = '${value.replaceAll("'", "''")}'\n`);
    await writeFile(join(database.data, "postgresql.auto.conf"), lines.join(""));
    await writeOwned(join(database.data, `${role}.signal`), "");
    return database;
  }

  get home(): string {
    return join(this.#servers.folder, this.name);
  }

  /** Its data directory. */
  get data(): string {
    return join(this.home, "postgres");
  }

  get port(): number {
    return this.#running.port;
  }

  /** The URL of a login; of the superuser unless it is said. */
  url(login?: DrillLogin, database = EMBEDDED_DATABASE): string {
    const url = this.#running.superuserUrl(database);
    return login === undefined ? url : urlAs(url, login, this.#servers.password);
  }

  async start(): Promise<void> {
    const { binDirectory } = this.#servers;
    this.#server = await startEmbeddedServer({ home: this.home, binDirectory, log: () => undefined });
    this.#servers.started.add(this);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#servers.started.delete(this);
    await server?.stop();
  }

  /** Ends the server as a loss of power would: what is on the disk is what there is. */
  async kill(): Promise<void> {
    const pid = Number((await readFile(join(this.data, "postmaster.pid"), "utf8")).split("\n", 1)[0]);
    process.kill(pid, "SIGKILL");
    await waitFor("the end of a killed server", async () => (await commandOf(pid)) === undefined);
    await this.stop(); // Of the dead server nothing is left but our own connection.
  }

  /** Lends a session of the superuser. */
  with<Result>(act: (client: pg.Client) => Promise<Result>): Promise<Result> {
    return withClient(this.url(), act, "golden-press drill");
  }

  async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.with(async (client) => (await client.query<Row>(text, values)).rows);
  }

  /** Sets what it reads at its next start, or at once where it can. */
  async set(settings: Settings): Promise<void> {
    await this.with(async (client) => {
      for (const [name, value] of Object.entries(settings)) {
        await client.query(`alter system set ${name} = ${client.escapeLiteral(value)}`);
      }
      await client.query("select pg_reload_conf()");
    });
  }

  /** Sets it while the server does not run. */
  async setStopped(settings: Settings): Promise<void> {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
    await appendFile(join(this.data, "postgresql.auto.conf"), lines.join(""));
  }

  /** Waits until a server that recovers takes writes. */
  async untilWritable(): Promise<void> {
    await waitFor(`the end of the recovery of the ${this.name}`, async () => {
      const [row] = await this.query<{ is_done: boolean }>("select not pg_is_in_recovery() as is_done");
      return row?.is_done ?? false;
    });
  }

  get #running(): EmbeddedServer {
    if (this.#server === undefined) throw new DrillError(`The ${this.name} does not run.`);
    return this.#server;
  }

  async #makeHome(): Promise<void> {
    await mkdir(this.home);
    await chmod(this.home, 0o755);
    cleanUpAfterDeath(this.home);
  }
}
