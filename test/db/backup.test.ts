/* A backup as docs/installing.md says, made and restored on another server by a login with CREATEROLE and CREATEDB: everything is there again,
   for gateway and worker, too. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { formatCatalogue, readCatalogue } from "../../db/catalogue.ts";
import { withClient } from "../../db/connection.ts";
import type { EmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { startThrowawayServer } from "../../db/throwaway.ts";
import { checkDatabase as checkForGateway } from "../../gateway/database.ts";
import { checkDatabase as checkForWorker } from "../../worker/rights.ts";
import { openPool } from "../database.ts";
import { missingRequirement, POSTGRESQL_15, testRequiring } from "../requirements.ts";

const NEEDS = ["postgresql15"] as const;
const ROLES = join(import.meta.dirname, "../../db/roles.sql");
let folder: string;
const servers: EmbeddedServer[] = [];

beforeAll(async () => {
  if (missingRequirement(...NEEDS) !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), "golden-press-backup-"));
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** A new server, and the URL of an empty database on it, by a login that is no superuser. */
async function startServer(): Promise<string> {
  const server = await startThrowawayServer(POSTGRESQL_15);
  servers.push(server);
  const installer = (database: string) =>
    Object.assign(new URL(server.superuserUrl(database)), { username: "installer", password: "secret" }).href;
  await withClient(server.superuserUrl("postgres"), async (client) => {
    await client.query("create role installer login createrole createdb");
    await setLoginPassword(client, "installer", "secret");
  });
  await createDatabaseIfMissing(installer("postgres"), "press");
  return installer("press");
}

function run(program: string, ...args: string[]): void {
  execFileSync(join(POSTGRESQL_15, program), args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** The schema, and the rows of every table of it. */
async function describeEverything(url: string): Promise<string> {
  return withClient(url, async (client) => {
    await client.query("begin; set local role press_owner");
    const schema = formatCatalogue(await readCatalogue(client));
    const { rows } = await client.query<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and n.nspname ~ '^(press|graphile_)' and c.oid <> 'graphile_migrate.current'::regclass order by 1`,
    );
    const tables: string[] = [];
    for (const { name } of rows) {
      const content = await client.query(`select to_jsonb(t)::text as row from ${name} as t order by 1`);
      tables.push(`${name}: ${JSON.stringify(content.rows)}`);
    }
    return [schema, ...tables].join("\n");
  });
}

testRequiring(...NEEDS)("what was dumped is restored on another server, to the last row", async () => {
  const url = await startServer();
  await installDatabase({ url, own: false, includeCurrent: true });
  await withClient(url, async (client) => {
    await client.query("grant press_operator to current_user");
    await client.query(
      "select press.create_edition('golden-ticket', 'The golden ticket', 5), press.open_edition('golden-ticket')",
    );
    await client.query("select press.issue_tickets('golden-ticket', 3, recipient => 'alice')");
  });
  const dump = join(folder, "press.dump");
  run("pg_dump", "--format=custom", "--enable-row-security", `--file=${dump}`, url);

  const restored = await startServer();
  run("psql", "--quiet", "--set=ON_ERROR_STOP=1", `--file=${ROLES}`, restored);
  run("pg_restore", "--exit-on-error", `--dbname=${restored}`, dump);
  await installDatabase({ url: restored, own: false, includeCurrent: true });
  // A dump writes the same conditions with fewer parentheses.
  const [original, copy] = (await Promise.all([url, restored].map(describeEverything))).map((text) =>
    text.replaceAll(/[()]/g, ""),
  );
  expect(original).toContain('"ticket_number\\": 3');
  expect(copy).toBe(original);

  for (const [login, check] of [
    ["press_gateway", checkForGateway],
    ["press_worker", checkForWorker],
  ] as const) {
    await withClient(restored, (client) => setLoginPassword(client, login, "secret"));
    const pool = openPool(Object.assign(new URL(restored), { username: login }).href, 1);
    await check(pool).finally(() => pool.end());
  }
});
