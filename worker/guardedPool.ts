import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from "pg";

/** What runs queries: a pool, a client of it, or a {@link GuardedPool}. */
export interface Queryable {
  query<Row extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<Row>>;
}

/** So many statements may go on in the database that this process does not wait for any more. */
const LEFT_BEHIND_MAX = 5;

/**
 * A pool that looks at each new connection before it uses it. A database cannot be exchanged for another one under a connection, only
 * between two; so a worker that was cut off, or slept, meets a restored database here, before it does anything in it.
 *
 * It also asks no more of a database that does not come to an end with what it was asked before. A commit that waits for a standby, say, goes on
 * when its client has given it up, and each would take one of the server's connections, until nobody gets any.
 */
export class GuardedPool implements Queryable {
  readonly #pool: Pool;
  readonly #check: (client: Queryable) => Promise<unknown>;
  readonly #checked = new WeakSet<PoolClient>();
  /** The server's processes that had not answered in time. */
  readonly #leftBehind = new Set<number>();

  /** @param check throws when nothing may be done in the database of this connection */
  constructor(pool: Pool, check: (client: Queryable) => Promise<unknown>) {
    this.#pool = pool;
    this.#check = check;
  }

  async query<Row extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<Row>> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      if (this.#leftBehind.size >= LEFT_BEHIND_MAX) await this.#requireFewLeftBehind(client);
      if (!this.#checked.has(client)) await this.#check(client);
      this.#checked.add(client);
      return await client.query<Row>(config);
    } catch (error) {
      failure = error as Error;
      if (failure.message === UNANSWERED) this.#leftBehind.add(processOf(client));
      throw error;
    } finally {
      client.release(failure); // A connection on which something failed is closed, as the pool itself would do.
    }
  }

  /** @throws {Error} while the database goes on with too many */
  async #requireFewLeftBehind(client: Queryable): Promise<void> {
    const { rows } = await client.query<{ pid: number }>({
      // Busy for a while: a server that was started anew may have given the number to somebody who is not.
      text: `select pid from pg_stat_activity
             where pid = any($1) and usename = session_user and state = 'active' and query_start < clock_timestamp() - interval '500 ms'`,
      values: [[...this.#leftBehind]],
    });
    const there = new Set(rows.map(({ pid }) => pid));
    for (const pid of this.#leftBehind) if (!there.has(pid)) this.#leftBehind.delete(pid);
    if (there.size >= LEFT_BEHIND_MAX) {
      throw new Error(
        `The database has not come to an end with ${there.size} statements that took too long: pg_stat_activity says what they wait for, as for a standby.`,
      );
    }
  }
}

/** What the driver says where a statement has no answer in time. */
const UNANSWERED = "Query read timeout";

/** Known to the driver, and to its types not. */
const processOf = (client: PoolClient) => (client as PoolClient & { readonly processID: number }).processID;
