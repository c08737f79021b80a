import type { Configuration } from "../configuration.ts";
import { withClient } from "../db/connection.ts";
import { installDatabase, setLoginPassword } from "../db/install.ts";
import { hasUrl, readUrl } from "../urls.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";

export interface MigrateOptions {
  readonly setPasswords?: boolean;
  /** The database serves the press alone: nobody else keeps the right to advisory locks in it. */
  readonly ownDatabase?: boolean;
}

/** `golden-press migrate`: installs the press into the database of DATABASE_URL, or brings it to the present. */
export async function migrate(configuration: Configuration, options: MigrateOptions): Promise<void> {
  const url = await databaseUrl(configuration, "owner");
  await installDatabase({
    url,
    own: options.ownDatabase ?? !hasUrl(configuration, "databaseUrl"),
    log: (message) => console.error(message),
  });
  if (options.setPasswords) await setPasswords(configuration, url);
  console.log("The database is up to date.");
}

async function setPasswords(configuration: Configuration, url: string): Promise<void> {
  const logins = [
    { login: "press_gateway", variable: "GATEWAY_DATABASE_URL", key: "gatewayDatabaseUrl" },
    { login: "press_worker", variable: "WORKER_DATABASE_URL", key: "workerDatabaseUrl" },
  ] as const;
  for (const { login, variable, key } of logins) {
    const { username, password } = new URL((await readUrl(configuration, key)) ?? "postgres://");
    if (decodeURIComponent(username) !== login || password === "") {
      throw new CommandError(
        `${variable} must be a URL of ${login} with its password, for --set-passwords to take it from there.`,
        EXIT.usage,
      );
    }
    await withClient(url, (client) => setLoginPassword(client, login, decodeURIComponent(password)));
  }
}
