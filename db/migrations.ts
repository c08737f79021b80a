/* graphile-migrate, as this project uses it: by function calls, quietly, and leaving no connection behind. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { compile, current, Logger, migrate, type Settings } from "graphile-migrate";
import pg from "pg";

const ROOT = join(import.meta.dirname, "..");
/** Seconds to wait for somebody who migrates the same database with graphile-migrate's own commands. */
const WAIT_SECONDS = 60;
/** Seconds in which a migration is begun again and again while others hold what it changes. */
const LOCK_WAIT_SECONDS = 300;
/** The SQLSTATE by which a migration says that somebody has to stop first. */
const OBJECT_IN_USE = "55006";

/** Runs the committed migrations that the database has not seen, and logs the name of each. */
export async function applyMigrations(url: string, log: (message: string) => void): Promise<void> {
  const logger = new Logger(() => (_level, message) => {
    const name = /Running migration '(.*)'/.exec(message)?.[1];
    if (name !== undefined) {
      log(`applying migration ${name}`);
    }
  });
  await whenFree(() => withMigrationTool({ connectionString: url, logger }, migrate), log);
}

/** Runs db/migrations/current, the migration in the making. */
export async function applyCurrentMigration(url: string): Promise<void> {
  await whenFree(
    () => withMigrationTool({ connectionString: url }, current),
    () => undefined,
  );
}

/** The text of an SQL file of db/sql with its includes put in. */
export async function compileSql(url: string, file: string): Promise<string> {
  const text = await readFile(join(ROOT, "db", "sql", file), "utf8");
  return compile(await completeSettings({ connectionString: url }), text, { filename: file });
}

/**
 * Lends `work` complete settings for functions of graphile-migrate.
 * @param settings what differs from .gmrc; at least the connection string
 * @throws what the function throws, with file, line and column of a failed statement in the message
 */
export async function withMigrationTool(
  settings: Settings & { connectionString: string },
  work: (settings: Settings) => Promise<unknown>,
): Promise<void> {
  const sessionName = `graphile-migrate ${randomUUID()}`;
  const complete = await completeSettings(settings);
  for (const key of ["connectionString", "shadowConnectionString", "rootConnectionString"] as const) {
    complete[key] = complete[key] && withApplicationName(complete[key], sessionName);
  }
  try {
    await work(complete);
  } catch (error) {
    throw locateError(error);
  } finally {
    await closeConnections(settings.connectionString, sessionName);
  }
}

/** The settings of .gmrc, with the migrations' folder found from anywhere, and quiet. */
async function completeSettings(settings: Settings): Promise<Settings> {
  const text = await readFile(join(ROOT, ".gmrc"), "utf8");
  const shared = JSON.parse(text.replace(/^\s*\/\/.*$/gm, "")) as Settings;
  const migrationsFolder = join(ROOT, shared.migrationsFolder ?? "migrations");
  return { ...shared, migrationsFolder, logger: new Logger(() => () => undefined), ...settings };
}

function withApplicationName(url: string, name: string): string {
  const named = new URL(url);
  named.searchParams.set("application_name", name);
  return named.href;
}

/**
 * graphile-migrate gives up at once when another process migrates; patience makes both succeed. What a migration changes it waits for no longer than
 * .gmrc says, because everybody who comes later waits behind it: it changes nothing then, lets them go on, and begins again.
 */
async function whenFree(work: () => Promise<void>, log: (message: string) => void): Promise<void> {
  const begun = Date.now();
  const isLate = (seconds: number) => Date.now() > begun + seconds * 1000;
  for (let isWaiting = false; ; ) {
    try {
      return await work();
    } catch (error) {
      if (isInTheWay(error)) {
        if (isLate(LOCK_WAIT_SECONDS)) throw heldByOthers(error);
        if (!isWaiting) log("others hold what the migration changes: it is begun again until it has its turn");
        isWaiting = true;
      } else if (!String(error).includes("Failed to get exclusive lock")) {
        throw error;
      } else if (isLate(WAIT_SECONDS)) {
        throw new Error("Another process has been migrating this database for a minute. Try again when it is done.", {
          cause: error,
        });
      }
    }
    await sleep(200 + Math.random() * 300);
  }
}

/** The lock was not to be had in time, or was waited for crosswise. */
function isInTheWay(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "55P03" || code === "40P01";
}

function heldByOthers(cause: unknown): Error {
  return new Error(
    `Others have held what the migration changes for ${LOCK_WAIT_SECONDS / 60} minutes, and nothing was changed. Find who has been at it longest (select pid, usename, xact_start, query from pg_stat_activity order by xact_start), let them end, and migrate again.`,
    { cause },
  );
}

/** graphile-migrate keeps file, line and column of a failed statement beside the error. What a migration refuses itself needs neither. */
function locateError(error: unknown): unknown {
  if (error instanceof Error && "_gmMessageOverride" in error && (error as { code?: string }).code !== OBJECT_IN_USE) {
    error.message = String(error._gmMessageOverride);
  }
  return error;
}

/**
 * graphile-migrate keeps its connections for a while after use, and ends the whole process if one of them breaks then, as it
 * does when a caller stops the server. So they are closed, by a function that it has but does not export, and waited for.
 */
async function closeConnections(url: string, sessionName: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const internals = require(join(dirname(require.resolve("graphile-migrate")), "pgReal.js")) as {
    clearAllPools: () => void;
  };
  internals.clearAllPools();
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    while (
      (await client.query("select from pg_stat_activity where application_name = $1", [sessionName])).rowCount !== 0
    ) {
      await sleep(10);
    }
  } catch {
    // The server does not answer: then there is nothing to wait for, and the reason is known from `work`.
  } finally {
    await client.end();
  }
}
