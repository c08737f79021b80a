import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from "pg";

/** What runs queries: a pool, a client of it, or a {@link GuardedPool}. */
export interface Queryable {
  query<Row extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<Row>>;
}

/**
 * A pool that looks at each new connection before it uses it. A database cannot be exchanged for another one under a connection, only
 * between two; so a worker that was cut off, or slept, meets a restored database here, before it does anything in it.
 */
export class GuardedPool implements Queryable {
  readonly #pool: Pool;
  readonly #check: (client: Queryable) => Promise<unknown>;
  readonly #checked = new WeakSet<PoolClient>();

  /** @param check throws when nothing may be done in the database of this connection */
  constructor(pool: Pool, check: (client: Queryable) => Promise<unknown>) {
    this.#pool = pool;
    this.#check = check;
  }

  async query<Row extends QueryResultRow>(config: QueryConfig): Promise<QueryResult<Row>> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      if (!this.#checked.has(client)) await this.#check(client);
      this.#checked.add(client);
      return await client.query<Row>(config);
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      client.release(failure); // A connection on which something failed is closed, as the pool itself would do.
    }
  }
}
