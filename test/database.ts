import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { dropDatabaseStatement, withDatabase, withLogin } from "./testServer.ts";

/**
 * "superuser" is the login that installs; with a TEST_DATABASE_URL of fewer rights it is no superuser (see requirements.ts). "owner" is the same
 * login in the role press_owner, which sees and may change everything that is the press's.
 */
export type TestLogin = "superuser" | "owner" | "press_gateway" | "press_worker" | "press_auditor" | "operator";

export interface TestDatabase {
  name: string;
  /** The name of the database login behind "operator", as current_actor() reports it. */
  operatorLogin: string;
  url(as: TestLogin): string;
  /** One pool a login, of at most `max` connections as the first call says (10 unless told); closed by `drop()`. */
  pool(as: TestLogin, max?: number): pg.Pool;
  /** Ends the pools, then everybody else's sessions, and drops the database. */
  drop(): Promise<void>;
}

export interface CopyableDatabase extends TestDatabase {
  /** Another database with the same rows. Ends the pools first, because nobody may be connected to what is copied; they open again when asked for. */
  copy(): Promise<CopyableDatabase>;
}

/**
 * A database of its own for a test file, with everything installed and no rows, in about 0.1 s.
 * Drop it in `afterAll`; what a crashed file leaves is dropped at the end of the run.
 */
export function createTestDatabase(): Promise<CopyableDatabase> {
  return copyOf(inject("testServer").template);
}

async function copyOf(template: string): Promise<CopyableDatabase> {
  const server = inject("testServer");
  const name = `${server.prefix}_${randomBytes(6).toString("hex")}`;
  await asAdmin(`create database ${name} template ${template}`);
  const pools = new Map<TestLogin, pg.Pool>();
  const adminUrl = withDatabase(server.adminUrl, name);
  const url = (as: TestLogin) => {
    if (as === "superuser") {
      return adminUrl;
    }
    if (as === "owner") {
      return asOwner(adminUrl);
    }
    return withLogin(adminUrl, as === "operator" ? server.operatorLogin : as);
  };
  const endPools = async () => {
    const ended = [...pools.values()];
    pools.clear();
    await Promise.all(ended.map((pool) => pool.end()));
  };
  return {
    name,
    operatorLogin: server.operatorLogin,
    url,
    pool(as, max = 10) {
      const pool = pools.get(as) ?? openPool(url(as), max);
      pools.set(as, pool);
      return pool;
    },
    async copy() {
      await endPools();
      return copyOf(name);
    },
    async drop() {
      await endPools();
      await asAdmin(dropDatabaseStatement(server, name));
    },
  };
}

/** A pool that takes no notice of connections that are cut: whoever uses one next sees the error. Ending it does not wait until they are closed. */
export function openPool(connectionString: string, max: number): pg.Pool {
  const pool = new pg.Pool({ connectionString, max });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

function asOwner(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.searchParams.set("options", "-c role=press_owner");
  return url.href;
}

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("testServer").adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
