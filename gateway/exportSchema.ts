/**
 * The GraphQL schema as text, for gateway/schema.graphql: generated, reviewed, and held against reality by a test.
 */

import { pino } from "pino";
import { postgraphile } from "postgraphile";
import { lexicographicSortSchema, printSchema } from "postgraphile/graphql";
import { anonymous } from "./auth.ts";
import { checkDatabase, makePool } from "./database.ts";
import { Issuer } from "./issuing.ts";
import type { IssuingReadBack } from "./plugins/IssuingPlugin.ts";
import { makePreset } from "./preset.ts";
import { Subscriptions } from "./subscriptions.ts";

/**
 * The schema in SDL, sorted by name, as the login of the URL exposes it.
 *
 * @param databaseUrl the login press_gateway: what it and its roles are not granted is not in the schema
 * @param issuingReadBack changes how mutations are carried out, and must not change the schema
 */
export async function exportSchema(databaseUrl: string, issuingReadBack: IssuingReadBack = "memory"): Promise<string> {
  const log = pino({ level: "silent" });
  const pool = makePool({ databaseUrl, purpose: "schema", size: 2, log });
  try {
    await checkDatabase(pool);
    const envelopes = { wait: async () => null };
    const issuer = new Issuer({ pool, log });
    const authenticate = async () => anonymous;
    const sessions = { authorizationOf: () => undefined };
    const nothing = async () => null;
    const publications = { watch: async () => undefined, leave: () => undefined };
    const subscriptions = new Subscriptions({
      pool,
      ledger: { latest: nothing },
      feed: { when: nothing },
      publications,
      log,
    });
    const parts = { sessions, issuer, issuingReadBack, envelopes, subscriptions };
    return await printedSchema(makePreset({ pool, log, authenticate, graphiql: false, ...parts }));
  } finally {
    await pool.end();
  }
}

async function printedSchema(preset: GraphileConfig.Preset): Promise<string> {
  const instance = postgraphile(preset);
  try {
    return `${printSchema(lexicographicSortSchema(await instance.getSchema()))}\n`;
  } finally {
    await instance.release();
  }
}
