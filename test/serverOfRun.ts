import { randomBytes } from "node:crypto";
import pg from "pg";
import { setLoginPassword } from "../db/install.ts";
import { startThrowawayServer } from "../db/throwaway.ts";
import { loginPassword, withLogin } from "./testServer.ts";

/** The PostgreSQL server that a run of the tests uses. */
export interface ServerOfRun {
  /** A connection of a login that may install, to a database that is not under test. */
  readonly adminUrl: string;
  /** Stops the server, if it is the run's own. */
  stop(): Promise<void>;
}

/**
 * The server that the environment asks for, by a login of the rights that it asks for.
 */
export async function serverOfRun(env: NodeJS.ProcessEnv): Promise<ServerOfRun> {
  const { TEST_DATABASE_RIGHTS: rights = "" } = env;
  if (rights !== "" && rights !== "superuser" && rights !== "managed") {
    throw new Error(`TEST_DATABASE_RIGHTS must be superuser or managed, not "${rights}".`);
  }
  const server = await findServer(env);
  return rights === "managed" ? asOnManagedServer(server) : server;
}

/** A login with CREATEROLE and CREATEDB and no more, as the provider of a managed server gives one. */
async function asOnManagedServer(server: ServerOfRun): Promise<ServerOfRun> {
  const login = `press_test_installer_${randomBytes(4).toString("hex")}`;
  const superuser = new pg.Client({ connectionString: server.adminUrl });
  await superuser.connect();
  await superuser.query(`create role ${login} login createrole createdb`);
  await setLoginPassword(superuser, login, loginPassword(server.adminUrl, login));
  return {
    adminUrl: withLogin(server.adminUrl, login),
    async stop() {
      await superuser.query(`drop role ${login}`);
      await superuser.end();
      await server.stop();
    },
  };
}

/**
 * That of TEST_DATABASE_URL, or one of its own, which TEST_DATABASE says where to take from:
 * `embedded` is npm's, `container` the image of TEST_PG_IMAGE.
 */
async function findServer(env: NodeJS.ProcessEnv): Promise<ServerOfRun> {
  const { TEST_DATABASE_URL: url = "", TEST_DATABASE: kind = "", TEST_PG_IMAGE: image = "postgres:18-alpine" } = env;
  if (url !== "" && kind !== "") {
    throw new Error(
      "TEST_DATABASE_URL and TEST_DATABASE are both set, but only one of them can be meant: unset the other.",
    );
  }
  if (url !== "") return { adminUrl: url, stop: async () => undefined };
  if (kind === "container") return (await import("./containerServer.ts")).startContainerServer(image);
  if (kind !== "" && kind !== "embedded")
    throw new Error(`TEST_DATABASE must be embedded or container, not "${kind}".`);
  const server = await startThrowawayServer();
  return { adminUrl: server.superuserUrl("postgres"), stop: () => server.stop() };
}
