import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "graphile-migrate";
import type pg from "pg";
import { inject } from "vitest";
import { withClient } from "../../db/connection.ts";
import { createDatabaseIfMissing, installDatabase, prepareDatabase } from "../../db/install.ts";
import { withMigrationTool } from "../../db/migrations.ts";
import { openPool, type TestDatabase, type TestLogin } from "../database.ts";
import { dropDatabaseStatement, withDatabase, withLogin } from "../testServer.ts";

const COMMITTED = join(import.meta.dirname, "../../db/migrations/committed");

/** A database of an earlier version, to be upgraded. */
export interface EarlierDatabase extends TestDatabase {
  /** Brings it to the present, `db/migrations/current` included. */
  upgrade(): Promise<void>;
}

/**
 * Makes a database with the schema of an earlier version, and no rows.
 *
 * @param last the number of that version's last migration, six digits
 */
export async function createEarlierDatabase(last: string): Promise<EarlierDatabase> {
  const server = inject("testServer");
  const name = `${server.prefix}_${randomBytes(6).toString("hex")}`;
  const pools = new Map<TestLogin, pg.Pool>();
  const adminUrl = withDatabase(server.adminUrl, name);
  const url = (as: TestLogin) => {
    if (as === "superuser") return adminUrl;
    return as === "owner"
      ? `${adminUrl}?options=-c%20role%3Dpress_owner`
      : withLogin(adminUrl, as === "operator" ? server.operatorLogin : as);
  };
  await install(adminUrl, name, last);
  return {
    name,
    operatorLogin: server.operatorLogin,
    url,
    pool(as) {
      const pool = pools.get(as) ?? openPool(url(as), 3);
      pools.set(as, pool);
      return pool;
    },
    upgrade: () => installDatabase({ url: adminUrl, own: server.isSuperuser, includeCurrent: true }),
    async drop() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      await withClient(server.adminUrl, (client) => client.query(dropDatabaseStatement(server, name)));
    },
  };
}

async function install(url: string, name: string, last: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "golden-press-earlier-version-"));
  try {
    await mkdir(join(folder, "committed"));
    for (const file of await readdir(COMMITTED)) {
      if (file.endsWith(".sql") && file.slice(0, 6) <= last) {
        await copyFile(join(COMMITTED, file), join(folder, "committed", file));
      }
    }
    await createDatabaseIfMissing(inject("testServer").adminUrl, name);
    await withClient(url, (client) => prepareDatabase(client, url));
    await withMigrationTool({ connectionString: url, migrationsFolder: folder }, migrate);
  } finally {
    await rm(folder, { recursive: true });
  }
}
