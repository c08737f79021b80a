/** The peer of issuing: what PostgreSQL does when nothing is asked of it but to keep a row. */
import { join } from "node:path";
import type { Child } from "../harness/children.ts";
import { type BenchPress, perSecond } from "../harness/press.ts";
import type { Contestant } from "../harness/rounds.ts";
import type { Bench } from "../harness/row.ts";
import { hasPgbench, runPgbench } from "../peers/pgbench.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";

export const PLAIN_CLIENTS = 64;

const TABLE = `create table plain (id uuid not null default gen_random_uuid() primary key, edition_id integer not null,
  holder_id uuid not null, request_key uuid not null, issued_at timestamptz not null default now())`;

/** A bare table with the primary key of tickets, filled row by row: by clients in node as ours are, and by pgbench where it is installed. */
export async function makePlainInserts(
  bench: Bench,
  press: BenchPress,
  callers: Child<SqlCallers>,
): Promise<Record<string, Contestant>> {
  await press.query(TABLE);

  /** The rows are counted: no figure is of work that was not done. */
  async function counted(run: () => Promise<number>): Promise<number> {
    await press.query("truncate plain");
    const rate = await run();
    const [row] = await press.query<{ count: number }>("select count(*)::integer as count from plain");
    if (!row?.count) throw new Error("The plain inserts have left no rows.");
    return rate;
  }

  const { milliseconds } = bench.rounds;
  const byNode = async () => {
    const statement = "insert into plain (edition_id, holder_id, request_key) values (1, $1, $2)";
    return perSecond(
      await callers.ask("insert", { url: press.url(), statement, callers: PLAIN_CLIENTS, milliseconds }),
    );
  };
  const byPgbench = () =>
    runPgbench({
      url: press.url(),
      script: join(bench.server.home, "insert.sql"),
      statement:
        "insert into plain (edition_id, holder_id, request_key) values (1, gen_random_uuid(), gen_random_uuid())",
      clients: PLAIN_CLIENTS,
      seconds: Math.max(Math.round(milliseconds / 1000), 1),
    });
  return {
    "plain INSERTs, clients in node": () => counted(byNode),
    ...(hasPgbench ? { "plain INSERTs, pgbench": () => counted(byPgbench) } : {}),
  };
}
