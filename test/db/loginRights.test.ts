/* Gateway and worker do not begin with more rights than theirs, and say how to take each away: every remedy here is what they said. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { EmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { startThrowawayServer } from "../../db/throwaway.ts";
import { checkDatabase as checkForGateway } from "../../gateway/database.ts";
import { checkDatabase as checkForWorker } from "../../worker/rights.ts";
import { openPool } from "../database.ts";
import { missingRequirement, POSTGRESQL_15, testRequiring } from "../requirements.ts";
import { withDatabase } from "../testServer.ts";

const CHECKS = { press_gateway: checkForGateway, press_worker: checkForWorker } as const;
type Login = keyof typeof CHECKS;

/** What is done to a login, and what it is then told that it has. */
const TOO_MUCH: readonly (readonly [Login, string, string])[] = [
  ["press_gateway", "alter role press_gateway superuser", "the attribute SUPERUSER"],
  ["press_gateway", "alter role press_gateway createrole", "the attribute CREATEROLE"],
  ["press_gateway", "alter role press_gateway createdb", "the attribute CREATEDB"],
  ["press_gateway", "alter role press_gateway replication", "the attribute REPLICATION"],
  ["press_gateway", "alter role press_gateway bypassrls", "the attribute BYPASSRLS"],
  ["press_gateway", "alter role press_gateway inherit", "the attribute INHERIT"],
  ["press_gateway", "alter role press_holder bypassrls", "the attribute BYPASSRLS by press_holder"],
  ["press_gateway", "grant press_owner to press_gateway", "membership in press_owner"],
  ["press_gateway", "grant press_worker to press_operator", "membership in press_worker by press_operator"],
  ["press_gateway", "grant pg_read_all_data to press_gateway", "membership in pg_read_all_data"],
  [
    "press_gateway",
    "grant press_operator to press_gateway with admin option",
    "membership in press_operator WITH ADMIN OPTION",
  ],
  ["press_gateway", "grant select on press.tickets to press_gateway", "SELECT on table press.tickets"],
  [
    "press_gateway",
    "grant select (envelope) on press.tickets to press_gateway",
    "SELECT (envelope) on table press.tickets",
  ],
  ["press_gateway", "grant update on press.tickets to press_holder", "UPDATE on table press.tickets by press_holder"],
  ["press_gateway", "grant select on press.tickets to public", "SELECT on table press.tickets by public"],
  ["press_gateway", "grant usage on schema graphile_worker to press_gateway", "USAGE on schema graphile_worker"],
  ["press_gateway", "grant create on schema press_gateway to press_gateway", "CREATE on schema press_gateway"],
  [
    "press_gateway",
    "grant usage on schema press_gateway to press_gateway with grant option",
    "USAGE on schema press_gateway WITH GRANT OPTION",
  ],
  ["press_gateway", "grant create on database press to press_gateway", "CREATE on database press"],
  ["press_gateway", "grant create on database press to public", "CREATE on database press by public"],
  ["press_gateway", "grant usage on language sql to press_gateway", "USAGE on language sql"],
  ["press_gateway", "grant set on parameter log_statement to press_gateway", "SET on parameter log_statement"],
  ["press_gateway", "grant select on another.things to press_gateway", "SELECT on table another.things"],
  [
    "press_gateway",
    "alter default privileges for role press_owner in schema press grant select on tables to press_gateway",
    "SELECT on future tables",
  ],
  [
    "press_gateway",
    "grant execute on function press_private.lock_edition to public",
    "EXECUTE on routine press_private.lock_edition(edition_id integer) by public",
  ],
  [
    "press_gateway",
    "grant execute on function pg_read_file(text) to press_gateway",
    "EXECUTE on routine pg_catalog.pg_read_file(text)",
  ],
  ["press_worker", "alter role press_worker superuser", "the attribute SUPERUSER"],
  ["press_worker", "grant press_operator to press_worker", "membership in press_operator"],
  ["press_worker", "grant insert on press.tickets to press_worker", "INSERT on table press.tickets"],
  ["press_worker", "grant usage on schema press_gateway to press_worker", "USAGE on schema press_gateway"],
  [
    "press_worker",
    "grant trigger on graphile_worker._private_jobs to press_worker",
    "TRIGGER on table graphile_worker._private_jobs",
  ],
  [
    "press_worker",
    "grant execute on function press.current_holder() to press_worker",
    "EXECUTE on routine press.current_holder()",
  ],
  [
    "press_worker",
    "alter default privileges for role press_owner grant execute on functions to public",
    "EXECUTE on future routines by public",
  ],
];

describe.each([
  ["npm's PostgreSQL", undefined],
  ["PostgreSQL 15", POSTGRESQL_15],
] as const)("on %s", (_name, binDirectory) => {
  const needs = binDirectory === undefined ? [] : (["postgresql15"] as const);
  const testHere = testRequiring(...needs);
  let server: EmbeddedServer;
  let url: string;
  let admin: pg.Client;
  beforeAll(async () => {
    if (missingRequirement(...needs) !== undefined) return;
    server = await startThrowawayServer(binDirectory);
    url = server.superuserUrl("press");
    await createDatabaseIfMissing(server.superuserUrl("postgres"), "press");
    await createDatabaseIfMissing(server.superuserUrl("postgres"), "elsewhere");
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await installDatabase({ url, own: true, includeCurrent: true });
    for (const login of Object.keys(CHECKS)) await setLoginPassword(admin, login, "secret");
    await admin.query("create schema another; create table another.things ()");
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });

  /** What the login is told when its part of the press starts; undefined when it may. */
  async function complaint(login: Login): Promise<string | undefined> {
    const loginUrl = Object.assign(new URL(url), { username: login, password: "secret" }).href;
    const pool = openPool(loginUrl, 1);
    try {
      return await CHECKS[login](pool).then(
        () => undefined,
        (error: Error) => error.message,
      );
    } finally {
      await pool.end();
    }
  }

  for (const [login, statement, told] of TOO_MUCH) {
    testHere(`${login}: ${statement}`, async () => {
      await admin.query(statement);
      const sentence = (await complaint(login)) ?? "";
      expect(sentence).toContain(
        `must log in as ${login}, with the rights of that login alone, but it has more: ${told} (`,
      );
      await admin.query(/\(((?:alter|revoke|grant) .*)\)\.$/.exec(sentence)?.[1] ?? "");
      expect(await complaint(login)).toBeUndefined();
    });
  }

  testHere("a membership that inherits on its own, where there is such a thing", async () => {
    const { rows } = await admin.query("select current_setting('server_version_num')::int >= 160000 as is_known");
    if (!rows[0].is_known) return;
    await admin.query("grant press_operator to press_gateway with inherit true");
    expect(await complaint("press_gateway")).toContain(
      "membership in press_operator WITH INHERIT (grant press_operator to press_gateway with inherit false)",
    );
    await admin.query("grant press_operator to press_gateway with inherit false");
    expect(await complaint("press_gateway")).toBeUndefined();
  });

  testHere("things that it owns, here and in another database", async () => {
    await admin.query("create schema mine authorization press_worker");
    expect(await complaint("press_worker")).toContain(
      "ownership of schema mine (reassign owned by press_worker to another role)",
    );
    await admin.query("drop schema mine");
    const elsewhere = new pg.Client({ connectionString: withDatabase(url, "elsewhere") });
    await elsewhere.connect();
    await elsewhere.query("create schema mine authorization press_worker");
    expect(await complaint("press_worker")).toContain("ownership of something in the database elsewhere (reassign");
    await elsewhere.query("drop schema mine");
    await elsewhere.end();
    expect(await complaint("press_worker")).toBeUndefined();
  });

  testHere("much at once is told in part", async () => {
    await admin.query("grant all on press.tickets to press_worker");
    expect(await complaint("press_worker")).toMatch(
      /it has more: DELETE on table press\.tickets \(.*\); .* \(.*\); .* \(.*\); .* \(.*\); .* \(.*\); and \d more\.$/,
    );
    await admin.query("revoke all on press.tickets from press_worker");
  });

  testHere("a role that its sessions take", async () => {
    await admin.query("alter role press_gateway set role press_operator");
    expect(await complaint("press_gateway")).toContain(
      "but its sessions take the role press_operator (see the options in GATEWAY_DATABASE_URL; or: alter role press_gateway reset role).",
    );
    await admin.query("alter role press_gateway reset role");
  });

  testHere("too little", async () => {
    await admin.query("revoke press_holder from press_gateway");
    expect(await complaint("press_gateway")).toContain(
      'but it is not a member of press_holder: run "npm run migrate" (or: grant press_holder to press_gateway).',
    );
    await installDatabase({ url, own: true, includeCurrent: true });
    expect(await complaint("press_gateway")).toBeUndefined();
  });
});
