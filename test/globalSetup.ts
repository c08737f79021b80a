/* One PostgreSQL server for a run of the tests, with a template database that has everything installed.

   The server is that of TEST_DATABASE_URL (a superuser, or a login with CREATEROLE and CREATEDB, in any database), or one of
   our own that lives as long as the run: see serverOfRun.ts. Several runs may use one server at a time: databases and the
   operator's login carry the run's own prefix; the press_* roles and their passwords are shared, and the last run to end
   removes them. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../db/install.ts";
import { installPgTap } from "./pgtap.ts";
import { serverOfRun } from "./serverOfRun.ts";
import { dropDatabaseStatement, loginPassword, type TestServer, withDatabase } from "./testServer.ts";

const LOGINS = ["press_gateway", "press_worker", "press_auditor"];
const ROLES = [...LOGINS, "press_anonymous", "press_holder", "press_operator", "press_owner"];
/** Session locks in the database of TEST_DATABASE_URL: held by every run to its end; held while roles are changed. */
const RUN_LOCK = 4_653_371;
const SETUP_LOCK = 4_653_372;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { adminUrl, stop } = await serverOfRun(process.env);
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const server = await describeServer(admin, adminUrl);
  const tearDown = async () => {
    await removeTraces(admin, server);
    await admin.end();
    await stop();
  };
  try {
    await admin.query("select pg_advisory_lock_shared($1)", [RUN_LOCK]);
    await admin.query("select pg_advisory_lock($1)", [SETUP_LOCK]);
    await makeTemplate(admin, server);
    await admin.query("select pg_advisory_unlock($1)", [SETUP_LOCK]);
  } catch (error) {
    await tearDown();
    throw error;
  }
  project.provide("testServer", server);
  return tearDown;
}

async function describeServer(admin: pg.Client, adminUrl: string): Promise<TestServer> {
  const prefix = `press_test_${randomBytes(4).toString("hex")}`;
  const { rows } = await admin.query<{ is_superuser: boolean; extensions: string[] }>(
    `select r.rolsuper as is_superuser,
            array(select e.name::text from pg_available_extensions as e order by 1) as extensions
     from pg_roles as r where r.rolname = current_user`,
  );
  return {
    adminUrl,
    isSuperuser: rows[0]?.is_superuser ?? false,
    prefix,
    template: `${prefix}_template`,
    operatorLogin: `${prefix}_operator`,
    extensions: rows[0]?.extensions ?? [],
  };
}

async function makeTemplate(admin: pg.Client, server: TestServer): Promise<void> {
  const url = withDatabase(server.adminUrl, server.template);
  await createDatabaseIfMissing(server.adminUrl, server.template);
  await installDatabase({ url, own: server.isSuperuser, includeCurrent: true });
  await admin.query(`create role ${server.operatorLogin} login in role press_operator`);
  for (const login of [...LOGINS, server.operatorLogin]) {
    await setLoginPassword(admin, login, loginPassword(server.adminUrl, login));
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await installPgTap(client);
    await client.query(await readFile(join(import.meta.dirname, "sql", "helpers.sql"), "utf8"));
    await client.query(
      `create function tests.operator_login() returns text language sql immutable return '${server.operatorLogin}'`,
    );
  } finally {
    await client.end();
  }
}

async function removeTraces(admin: pg.Client, server: TestServer): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    "select datname as name from pg_database where starts_with(datname, $1)",
    [server.prefix],
  );
  for (const { name } of rows) {
    await admin.query(dropDatabaseStatement(server, name));
  }
  await admin.query(`drop role if exists ${server.operatorLogin}`);
  await admin.query("select pg_advisory_unlock_shared($1)", [RUN_LOCK]);
  const last = await admin.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [RUN_LOCK]);
  if (last.rows[0]?.locked) {
    // All or none: where Golden Press is installed for good its databases depend on the roles, and they stay.
    await admin.query(`drop role ${ROLES.join(", ")}`).catch((error: { code?: string }) => {
      if (error.code !== "2BP01") {
        throw error;
      }
    });
  }
}
