/* Brings a database to the present: roles, job tables, migrations. Run at every start and by `npm run migrate`;
   a second run changes nothing, and any number may run at once. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Logger, runMigrations } from "graphile-worker";
import pg from "pg";
import { withClient } from "./connection.ts";
import { applyCurrentMigration, applyMigrations } from "./migrations.ts";
import { requireKnownHistory, requireSupportedServer, requireWritableServer } from "./schemaVersion.ts";
import { scramVerifier } from "./scram.ts";

export interface InstallOptions {
  /** A login that is a superuser, or has CREATEROLE and owns the database. */
  url: string;
  /** The database serves Golden Press alone, so that PUBLIC may lose there what could be in its way: see {@link restrictEverybody}. Needs a superuser. */
  own: boolean;
  /** Also applies db/migrations/current, the migration in the making: for tests and generated files only. */
  includeCurrent?: boolean;
  log?: (message: string) => void;
}

/** Key of the session lock that lets one installation of a database run at a time. */
const INSTALL_LOCK = 4_653_370;
/** Minutes that an installation waits for another one before it gives up. */
const WAIT_MINUTES = 5;

/**
 * Installs Golden Press into a database, or migrates what is there. Works on PostgreSQL 15 and later.
 * Passwords are left alone: see {@link setLoginPassword}.
 * @throws Error with a sentence that says what is missing: rights, or a newer PostgreSQL
 */
export async function installDatabase(options: InstallOptions): Promise<void> {
  const install = (client: pg.Client) =>
    installOver(client, options).catch((error) => Promise.reject(explain(client, error)));
  await withClient(options.url, install, "golden-press install");
}

async function installOver(
  client: pg.Client,
  { url, own, includeCurrent, log = () => undefined }: InstallOptions,
): Promise<void> {
  await requireSupportedServer(client);
  await requireWritableServer(client);
  await requireUtf8(client);
  await requireOwnSchemas(client);
  await takeTurn(client, log);
  await requireKnownHistory(client);
  await prepareDatabase(client, url);
  await applyMigrations(url, log);
  if (includeCurrent) {
    await applyCurrentMigration(url);
  }
  if (own) {
    await restrictEverybody(client);
  }
}

/** Several processes may start at once, each of which installs first. The lock ends with the session. */
async function takeTurn(client: pg.Client, log: (message: string) => void): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [INSTALL_LOCK]);
  if (!rows[0]?.locked) {
    log("waiting for another installation of this database to end");
    await client.query(`set lock_timeout = '${WAIT_MINUTES}min'`);
    await client.query("select pg_advisory_lock($1)", [INSTALL_LOCK]);
    await client.query("reset lock_timeout");
  }
}

/**
 * What must be there before the first migration: the roles, their rights to the database, the schema of the jobs.
 * @param client a session of the installing login in that database
 */
export async function prepareDatabase(client: pg.Client, url: string): Promise<void> {
  await makeRoles(client);
  await installJobTables(client, url);
}

/**
 * The roles and their rights to the database, all or none: a login that may not install leaves nothing behind. Roles belong to the whole
 * server, so an installation into another database may be changing them at this moment.
 */
async function makeRoles(client: pg.Client): Promise<void> {
  const roles = await readFile(join(import.meta.dirname, "roles.sql"), "utf8");
  const database = client.escapeIdentifier(client.database ?? "");
  // A grant without the right to grant is only a warning to PostgreSQL.
  const rights = `
    grant connect, create on database ${database} to press_owner;
    grant connect on database ${database} to press_gateway, press_worker, press_auditor;
    do $$
    begin
      if not has_database_privilege('press_owner', current_database(), 'create') then
        raise insufficient_privilege using message = 'no right to grant CREATE on the database';
      end if;
    end
    $$`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(`begin; ${roles}; ${rights}; commit`);
      return;
    } catch (error) {
      await client.query("rollback");
      if (!isConcurrentChange(error) || attempt === 20) {
        throw error;
      }
      await sleep(50 + Math.random() * 100);
    }
  }
}

/** "tuple concurrently updated", or somebody made the same role a moment earlier. */
function isConcurrentChange(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "XX000" || code === "23505" || code === "42710";
}

/**
 * The schema of graphile-worker, owned by press_owner and not by the worker's login: an installer, or a function of the owner, that
 * touched what a login owns would run that login's code with its own rights.
 */
async function installJobTables(client: pg.Client, url: string): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    // Awaited by the pool, although its types do not say so.
    onConnect: async (session) => {
      await session.query("set role press_owner");
    },
  });
  // A connection that breaks fails the query that uses it; graphile-worker insists on handlers all the same.
  pool.on("error", () => undefined);
  pool.on("connect", (session) => session.on("error", () => undefined));
  try {
    await runMigrations({ pgPool: pool, logger: new Logger(() => () => undefined) });
  } finally {
    await pool.end();
  }
  const rights = await readFile(join(import.meta.dirname, "jobs.sql"), "utf8");
  await client.query(`set role press_owner; ${rights}; reset role`);
}

/**
 * What PostgreSQL lets everybody do and no login of the press needs. Advisory locks are numbers that anybody may take: one idle session with the
 * right number would stop an edition. A temporary table is a name that code of the owner could mistake, and large objects fill the disk.
 * In a database of our own only those who need them keep them.
 */
async function restrictEverybody(client: pg.Client): Promise<void> {
  await client.query(`
    do $$
    declare
      v_function regprocedure;
    begin
      for v_function in
        select p.oid from pg_catalog.pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace and p.proname ~ '^(pg_(try_)?advisory_|lo_creat|lo_from_bytea)'
      loop
        execute format('revoke execute on function %s from public', v_function);
      end loop;
    end
    $$;
    grant execute on function
      pg_catalog.pg_advisory_xact_lock(integer, integer),
      pg_catalog.pg_advisory_lock(bigint),
      pg_catalog.pg_try_advisory_lock(bigint),
      pg_catalog.pg_advisory_unlock(bigint)
    to press_owner;
    revoke temporary on database ${client.escapeIdentifier(client.database ?? "")} from public`);
}

async function requireUtf8(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>("select current_setting('server_encoding') as encoding");
  if (rows[0]?.encoding !== "UTF8") {
    throw new Error(
      `Golden Press needs a database of encoding UTF8, and this one is ${rows[0]?.encoding}: make one with "create database … encoding 'UTF8' template template0".`,
    );
  }
}

/** In a database that is shared, another application may use the same tools: what is theirs is not touched. */
async function requireOwnSchemas(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; owner: string }>(
    `select n.nspname::text as name, pg_get_userbyid(n.nspowner)::text as owner from pg_catalog.pg_namespace as n
     where n.nspname = any ($1) and pg_get_userbyid(n.nspowner) <> 'press_owner' order by n.nspname`,
    [
      [
        "press",
        "press_hidden",
        "press_gateway",
        "press_worker",
        "press_private",
        "graphile_worker",
        "graphile_migrate",
      ],
    ],
  );
  const [taken] = rows;
  if (taken !== undefined) {
    throw new Error(
      `The schema ${taken.name} of the database "${client.database}" belongs to ${taken.owner}, another application, and Golden Press needs one of that name: give it another database.`,
    );
  }
}

/** Turns what PostgreSQL says into what the person who installs can do about it; other errors pass unchanged. */
function explain(client: pg.Client, error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "42501") {
    return new Error(
      `The login "${client.user}" may not install Golden Press into the database "${client.database}": ${message}. It must be a superuser, or have CREATEROLE and own the database (or hold CONNECT and CREATE on it with grant option); where the press_* roles were made by another login, install with that one.`,
      { cause: error },
    );
  }
  if (code === "55P03") {
    return new Error(
      `Another installation of the database "${client.database}" has been running for ${WAIT_MINUTES} minutes. Wait until it ends, or end its session, then start again.`,
      { cause: error },
    );
  }
  return error;
}

/**
 * Makes a database, owned by the login of the URL, unless it is there already.
 * @param url a connection to any other database of the server, by a login with CREATEDB
 */
export async function createDatabaseIfMissing(url: string, name: string): Promise<void> {
  await withClient(url, async (client) => {
    const found = await client.query("select from pg_catalog.pg_database where datname = $1", [name]);
    if (found.rowCount !== 0) {
      return;
    }
    await client.query(`create database ${client.escapeIdentifier(name)}`).catch((error: { code?: string }) => {
      // Somebody else made it between the two statements.
      if (error.code !== "42P04" && error.code !== "23505") {
        throw error;
      }
    });
  });
}

/** Sets the password of a login. Only a verifier leaves this process, so that no log or statistic ever holds it. */
export async function setLoginPassword(client: pg.ClientBase, role: string, password: string): Promise<void> {
  const verifier = scramVerifier(password, randomBytes(16));
  await client.query(`alter role ${pg.escapeIdentifier(role)} password ${pg.escapeLiteral(verifier)}`);
}
