import pg from "pg";
import type { TestDatabase, TestLogin } from "../database.ts";

/** What came of one attempt: the rows, or the SQLSTATE that refused it. */
export type Attempt<Row> = { rows: Row[]; code?: undefined } | { rows?: undefined; code: string; message: string };

/** That many real connections, each a session of its own. End them with `closeSessions`. */
export async function openSessions(database: TestDatabase, as: TestLogin, count: number): Promise<pg.Client[]> {
  const sessions = Array.from({ length: count }, () => new pg.Client({ connectionString: database.url(as) }));
  await Promise.all(sessions.map((session) => session.connect()));
  return sessions;
}

export async function closeSessions(sessions: pg.Client[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.end()));
}

/** Runs one statement; a refusal is an answer, and only a lost connection throws. */
export async function attempt<Row extends pg.QueryResultRow>(
  session: pg.Client,
  statement: string,
  values: unknown[] = [],
): Promise<Attempt<Row>> {
  try {
    return { rows: (await session.query<Row>(statement, values)).rows };
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code !== undefined) {
      return { code: error.code, message: error.message };
    }
    throw error;
  }
}

/**
 * As `attempt`, and again for as long as the answer is LOCK_TIMEOUT: where many meet at one lock, a busy machine lets the last of them in later than anybody may wait.
 */
export async function attemptUntilItsTurn<Row extends pg.QueryResultRow>(
  session: pg.Client,
  statement: string,
  values: unknown[] = [],
): Promise<Attempt<Row>> {
  for (;;) {
    const answer = await attempt<Row>(session, statement, values);
    if (answer.code !== "PRBSY") return answer;
  }
}

/** As a careful client does it: runs the statement again for as long as the answer is 40001 (RETRY), which it counts, or LOCK_TIMEOUT. */
export async function attemptUntilAnswered<Row extends pg.QueryResultRow>(
  session: pg.Client,
  statement: string,
  values: unknown[] = [],
): Promise<Attempt<Row> & { retries: number }> {
  for (let retries = 0; ; retries++) {
    const answer = await attemptUntilItsTurn<Row>(session, statement, values);
    if (answer.code !== "40001") {
      return { ...answer, retries };
    }
  }
}

/** How often each refusal occurred, `granted` for none: `{ granted: 5, PRCAP: 45 }`. */
export function tally(attempts: Attempt<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code = "granted" } of attempts) {
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** Waits until that many sessions of the database wait for a lock: asked, not timed. */
export async function untilWaiting(database: TestDatabase, count: number): Promise<void> {
  for (;;) {
    const { rows } = await database.pool("superuser").query<{ waiting: number }>(
      `select count(distinct l.pid)::integer as waiting
         from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
         where a.datname = $1 and not l.granted`,
      [database.name],
    );
    if ((rows[0]?.waiting ?? 0) >= count) {
      return;
    }
  }
}

/** The numbers of the edition's tickets, from the raw rows. */
export async function issuedNumbers(database: TestDatabase, slug: string): Promise<number[]> {
  const { rows } = await database
    .pool("superuser")
    .query<{ ticket_number: number }>(
      "select t.ticket_number from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = $1 order by 1",
      [slug],
    );
  return rows.map((row) => row.ticket_number);
}

/** An edition that issues, made by the operator's login. */
export async function makeEdition(
  database: TestDatabase,
  slug: string,
  cap: number,
  perHolderLimit: number,
): Promise<void> {
  const operator = database.pool("operator");
  await operator.query("select press.create_edition($1, $2, $3, $4)", [
    slug,
    `The edition ${slug}`,
    cap,
    perHolderLimit,
  ]);
  await operator.query("select press.open_edition($1)", [slug]);
}
