import type pg from "pg";
import { withClient } from "../db/connection.ts";
import { requireSchema } from "../db/schemaVersion.ts";

/** Connects to a database that has this version's schema, acts and disconnects. */
export async function withPress<Result>(url: string, act: (client: pg.Client) => Promise<Result>): Promise<Result> {
  return withClient(url, async (client) => {
    await requireSchema(client);
    return act(client);
  });
}
