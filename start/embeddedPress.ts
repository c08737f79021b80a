import pg from "pg";
import { startEmbeddedServer } from "../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../db/install.ts";
import { ensureSampleEditions } from "./editions.ts";
import { EMBEDDED_DATABASE, type Home, openHome, urlAs } from "./home.ts";

/** Says what is being done: the part, and a few words. */
export type Say = (part: string, message: string) => void;

/** A running embedded database, ready for its gateway and its worker. */
export interface EmbeddedPress {
  /** The folder with its secrets. */
  readonly home: Home;
  readonly gatewayDatabaseUrl: string;
  readonly workerDatabaseUrl: string;
  /** Stops its PostgreSQL. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL of a folder and brings its database to the present: schema, logins, the editions to try. Every step may be killed
 * and is done again by the next start.
 */
export async function startEmbeddedPress(folder: string, say: Say): Promise<EmbeddedPress> {
  const server = await startEmbeddedServer({ home: folder, log: (message) => say("database", message) });
  try {
    say("database", `PostgreSQL answers on 127.0.0.1:${server.port}`);
    const home = await openHome(folder);
    await createDatabaseIfMissing(server.superuserUrl("postgres"), EMBEDDED_DATABASE);
    const superuserUrl = server.superuserUrl(EMBEDDED_DATABASE);
    await installDatabase({ url: superuserUrl, own: true, log: (message) => say("schema", message) });
    await makeLogins(superuserUrl, home);
    say("schema", "installed");
    const samples = await ensureSampleEditions(urlAs(superuserUrl, "operator", home.passwords.operator));
    for (const line of samples.lines) say("edition", line);
    if (samples.stopReason !== null) say("press", `is stopped: ${samples.stopReason}`);
    return {
      home,
      gatewayDatabaseUrl: urlAs(superuserUrl, "press_gateway", home.passwords.press_gateway),
      workerDatabaseUrl: urlAs(superuserUrl, "press_worker", home.passwords.press_worker),
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The passwords are set at every start, so that they are those of the folder whatever happened to either. */
async function makeLogins(superuserUrl: string, home: Home): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl, application_name: "golden-press start" });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_catalog.pg_roles where rolname = 'operator'");
    if (rowCount === 0) await client.query("create role operator login");
    await client.query("grant press_operator to operator");
    for (const [login, password] of Object.entries(home.passwords)) await setLoginPassword(client, login, password);
  } finally {
    await client.end();
  }
}
