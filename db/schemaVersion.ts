/* Which schema a database has, and which one this version of Golden Press needs: the last migration of db/migrations/committed. Whatever
   uses a database asks here first, so that a wrong one is one sentence at the start and not an error in the middle of the work. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { UnusableDatabaseError } from "./databaseError.ts";

type Queryable = Pick<pg.ClientBase, "query">;

/** The oldest PostgreSQL that is supported, as its server_version_num. */
const SERVER_VERSION_MIN = 150_000;
/** The first migration had no function yet that tells its number. */
const FIRST_VERSION = 1;
const COMMITTED = join(import.meta.dirname, "migrations", "committed");

/**
 * Refuses a server older than 15.
 *
 * @throws {UnusableDatabaseError}
 */
export async function requireSupportedServer(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ version: string; version_number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as version_number`,
  );
  const { version, version_number: versionNumber } = rows[0] ?? { version: "?", version_number: 0 };
  if (versionNumber >= SERVER_VERSION_MIN) return;
  throw new UnusableDatabaseError(
    `Golden Press needs PostgreSQL 15 or later, and this server is ${version}: upgrade it, or correct the URL.`,
  );
}

/**
 * Refuses a server or a database in which nothing can be written.
 *
 * @throws {UnusableDatabaseError}
 */
export async function requireWritableServer(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ database: string; is_standby: boolean; is_read_only: boolean }>(
    `select current_database()::text as database, pg_is_in_recovery() as is_standby,
            current_setting('transaction_read_only') = 'on' as is_read_only`,
  );
  const { database, is_standby: isStandby, is_read_only: isReadOnly } = rows[0] ?? {};
  if (isStandby) {
    throw new UnusableDatabaseError(
      `The server of the database "${database}" is a standby, where nothing can be written: use the URL of its primary.`,
    );
  }
  if (isReadOnly) {
    throw new UnusableDatabaseError(
      `The database "${database}" is read-only for this login: find out why default_transaction_read_only is on, and set it to off.`,
    );
  }
}

/**
 * Refuses a database without a press, or with one of another schema than this version's. Needs the rights of the gateway, the worker, an
 * operator, an auditor or an owner, and no more.
 *
 * @throws {UnusableDatabaseError}
 */
export async function requireSchema(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ database: string; is_installed: boolean; tells_version: boolean }>(
    `select current_database()::text as database,
            exists (select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
                    where n.nspname = 'press' and c.relname = 'tickets') as is_installed,
            exists (select from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
                    where n.nspname = 'press_hidden' and p.proname = 'schema_version') as tells_version`,
  );
  const { database, is_installed: isInstalled, tells_version: tellsVersion } = rows[0] ?? {};
  if (!isInstalled) {
    throw new UnusableDatabaseError(
      `There is no press in the database "${database}": run "npm run migrate", or correct the URL.`,
    );
  }
  const version = tellsVersion ? await readVersion(db) : FIRST_VERSION;
  const needed = (await committedMigrations()).at(-1)?.number ?? FIRST_VERSION;
  if (version < needed) {
    throw new UnusableDatabaseError(
      `The database "${database}" has schema ${version}, and this version of Golden Press needs ${needed}: run "npm run migrate".`,
    );
  }
  if (version > needed) throw newerSchema(database ?? "", version, needed);
}

async function readVersion(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ version: number | null }>("select press_hidden.schema_version() as version");
  return rows[0]?.version ?? 0;
}

function newerSchema(database: string, version: number, known: number): UnusableDatabaseError {
  return new UnusableDatabaseError(
    `The database "${database}" has schema ${version}, and this version of Golden Press knows ${known} at most: use the version that migrated it, or a later one.`,
  );
}

/** A file of db/migrations/committed. */
interface CommittedMigration {
  readonly number: number;
  readonly file: string;
  /** Of this migration and all before it. */
  readonly hash: string;
}

/**
 * Refuses to migrate a database that has run other migrations than ours: later ones, or others under the same number.
 *
 * @param client a session that may read what press_owner owns
 * @throws {UnusableDatabaseError}
 */
export async function requireKnownHistory(client: pg.Client): Promise<void> {
  const found = await client.query(
    "select from pg_catalog.pg_tables where schemaname = 'graphile_migrate' and tablename = 'migrations'",
  );
  if (found.rowCount === 0) return;
  const { rows } = await client.query<{ number: number; hash: string }>(
    `select left(m.filename, 6)::integer as number, m.hash from graphile_migrate.migrations as m order by number`,
  );
  const committed = await committedMigrations();
  for (const { number, hash } of rows) {
    const ours = committed.find((migration) => migration.number === number);
    if (ours === undefined) {
      throw newerSchema(client.database ?? "", rows.at(-1)?.number ?? number, committed.at(-1)?.number ?? 0);
    }
    if (ours.hash !== hash) {
      throw new UnusableDatabaseError(
        `The database "${client.database}" has run another migration ${number} than the ${ours.file} of this version: use the version that migrated it, or another database.`,
      );
    }
  }
}

async function committedMigrations(): Promise<CommittedMigration[]> {
  const files = (await readdir(COMMITTED)).filter((name) => /^\d{6}.*\.sql$/.test(name)).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const hash = /^--! Hash: (\S+)$/m.exec(await readFile(join(COMMITTED, file), "utf8"))?.[1] ?? "";
      return { number: Number(file.slice(0, 6)), file, hash };
    }),
  );
}
