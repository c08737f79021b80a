import type { Configuration } from "../configuration.ts";
import { type EmbeddedLogin, embeddedUrl, findHome, type Home } from "../start/home.ts";
import { hasUrl, readUrl } from "../urls.ts";
import { CommandError, EXIT } from "./commandError.ts";

/** As whom a command connects: `owner` is the login that installs and owns everything. */
export const LOGINS = ["owner", "operator", "auditor", "gateway", "worker"] as const;
export type Login = (typeof LOGINS)[number];

const EMBEDDED_LOGINS: Readonly<Record<Login, EmbeddedLogin | "superuser">> = {
  owner: "superuser",
  operator: "operator",
  auditor: "press_auditor",
  gateway: "press_gateway",
  worker: "press_worker",
};

const URL_KEYS = ["databaseUrl", "gatewayDatabaseUrl", "workerDatabaseUrl"] as const;

/**
 * The URL of a login: from the environment where it names a database, else of the running embedded press.
 *
 * @throws {CommandError} when there is neither, with what to do
 */
export async function databaseUrl(configuration: Configuration, login: Login): Promise<string> {
  const fromEnvironment = await urlFromEnvironment(configuration, login);
  if (fromEnvironment !== undefined) return fromEnvironment;
  const home = await findHome(configuration.goldenPressHome);
  const url = home === undefined ? undefined : await embeddedUrl(home, EMBEDDED_LOGINS[login]);
  if (url !== undefined) return url;
  throw new CommandError(
    `No press is running in ${configuration.goldenPressHome}: start it with \`npm start\`, or set ${variableOf(login)}.`,
  );
}

/**
 * The embedded press of the configuration, for what it made; undefined when the environment names a database, whose secrets and whose ledger
 * are others.
 */
export async function embeddedHome(configuration: Configuration): Promise<Home | undefined> {
  const isElsewhere = URL_KEYS.some((key) => hasUrl(configuration, key));
  return isElsewhere ? undefined : findHome(configuration.goldenPressHome);
}

async function urlFromEnvironment(configuration: Configuration, login: Login): Promise<string | undefined> {
  if (login === "gateway" || login === "worker") {
    const url = await readUrl(configuration, `${login}DatabaseUrl`);
    if (url !== undefined || !hasUrl(configuration, "databaseUrl")) return url;
    throw new CommandError(`DATABASE_URL is set, but ${variableOf(login)} is not: set it too.`, EXIT.usage);
  }
  const url = await readUrl(configuration, "databaseUrl");
  if (login !== "auditor" || url === undefined) return url;
  throw new CommandError(
    "The environment has no URL of press_auditor: give that login a password, and put it into the URL in place of the owner's.",
    EXIT.usage,
  );
}

function variableOf(login: Login): string {
  if (login === "gateway") return "GATEWAY_DATABASE_URL";
  return login === "worker" ? "WORKER_DATABASE_URL" : "DATABASE_URL";
}
