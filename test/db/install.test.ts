import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { formatCatalogue, readCatalogue } from "../../db/catalogue.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { startThrowawayServer } from "../../db/throwaway.ts";
import { createTestDatabase } from "../database.ts";
import { POSTGRESQL_15, testRequiring } from "../requirements.ts";
import { dropDatabaseStatement, withDatabase } from "../testServer.ts";

/** The lock that graphile-migrate's own commands take ("GRAPHILE MIGRATE" on a phone's keypad). */
const MIGRATE_LOCK = "4727445306447283";

const server = inject("testServer");
const own = server.isSuperuser;
let admin: pg.Client;

beforeAll(async () => {
  admin = await connect(server.adminUrl);
});

afterAll(() => admin.end());

test("a second installation changes nothing", async () => {
  const url = await emptyDatabase();
  const messages: string[] = [];
  const log = (message: string) => messages.push(message);
  await installDatabase({ url, own, includeCurrent: true, log });
  expect(messages[0]).toBe("applying migration 000001-golden-ticket.sql");
  messages.length = 0;
  const before = await describeDatabase(url);
  await installDatabase({ url, own, includeCurrent: true, log });
  expect(await describeDatabase(url)).toBe(before);
  expect(messages).toEqual([]);
  await drop(url);
});

test("any number of installations at once into one database all succeed", async () => {
  const url = await emptyDatabase();
  await Promise.all([1, 2, 3].map(() => installDatabase({ url, own, includeCurrent: true })));
  expect(await isInstalled(url)).toBe(true);
  await drop(url);
});

test("installations at once into several databases of one server all succeed", async () => {
  const urls = await Promise.all([emptyDatabase(), emptyDatabase(), emptyDatabase()]);
  await Promise.all(urls.map((url) => installDatabase({ url, own, includeCurrent: true })));
  expect(await Promise.all(urls.map(isInstalled))).toEqual([true, true, true]);
  for (const url of urls) {
    await drop(url);
  }
});

test("an installation waits for somebody who migrates with other tools", async () => {
  const url = await emptyDatabase();
  const other = await connect(url);
  await other.query(`select pg_advisory_lock(${MIGRATE_LOCK})`);
  const installation = installDatabase({ url, own, includeCurrent: true });
  await until(async () => {
    const attempts = await other.query(
      "select from pg_stat_activity where query like '%pg_try_advisory_lock%' and pid <> pg_backend_pid()",
    );
    return attempts.rowCount !== 0;
  });
  expect(await isInstalled(url)).toBe(false);
  await other.query(`select pg_advisory_unlock(${MIGRATE_LOCK})`);
  await other.end();
  await installation;
  expect(await isInstalled(url)).toBe(true);
  await drop(url);
});

test("everything belongs to press_owner, the tables of the tools too", async () => {
  const database = await createTestDatabase();
  const { rows } = await database.pool("superuser").query(
    `select distinct n.nspname as schema, pg_get_userbyid(c.relowner) as owner
     from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
     where n.nspname in ('press', 'press_private', 'graphile_worker', 'graphile_migrate') order by 1`,
  );
  expect(rows).toEqual([
    { schema: "graphile_migrate", owner: "press_owner" },
    { schema: "graphile_worker", owner: "press_owner" },
    { schema: "press", owner: "press_owner" },
    { schema: "press_private", owner: "press_owner" },
  ]);
  await database.drop();
});

describe("advisory locks", () => {
  const asAnybody = `select has_function_privilege('public', 'pg_advisory_lock(bigint)', 'execute')
                            or has_function_privilege('press_gateway', 'pg_try_advisory_xact_lock_shared(int, int)', 'execute') as allowed`;

  testRequiring("superuser")("are taken from everybody in a database of our own", async () => {
    const database = await createTestDatabase();
    expect((await database.pool("superuser").query(asAnybody)).rows).toEqual([{ allowed: false }]);
    const owner =
      "select has_function_privilege('press_owner', 'pg_advisory_xact_lock(int, int)', 'execute') as allowed";
    expect((await database.pool("superuser").query(owner)).rows).toEqual([{ allowed: true }]);
    await database.drop();
  });

  testRequiring("superuser")("and temporary tables and large objects are taken with them", async () => {
    const url = await emptyDatabase();
    await installDatabase({ url, own: true });
    const client = await connect(url);
    const everybody = `select has_database_privilege('press_gateway', current_database(), 'temporary')
                          or has_function_privilege('press_gateway', 'lo_create(oid)', 'execute')
                          or has_function_privilege('press_gateway', 'lo_from_bytea(oid, bytea)', 'execute') as allowed`;
    expect((await client.query(everybody)).rows).toEqual([{ allowed: false }]);
    await client.end();
    await drop(url);
  });

  test("stay as they are in a shared one", async () => {
    const url = await emptyDatabase();
    await installDatabase({ url, own: false, includeCurrent: true });
    const client = await connect(url);
    expect((await client.query(asAnybody)).rows).toEqual([{ allowed: true }]);
    await client.end();
    await drop(url);
  });
});

describe("a login with CREATEROLE that owns the database, and is no superuser", () => {
  test("may install, twice, on npm's PostgreSQL", () => installAsLimitedLogin());
  testRequiring("postgresql15")("may install, twice, on PostgreSQL 15", () => installAsLimitedLogin(POSTGRESQL_15));
});

test("a login without rights is told which it needs", async () => {
  const url = await emptyDatabase();
  const login = `${server.prefix}_stranger`;
  await admin.query(`create role ${login} login`);
  await setLoginPassword(admin, login, "secret");
  const strangersUrl = new URL(url);
  strangersUrl.username = login;
  strangersUrl.password = "secret";
  await expect(installDatabase({ url: strangersUrl.href, own: false })).rejects.toThrow(
    new RegExp(`The login "${login}" may not install .*CREATEROLE and own the database`),
  );
  await drop(url);
  await admin.query(`drop role ${login}`);
});

test("a database is made once, however many ask", async () => {
  const name = `${server.prefix}_once`;
  await Promise.all([1, 2, 3].map(() => createDatabaseIfMissing(server.adminUrl, name)));
  await createDatabaseIfMissing(server.adminUrl, name);
  const { rowCount } = await admin.query("select from pg_database where datname = $1", [name]);
  expect(rowCount).toBe(1);
  await admin.query(`drop database ${name}`);
});

test("a password that was set opens the login, and no other does", async () => {
  const login = `${server.prefix}_holder_of_a_password`;
  const password = `it's "not" $simple$ ${randomBytes(8).toString("base64")}`;
  await admin.query(`create role ${login} login`);
  await setLoginPassword(admin, login, password);
  const url = new URL(server.adminUrl);
  url.username = login;
  url.password = encodeURIComponent(password);
  const client = await connect(url.href);
  expect((await client.query("select session_user::text as login")).rows).toEqual([{ login }]);
  await client.end();
  url.password = encodeURIComponent(`${password}.`);
  await expect(connect(url.href)).rejects.toMatchObject({ code: "28P01" });
  await expect(setLoginPassword(admin, login, "pässword")).rejects.toThrow(/printable ASCII/);
  await admin.query(`drop role ${login}`);
});

async function installAsLimitedLogin(binDirectory?: string): Promise<void> {
  const fresh = await startThrowawayServer(binDirectory);
  try {
    const superuser = await connect(fresh.superuserUrl("postgres"));
    await superuser.query("create role installer login createrole createdb");
    await setLoginPassword(superuser, "installer", "secret");
    await superuser.end();
    const url = new URL(fresh.superuserUrl("postgres"));
    url.username = "installer";
    url.password = "secret";
    await createDatabaseIfMissing(url.href, "press");
    const pressUrl = withDatabase(url.href, "press");
    await installDatabase({ url: pressUrl, own: false, includeCurrent: true });
    const before = await describeDatabase(pressUrl);
    await installDatabase({ url: pressUrl, own: false, includeCurrent: true });
    expect(await describeDatabase(pressUrl)).toBe(before);
    const installer = await connect(pressUrl);
    await setLoginPassword(installer, "press_worker", "workers secret");
    await installer.end();
  } finally {
    await fresh.stop();
  }
}

/** The catalogue, rights to the database, memberships, and which migrations ran. */
async function describeDatabase(url: string): Promise<string> {
  const client = await connect(url);
  await client.query("begin");
  const catalogue = formatCatalogue(await readCatalogue(client));
  await client.query("set local role press_owner");
  const { rows } = await client.query(
    `select array(select d.datacl::text from pg_database as d where d.datname = current_database()) as rights,
            array(select format('%s > %s', m.roleid::regrole, m.member::regrole) from pg_auth_members as m
                  where not starts_with(m.roleid::regrole::text, '${server.prefix}') order by 1) as members,
            array(select m.filename || m.hash from graphile_migrate.migrations as m order by 1) as migrations,
            array(select format('%s: %s', p.oid::regprocedure, p.proacl)
                  from pg_proc as p where p.proname ~ 'advisory' order by p.oid) as advisory`,
  );
  await client.end();
  return catalogue + JSON.stringify(rows, null, 2);
}

async function isInstalled(url: string): Promise<boolean> {
  const client = await connect(url);
  const { rows } = await client.query("select to_regclass('press.tickets') is not null as installed");
  await client.end();
  return rows[0].installed;
}

async function emptyDatabase(): Promise<string> {
  const name = `${server.prefix}_${randomBytes(6).toString("hex")}`;
  await createDatabaseIfMissing(server.adminUrl, name);
  return withDatabase(server.adminUrl, name);
}

async function drop(url: string): Promise<void> {
  await admin.query(dropDatabaseStatement(server, new URL(url).pathname.slice(1)));
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    // Each look is a round trip to the server: that is the pause.
  }
}
