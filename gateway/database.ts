/**
 * The gateway's connections, and the check that its login is the one it should be.
 */
import { Socket } from "node:net";
import pg, { type Pool, type PoolClient } from "pg";
import type { Logger } from "pino";
import { UnusableDatabaseError } from "../db/databaseError.ts";
import type { DatabaseSockets } from "../db/databaseSockets.ts";
import { type LoginDeclaration, requireDatabase } from "../db/loginRights.ts";
import { failUnreplicated } from "../db/unreplicated.ts";
import { tracePool } from "../tracing/tracePool.ts";
import type { Identity, Role } from "./auth.ts";
import { limits } from "./limits.ts";

export interface PoolOptions {
  readonly databaseUrl: string;
  /** What its connections go over; nobody gives them up unless it is said. */
  readonly sockets?: DatabaseSockets | undefined;
  /** What the connections are for, as pg_stat_activity shows it. */
  readonly purpose: string;
  readonly size: number;
  readonly log: Logger;
  /**
   * How long a query may go without an answer: the other side may be gone without a word, and its connection is given up then. Unless it is
   * said, as long as any connection. Only for pools whose queries go through `Pool.query`, which lets go of such a connection.
   */
  readonly answerMilliseconds?: number | undefined;
}

/** A pool whose connections outlive no server, and whose broken connections are logged instead of ending the process. */
export function makePool({ databaseUrl, sockets, purpose, size, log, answerMilliseconds }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: `golden-press gateway: ${purpose}`,
    max: size,
    connectionTimeoutMillis: limits.connectionWaitMilliseconds,
    statement_timeout: limits.statementMilliseconds,
    idle_in_transaction_session_timeout: limits.statementMilliseconds,
    query_timeout: answerMilliseconds,
    keepAlive: true,
    stream: () => givenUpWhenSilent(sockets?.make() ?? new Socket()),
  });
  const note = (error: Error) =>
    log.warn({ err: error }, "a database connection was lost; another one takes its place");
  pool.on("error", note);
  // The pool listens only to connections that nobody uses; an unheard error would end the process.
  pool.on("connect", (client) => client.on("error", note));
  failUnreplicated(pool);
  tracePool(pool);
  return pool;
}

/**
 * A connection that is given up when nothing has come over it for long: the other side may be gone without a word. Whoever waits for an answer then hears
 * that the connection is lost; the driver's own time limit would tell them and keep it, and what ends a transaction would wait for ever again.
 * What nobody uses was closed before.
 */
function givenUpWhenSilent(socket: Socket): Socket {
  const seconds = limits.silenceMilliseconds / 1_000;
  return socket.setTimeout(limits.silenceMilliseconds, () => {
    socket.destroy(
      Object.assign(new Error(`Nothing came over the connection for ${seconds} seconds.`), { code: "ETIMEDOUT" }),
    );
  });
}

/**
 * Who calls and from where, as settings that are local to a transaction: the functions of the database believe them of this login alone.
 *
 * @param address the client's, as clientAddress.ts has it
 */
export function settingsOf({ role, subject }: Identity, address: string): CallerSettings {
  return { role, "press.subject": subject ?? "", "press.client_address": address };
}

export type CallerSettings = Record<string, string> & { role: Role };

/** Runs `work` in a transaction with these settings, as PostGraphile runs a request; `role` is always among them. */
export async function withSettings<Result>(
  pool: Pool,
  settings: Readonly<CallerSettings>,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config(key, value, true) from json_each_text($1)", [JSON.stringify(settings)]);
    const result = await work(client);
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    // Without its transaction ended, the connection is of no use to anybody else.
    client.release(true);
    throw error;
  }
}

/** The same in a role, for nobody in particular. */
export function withRole<Result>(
  pool: Pool,
  role: Role,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  return withSettings(pool, { role }, work);
}

const ROLES: readonly Role[] = ["press_anonymous", "press_holder", "press_operator"];

/** It becomes one of three roles for each request, and calls press_gateway.* for all of them; it has nothing else. */
const GATEWAY: LoginDeclaration = {
  part: "gateway",
  login: "press_gateway",
  variable: "GATEWAY_DATABASE_URL",
  inherits: false,
  roles: ROLES,
  rights: [
    /^CONNECT on database \S+$/,
    /^USAGE on schema (press_gateway|press_hidden)$/,
    /^EXECUTE on routine (press_gateway\.\w+|press_hidden\.schema_version)\(.*\)$/,
  ],
  rightsOfRoles: [
    /^USAGE on schema (press|press_hidden)$/,
    /^SELECT on table press\.\w+$/,
    /^EXECUTE on routine (press|press_hidden)\.\w+\(.*\)$/,
  ],
};

/**
 * Refuses to serve from a database that is out of reach, read-only, empty or of another schema, or as a login that is not the gateway's or
 * may do more.
 *
 * @throws {Error} one sentence that says what is wrong and what to do
 */
export async function checkDatabase(pool: Pool): Promise<void> {
  await requireDatabase(pool, GATEWAY);
  const { rows } = await pool.query<{ is_there: boolean }>(ISSUING_FUNCTION);
  if (rows[0]?.is_there) return;
  throw new UnusableDatabaseError(
    "The function press_gateway.issue_tickets of the database is not the one that this gateway calls: put it back as db/sql/press_gateway/issue_tickets.sql has it.",
  );
}

/** Whether the function that issues is there, with the arguments and the answer that issuing.ts expects: a change by hand has no number. */
const ISSUING_FUNCTION = `
  select exists (
    select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'press_gateway' and p.proname = 'issue_tickets'
      and pg_get_function_identity_arguments(p.oid) = 'edition_slug text, subjects text[], are_operators boolean[], recipients text[], quantities integer[], request_keys uuid[]'
      and pg_get_function_result(p.oid) ~ '^TABLE\\(request_index integer, refusal_code text, refusal_message text, refusal_detail text, refusal_hint text, ticket (press\\.)?tickets\\)$') as is_there`;
