/* A press on a database that somebody else runs: everything comes from the environment. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launch, press, type Running } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestNats } from "../nats.ts";
import { testRequiring } from "../requirements.ts";
import { issuePending, makePem, signedCount, until } from "../worker/support.ts";

let database: TestDatabase;
let folder: string;
let settings: NodeJS.ProcessEnv;
const runs: Running[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "golden-press-others-"));
  settings = {
    DATABASE_URL: database.url("superuser"),
    GATEWAY_DATABASE_URL: database.url("press_gateway"),
    WORKER_DATABASE_URL: database.url("press_worker"),
    JWT_SECRET: "a-secret-of-more-than-thirty-two-bytes",
    SIGNING_KEY: makePem().replaceAll("\n", "\\n"),
    CHECKPOINT_KEY: makePem().replaceAll("\n", "\\n"),
    CHECKPOINT_STORE: join(folder, "checkpoint"),
    PORT: "0",
  };
});
afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.child.kill("SIGKILL");
    await run.ended;
  }
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

async function launchUntil(args: string[], text: string, change: NodeJS.ProcessEnv = {}): Promise<Running> {
  const run = launch(args, { ...settings, ...change });
  runs.push(run);
  let hasEnded = false;
  void run.ended.then(() => {
    hasEnded = true;
  });
  await until(() => run.output.includes(text) || hasEnded);
  expect(run.output).toContain(text);
  return run;
}

/** The processes that a process has started. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").map(Number);
}

test("start migrates, runs gateway and worker with their own logins, and leaves the database alone when it stops", async () => {
  const run = await launchUntil(["start"], "The press is running.");
  const url = /GraphQL +(http:\S+)\/graphql/.exec(run.output)?.[1];
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await issuePending(database, "of-others", 3);
  await until(async () => (await signedCount(database, "of-others")) === 3);

  const session = await fetch(`${url}/session`);
  expect(await session.json()).toEqual({ signedIn: false, signIn: null }); // Under any name is for the embedded press.

  const { rows } = await database
    .pool("superuser")
    .query<{ login: string }>(
      "select distinct usename::text as login from pg_stat_activity where datname = $1 and usename in ('press_gateway', 'press_worker') order by 1",
      [database.name],
    );
  expect(rows.map((row) => row.login)).toEqual(["press_gateway", "press_worker"]);
  const environments = await Promise.all(
    (await childrenOf(run.child.pid)).map((pid) => readFile(`/proc/${pid}/environ`, "utf8")),
  );
  const secrets = environments.map((text) =>
    Object.keys(settings).filter(
      (name) => name !== "PORT" && text.includes(`\0${name}=`) !== text.startsWith(`${name}=`),
    ),
  );
  expect(secrets.toSorted()).toEqual([
    ["GATEWAY_DATABASE_URL", "JWT_SECRET"],
    ["WORKER_DATABASE_URL", "SIGNING_KEY", "CHECKPOINT_KEY", "CHECKPOINT_STORE"],
  ]);

  run.child.kill("SIGTERM");
  expect(await run.ended).toBe(0);
  expect(await signedCount(database, "of-others")).toBe(3);
});

testRequiring("nats-server")("start publishes events to NATS, and only the worker knows the password", async () => {
  const user = { user: "press", pass: "hunter2" };
  const nats = await TestNats.start({ config: `authorization { user: ${user.user}, password: ${user.pass} }` });
  const NATS_URL = `nats://${user.user}:${user.pass}@127.0.0.1:${nats.port}`;
  const run = await launchUntil(["start"], "The press is running.", { NATS_URL, LOG_LEVEL: "trace" });
  expect(run.output).toContain("  In NATS      the stream GOLDEN_PRESS, subjects choco.events.monetization.>\n");
  await until(async () => ((await nats.messages("GOLDEN_PRESS", user))?.length ?? 0) > 0);
  const environments = await Promise.all(
    (await childrenOf(run.child.pid)).map((pid) => readFile(`/proc/${pid}/environ`, "utf8")),
  );
  const knowing = environments.filter((text) => text.includes(user.pass));
  expect(knowing.map((text) => /WORKER_DATABASE_URL=/.test(text))).toEqual([true]);
  await nats.kill();
  await until(() => run.output.includes(`The NATS server 127.0.0.1:${nats.port} cannot be reached`));
  run.child.kill("SIGTERM");
  expect(await run.ended).toBe(0);
  expect(run.output).not.toContain(user.pass);
  await nats.stop();
});

test("the samples of the embedded press are not made in a database of others", async () => {
  const { rows } = await database
    .pool("operator")
    .query("select from press.editions where slug in ('golden-ticket', 'summer-raffle')");
  expect(rows.length).toBe(0);
});

describe("each part alone", () => {
  test("migrate says that the database is up to date, and sets the passwords of the URLs", async () => {
    const { code, stdout } = await press(["migrate", "--set-passwords"], settings);
    expect([code, stdout]).toEqual([0, "The database is up to date.\n"]);
    await database.pool("press_worker").query("select 1");
    const without = { ...settings, WORKER_DATABASE_URL: "postgres://press_worker@127.0.0.1/d" };
    const refused = await press(["migrate", "--set-passwords"], without);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      "golden-press: WORKER_DATABASE_URL must be a URL of press_worker with its password, for --set-passwords to take it from there.\n",
    ]);
  });

  test("the URLs may be in files instead", async () => {
    const { DATABASE_URL, GATEWAY_DATABASE_URL, WORKER_DATABASE_URL } = settings;
    const inFiles: NodeJS.ProcessEnv = { JWT_SECRET: settings.JWT_SECRET, PORT: "0" };
    for (const [name, url] of Object.entries({ DATABASE_URL, GATEWAY_DATABASE_URL, WORKER_DATABASE_URL })) {
      const file = join(folder, name);
      await writeFile(file, `${url}\n`);
      inFiles[`${name}_FILE`] = file;
    }
    const { code, stdout } = await press(["migrate", "--set-passwords"], inFiles);
    expect([code, stdout]).toEqual([0, "The database is up to date.\n"]);
    const asGateway = await press(["sql", "--as", "gateway", "--raw", "select session_user"], inFiles);
    expect(asGateway.stdout).toBe("press_gateway\n");
    const refused = await press(["start"], { ...inFiles, WORKER_DATABASE_URL_FILE: "" });
    expect(refused.stderr).toMatch(/^golden-press: DATABASE_URL is set, but WORKER_DATABASE_URL is not: /);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("the worker signs, and ends in order at %s", async (signal) => {
    const slug = `alone-${signal.toLowerCase()}`;
    const run = await launchUntil(["worker"], "The worker signs.");
    await issuePending(database, slug, 3);
    await until(async () => (await signedCount(database, slug)) === 3);
    run.child.kill(signal);
    expect(await run.ended).toBe(0);
    expect(run.output).toContain("The worker has stopped.");
  });

  test("the worker's log, at its most talkative, does not hold the keys", async () => {
    const run = await launchUntil(["worker"], "The worker signs.", { LOG_LEVEL: "trace" });
    run.child.kill("SIGTERM");
    await run.ended;
    for (const key of [settings.SIGNING_KEY, settings.CHECKPOINT_KEY]) {
      expect(run.output).not.toContain(key?.split("\\n")[1] ?? "?");
    }
    expect(run.output).not.toContain(settings.WORKER_DATABASE_URL);
  });

  test("the worker with another login says which it needs", async () => {
    const run = launch(["worker"], { ...settings, WORKER_DATABASE_URL: database.url("operator") });
    expect(await run.ended).toBe(1);
    expect(run.output).toBe(
      `golden-press: The worker must log in as press_worker, with the rights of that login alone, but WORKER_DATABASE_URL is a URL of ${database.operatorLogin}.\n`,
    );
  });

  test("the gateway serves, and ends in order", async () => {
    const run = await launchUntil(["gateway"], "listening");
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(run.output)?.[0];
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    run.child.kill("SIGTERM");
    expect(await run.ended).toBe(0);
  });
});

describe("commands", () => {
  test("issue works for a login that was made an operator, and tells any other what it lacks", async () => {
    await issuePending(database, "by-command", 1);
    await database
      .pool("operator")
      .query("select press.create_edition('by-login', 'An edition', 5), press.open_edition('by-login')");
    const operator = await press(["issue", "by-login", "--to", "bob", "--no-wait"], {
      DATABASE_URL: database.url("operator"),
    });
    expect([operator.code, operator.stderr]).toEqual([0, "Issued ticket 1 of by-login to bob.\n"]);
    const auditor = await press(["issue", "by-login", "--to", "bob"], { DATABASE_URL: database.url("press_auditor") });
    expect([auditor.code, auditor.stderr]).toEqual([
      1,
      "golden-press: permission denied for function issue_tickets\ngrant press_operator to the login of the URL\n",
    ]);
  });

  test("issue without a worker says that the ticket is issued all the same, and how to get it", async () => {
    const { code, stderr } = await press(["issue", "by-login", "--to", "carol", "--wait", "1"], {
      DATABASE_URL: database.url("operator"),
    });
    expect(code).toBe(1);
    const key = /--request-key ([0-9a-f-]{36})/.exec(stderr)?.[1] ?? "";
    expect(stderr).toContain("Nothing signed it within 1 s: is a worker running?");
    const again = await press(["issue", "by-login", "--to", "carol", "--no-wait", "--request-key", key], {
      DATABASE_URL: database.url("operator"),
    });
    expect(again.stderr).toBe("Issued ticket 2 of by-login to carol.\n");
  });

  test("keys retire ends the use of a key", async () => {
    const [{ key_id: keyId } = { key_id: "" }] = (
      await database
        .pool("operator")
        .query<{ key_id: string }>(
          "select key_id from press.signing_keys where retired_at is null and purpose = 'ticket'",
        )
    ).rows;
    const { code, stdout } = await press(["keys", "retire", keyId], settings);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`The key ${keyId} is retired.`)]);
    const worker = launch(["worker"], settings);
    expect(await worker.ended).toBe(1);
    expect(worker.output).toMatch(/^golden-press: UNKNOWN_KEY: /);
    const unknown = await press(["keys", "retire", "0000000000000000"], settings);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringMatching(/^golden-press: UNKNOWN_KEY: /)]);
  });
});
