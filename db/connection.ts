import pg from "pg";
import { CONNECT_MILLISECONDS, describeDatabaseError, UnusableDatabaseError } from "./databaseError.ts";

/** Connects, acts and disconnects, whatever the act does. */
export async function withClient<Result>(
  url: string,
  act: (client: pg.Client) => Promise<Result>,
  applicationName = "golden-press",
): Promise<Result> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
  });
  client.on("error", () => undefined); // The query that was running reports it.
  try {
    await client.connect();
    return await act(client);
  } finally {
    await client.end();
  }
}

/**
 * Makes the first connection of a part of the press: not one of its pool, because a pool cannot close one that failed halfway, as without a
 * password, and the process would never end.
 *
 * @throws {UnusableDatabaseError}
 */
export async function requireConnection(pool: pg.Pool, part: string, variable: string): Promise<void> {
  try {
    await withClient(pool.options.connectionString ?? "", async () => undefined);
  } catch (error) {
    const why = describeDatabaseError(error);
    throw new UnusableDatabaseError(`The ${part} cannot use the database of ${variable}: ${why}`, { cause: error });
  }
}
