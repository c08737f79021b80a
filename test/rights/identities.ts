import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { withClient } from "../../db/connection.ts";
import { installDatabase, setLoginPassword } from "../../db/install.ts";
import { type CopyableDatabase, createTestDatabase, type TestDatabase, type TestLogin } from "../database.ts";
import { loginPassword, withLogin } from "../testServer.ts";

/** Somebody who talks to the database, over a connection of their own login, as the press's own processes have. */
export interface Identity {
  readonly name: string;
  /** Whose declared rights they have; `public` is a login that was granted nothing. */
  readonly role: string;
  readonly login: TestLogin | "stranger";
  /** Of the gateway's login: what it becomes for a request, and for whom. */
  readonly becomes?: "press_anonymous" | "press_holder" | "press_operator";
  readonly subject?: string;
}

/** Everybody whose rights differ. A role that is not here fails {@link readDeclared}'s callers, who ask for all roles that there are. */
export const IDENTITIES: readonly Identity[] = [
  { name: "nobody signed in", role: "press_anonymous", login: "press_gateway", becomes: "press_anonymous" },
  { name: "a holder", role: "press_holder", login: "press_gateway", becomes: "press_holder", subject: "alice" },
  {
    name: "an operator over the gateway",
    role: "press_operator",
    login: "press_gateway",
    becomes: "press_operator",
    subject: "olga",
  },
  { name: "an operator at a prompt", role: "press_operator", login: "operator" },
  { name: "the gateway", role: "press_gateway", login: "press_gateway" },
  { name: "the worker", role: "press_worker", login: "press_worker" },
  { name: "the auditor", role: "press_auditor", login: "press_auditor" },
  { name: "a stranger", role: "public", login: "stranger" },
];

/** A database as an installation leaves it, and a login that was granted nothing. */
export interface ProbedDatabase {
  readonly database: CopyableDatabase;
  /** The login that was granted nothing. */
  readonly stranger: string;
  /** A session as somebody; of a copy of the database when told. Whoever opens one ends it. */
  open(identity: Identity, of?: TestDatabase): Promise<pg.Client>;
  drop(): Promise<void>;
}

/** What is given to a database itself its copies do not have: it is installed once more. */
export async function createProbedDatabase(): Promise<ProbedDatabase> {
  const server = inject("testServer");
  const database = await createTestDatabase();
  await installDatabase({ url: database.url("superuser"), own: server.isSuperuser });
  const stranger = `${database.name}_stranger`;
  const client = await database.pool("superuser").connect();
  await client.query(`create role ${stranger} login`);
  await setLoginPassword(client, stranger, loginPassword(server.adminUrl, stranger));
  client.release();
  return {
    database,
    stranger,
    async open({ login, becomes, subject = "" }, of = database) {
      const connectionString = login === "stranger" ? withLogin(of.url("superuser"), stranger) : of.url(login);
      const session = new pg.Client({ connectionString });
      await session.connect();
      // The auditor's may be switched on again by the auditor: it is no right.
      await session.query(
        "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set default_transaction_read_only = off",
      );
      if (becomes !== undefined) {
        await session.query(`set role ${becomes}`);
        await session.query("select set_config('press.subject', $1, false)", [subject]);
      }
      return session;
    },
    async drop() {
      await database.drop();
      await withClient(server.adminUrl, (admin) => admin.query(`drop role ${stranger}`));
    },
  };
}

/** The views declared_… of test/sql/laws/rights.test.sql, which has the matrix in words. */
export interface Declared {
  readonly tables: readonly { role: string; object: string; rights: string }[];
  readonly rows: readonly { role: string; object: string; condition: string }[];
  readonly functions: readonly { role: string; object: string }[];
  readonly callers: readonly { function: string; callers: "operators" | "signed in" | "everybody" }[];
  readonly schemas: readonly { role: string; object: string; rights: string }[];
  readonly memberships: readonly { member: string; role: string }[];
  readonly jobs: readonly { role: string; relkind: string; rights: string }[];
  readonly powers: readonly { power: string; statement: string; roles: string[]; of_own_database: boolean }[];
}

export async function readDeclared(database: TestDatabase): Promise<Declared> {
  const law = await readFile(join(import.meta.dirname, "../sql/laws/rights.test.sql"), "utf8");
  const session = new pg.Client({ connectionString: database.url("superuser") });
  await session.connect();
  try {
    await session.query([...law.matchAll(/^create temp view declared_[\s\S]*?;$/gm)].map(([view]) => view).join("\n"));
    const read = async (view: string) => (await session.query(`select * from declared_${view}`)).rows;
    return {
      tables: await read("table_rights"),
      rows: await read("row_rights"),
      functions: await read("function_rights"),
      callers: await read("callers"),
      schemas: await read("schema_rights"),
      memberships: await read("memberships"),
      jobs: await read("job_rights"),
      powers: await read("powers"),
    };
  } finally {
    await session.end();
  }
}
