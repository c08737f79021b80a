/* Says by its exit code whether the worker of this container is at work. It has no port to ask at, but it looks for tickets all the time:
   its sessions in the database did something a moment ago. */
import pg from "pg";
import { readConfiguration } from "../configuration.ts";
import { readUrl } from "../urls.ts";

const client = new pg.Client({
  connectionString: await readUrl(readConfiguration(process.env), "workerDatabaseUrl"),
  application_name: "golden-press worker's health",
  connectionTimeoutMillis: 3_000,
  query_timeout: 3_000,
});
await client.connect();
const { rowCount } = await client.query(
  `select from pg_stat_activity
   where usename = current_user and datname = current_database() and client_addr is not distinct from inet_client_addr()
     and pid <> pg_backend_pid() and state_change > clock_timestamp() - interval '10 seconds'`,
);
await client.end();
if (rowCount === 0) throw new Error("The worker has asked the database for nothing in the last ten seconds.");
