import { createHash } from "node:crypto";

/** What the set-up of a run tells its test files. */
export interface TestServer {
  /** A connection of the installing login to a database that is not under test. */
  adminUrl: string;
  isSuperuser: boolean;
  /** Names that only this run uses begin with this. */
  prefix: string;
  /** The database that test databases are copies of. */
  template: string;
  /** A database login that is an operator, as a DBA's own would be. */
  operatorLogin: string;
  /** Extensions that the server could load. */
  extensions: string[];
}

declare module "vitest" {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

/** Drops a database. Only a superuser may end the sessions in it; for another login PostgreSQL waits five seconds for them to end. */
export function dropDatabaseStatement(server: TestServer, name: string): string {
  return `drop database if exists ${name}${server.isSuperuser ? " with (force)" : ""}`;
}

/** The same login and server, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** The same server and database, another login. */
export function withLogin(url: string, login: string): string {
  const changed = new URL(url);
  changed.username = login;
  changed.password = loginPassword(url, login);
  return changed.href;
}

/** Logins belong to the whole server, so runs that share one must agree on the passwords: they follow from the server's own. */
export function loginPassword(adminUrl: string, login: string): string {
  const { username, password, host } = new URL(adminUrl);
  return createHash("sha256").update(`${username}:${password}@${host}/${login}`).digest("base64url");
}
