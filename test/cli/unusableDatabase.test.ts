/* A database that cannot be used ends every command within seconds, with one sentence that says what is wrong and what to do next: no stack,
   no password, no half of a service left running. */
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, inject, test } from "vitest";
import { createDatabaseIfMissing } from "../../db/install.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { sample } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { withDatabase } from "../testServer.ts";
import { makePem } from "../worker/support.ts";
import { press } from "./support.ts";
import { PASSWORD, startOldServer, startSilentServer, startStandby, startTlsServer } from "./unusableServers.ts";

const COMMANDS = {
  gateway: ["gateway"],
  worker: ["worker"],
  migrate: ["migrate"],
  start: ["start"],
  issue: ["issue", "golden-ticket", "--to", "alice"],
  "keys list": ["keys", "list"],
  sql: ["sql", "select 1"],
} as const;
type Command = keyof typeof COMMANDS;
const ALL = sample(Object.keys(COMMANDS) as Command[], 3);

interface Urls {
  readonly owner: string;
  readonly gateway: string;
  readonly worker: string;
}

let databases: TestDatabase[] = [];
afterAll(async () => {
  for (const database of databases) await database.drop();
});

async function makeDatabase(): Promise<{ database: TestDatabase; urls: Urls }> {
  const database = await createTestDatabase();
  databases = [...databases, database];
  return { database, urls: urlsOf((login) => database.url(login)) };
}

const urlsOf = (url: (login: "superuser" | "press_gateway" | "press_worker") => string): Urls => ({
  owner: url("superuser"),
  gateway: url("press_gateway"),
  worker: url("press_worker"),
});

const urlsAt = (host: string, path = "/press"): Urls =>
  urlsOf((login) => `postgres://${login === "superuser" ? "owner" : login}:${PASSWORD}@${host}${path}`);

/** Runs the commands, and expects of each its one sentence. */
async function expectRefusals(urls: Urls, commands: readonly Command[], sentence: RegExp): Promise<void> {
  const settings = {
    DATABASE_URL: urls.owner,
    GATEWAY_DATABASE_URL: urls.gateway,
    WORKER_DATABASE_URL: urls.worker,
    JWT_SECRET: "a-secret-of-more-than-thirty-two-bytes",
    SIGNING_KEY: makePem().replaceAll("\n", "\\n"),
    CHECKPOINT_KEY: makePem().replaceAll("\n", "\\n"),
    CHECKPOINT_STORE: join(tmpdir(), "golden-press-never-written"),
    PORT: "0",
  };
  const answers = await Promise.all(commands.map((command) => press(COMMANDS[command], settings)));
  for (const [index, { code, stdout, stderr }] of answers.entries()) {
    expect([commands[index], code, stderr.trimEnd().split("\n").length], stderr).toEqual([commands[index], 1, 1]);
    expect(stderr, commands[index]).toMatch(sentence);
    expect(stderr, commands[index]).toMatch(/^golden-press: .*\.\n$/);
    for (const url of Object.values(urls)) expect(stdout + stderr).not.toContain(new URL(url).password || "\0");
  }
}

describe("the wrong login", () => {
  test("the gateway given the owner's URL, the worker given the gateway's", async () => {
    const { urls } = await makeDatabase();
    await expectRefusals(
      { ...urls, gateway: urls.owner },
      ["gateway", "start"],
      /The gateway must log in as press_gateway, .*, but GATEWAY_DATABASE_URL is a URL of \S+\.$/m,
    );
    await expectRefusals(
      { ...urls, worker: urls.gateway },
      ["worker"],
      /The worker must log in as press_worker, .*, but WORKER_DATABASE_URL is a URL of press_gateway\.$/m,
    );
  });

  test("a wrong password, and none", async () => {
    const { urls } = await makeDatabase();
    const withPassword = (password: string) =>
      urlsOf((login) => {
        const url = new URL(
          login === "superuser" ? urls.owner : urls[login === "press_gateway" ? "gateway" : "worker"],
        );
        url.password = password;
        return url.href;
      });
    await expectRefusals(
      withPassword("not-it"),
      ALL,
      /password authentication failed for user "\S+": the URL has another password than the login/,
    );
    await expectRefusals(withPassword(""), ["gateway", "worker", "migrate"], /the URL has no password; add it\.$/m);
  });
});

describe("the wrong database", () => {
  const elsewhere = async (name: string) => {
    const { urls } = await makeDatabase();
    return {
      owner: withDatabase(urls.owner, name),
      gateway: withDatabase(urls.gateway, name),
      worker: withDatabase(urls.worker, name),
    };
  };

  test("one that does not exist", async () => {
    await expectRefusals(
      await elsewhere("no_such_press"),
      ALL,
      /database "no_such_press" does not exist: make the database, or correct the URL\.$/m,
    );
  });

  test("one without a press", async () => {
    const server = inject("testServer");
    const name = `${server.prefix}_${randomBytes(6).toString("hex")}`;
    await createDatabaseIfMissing(server.adminUrl, name);
    await expectRefusals(
      await elsewhere(name),
      ["gateway", "worker", "issue", "keys list"],
      new RegExp(`There is no press in the database "${name}": run "npm run migrate", or correct the URL\\.$`, "m"),
    );
  });

  test("one with an older schema", async () => {
    const { database, urls } = await makeDatabase();
    await database.pool("superuser").query(
      `set role press_owner;
       delete from graphile_migrate.migrations where filename = (select max(filename) from graphile_migrate.migrations);
       reset role`,
    );
    await expectRefusals(
      urls,
      ["gateway", "worker", "issue", "keys list"],
      /has schema \d+, and this version of Golden Press needs \d+: run "npm run migrate"\.$/m,
    );
  });

  test("one with a newer schema, which migrating leaves alone", async () => {
    const { database, urls } = await makeDatabase();
    await database
      .pool("superuser")
      .query(
        "set role press_owner; insert into graphile_migrate.migrations values ('sha1:0', null, '000999.sql'); reset role",
      );
    const sentence =
      /has schema 999, and this version of Golden Press knows \d+ at most: use the version that migrated it, or a later one\.$/m;
    await expectRefusals(urls, ["gateway", "worker", "migrate", "issue", "keys list"], sentence);
    // Not beside migrate: of two that install one database at once, one says that it waits.
    await expectRefusals(urls, ["start"], sentence);
  });

  test("one that has run another migration under the same number", async () => {
    const { database, urls } = await makeDatabase();
    await database
      .pool("superuser")
      .query(
        "set role press_owner; update graphile_migrate.migrations set hash = 'sha1:0' where filename = (select max(filename) from graphile_migrate.migrations); reset role",
      );
    await expectRefusals(
      urls,
      ["migrate"],
      /has run another migration (\d+) than the 0{5}\1-[a-z-]+\.sql of this version/,
    );
  });

  test("one that is read-only", async () => {
    const { database, urls } = await makeDatabase();
    await database
      .pool("operator")
      .query("select press.create_edition('golden-ticket', 'An edition', 5), press.open_edition('golden-ticket')");
    await database.pool("superuser").query(`alter database ${database.name} set default_transaction_read_only = on`);
    await expectRefusals(
      urls,
      ["gateway", "worker", "migrate"],
      /is read-only for this login: find out why default_transaction_read_only is on, and set it to off\.$/m,
    );
    await expectRefusals(
      { ...urls, owner: database.url("operator") },
      ["issue"],
      /in a read-only transaction: the server is a standby, or the database is read-only/,
    );
  });
});

describe("the wrong server", () => {
  test("one where nothing listens", async () => {
    await expectRefusals(
      urlsAt("127.0.0.1:1"),
      ALL,
      /connect ECONNREFUSED 127\.0\.0\.1:1: no database answers there; start it, or correct the URL\.$/m,
    );
  });

  test.each([
    [
      "one that does not answer",
      startSilentServer,
      /: nothing answered within 5 s; check the host and port of the URL/,
      ["gateway", "worker", "migrate", "issue"],
    ],
    [
      "one older than 15",
      startOldServer,
      /Golden Press needs PostgreSQL 15 or later, and this server is 14\.12: upgrade it/,
      ["gateway", "worker", "migrate"],
    ],
    [
      "a standby",
      startStandby,
      /is a standby, where nothing can be written: use the URL of its primary\.$/m,
      ["gateway", "worker", "migrate", "start"],
    ],
  ] as const)("%s", async (_what, startServer, sentence, commands) => {
    const server = await startServer();
    try {
      await expectRefusals(urlsAt(server.host), commands, sentence);
    } finally {
      await server.stop();
    }
  });

  testRequiring("openssl")(
    "one that wants TLS, and that the URL then does not trust, until it names the certificate",
    async () => {
      const server = await startTlsServer();
      try {
        await expectRefusals(
          urlsAt(server.host),
          ["gateway", "worker", "migrate", "issue"],
          /no encryption: the server may want TLS; add \?sslmode=verify-full to the URL\.$/m,
        );
        await expectRefusals(
          urlsAt(server.host, "/press?sslmode=verify-full"),
          ["gateway", "worker", "migrate", "issue"],
          /: the certificate of the server is not trusted; add &sslrootcert=FILE to the URL/,
        );
        const trusting = urlsAt(server.host, `/press?sslmode=verify-full&sslrootcert=${server.certificate}`);
        const { code, stderr } = await press(["migrate"], { DATABASE_URL: trusting.owner });
        expect([code, stderr]).toEqual([0, ""]);
      } finally {
        await server.stop();
      }
    },
  );

  test("one without TLS, where the URL wants it", async () => {
    const { urls } = await makeDatabase();
    const secure = urlsOf(
      (login) =>
        `${login === "superuser" ? urls.owner : login === "press_gateway" ? urls.gateway : urls.worker}?sslmode=verify-full`,
    );
    await expectRefusals(
      secure,
      ["gateway", "worker", "migrate"],
      /does not support SSL connections: correct the URL, or take sslmode from it\.$/m,
    );
  });
});
