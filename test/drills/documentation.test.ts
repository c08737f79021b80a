/* Every command of docs/operating.md, as it stands: those for whoever is woken, against a press at work; those that back up, restore, make a standby and
   fail over, with the programs of Debian's PostgreSQL, as its user. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, open, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { serverUser } from "../../db/serverUser.ts";
import { DrillDatabase } from "../../drills/drillDatabase.ts";
import { makeOwned } from "../../drills/files.ts";
import { waitFor } from "../../drills/waitFor.ts";
import { type Drill, withDrill } from "../../drills/withDrill.ts";
import { cleanEnvironment, PRESS } from "../cli/support.ts";
import { POSTGRESQL_15, testRequiring } from "../requirements.ts";
import { LONG } from "./support.ts";

const ROOT = join(import.meta.dirname, "..", "..");

type Environment = Readonly<Record<string, string>>;

/** The blocks of commands under each heading. */
async function readBlocks(): Promise<ReadonlyMap<string, readonly string[]>> {
  const page = await readFile(join(ROOT, "docs/operating.md"), "utf8");
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => [
      section.slice(0, section.indexOf("\n")),
      [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = ""]) => commands),
    ]),
  );
}

/** Runs commands, in a folder, until they end; what they start goes on. */
async function run(commands: string, cwd: string, env: Environment, user: object = {}): Promise<string> {
  const file = join(cwd, "output");
  const output = await open(file, "w");
  const options = {
    cwd,
    env: cleanEnvironment({ ...env }),
    stdio: ["ignore", output.fd, output.fd] as ["ignore", number, number],
  };
  const child = spawn("bash", ["-euo", "pipefail", "-c", commands], { ...options, ...user });
  const [code] = await once(child, "exit");
  await output.close();
  const text = await readFile(file, "utf8");
  const log = code === 0 ? "" : await readFile(join(env.PGDATA ?? "", "server.log"), "utf8").catch(() => "");
  expect(code, `${commands}\n${text}\n${log}`).toBe(0);
  return text;
}

test("the page names both drills", async () => {
  const drills = (await readBlocks()).get("Drills");
  expect(drills).toEqual(["npm run drill -- restore --size 20\nnpm run drill -- failover --size 20\n"]);
});

testRequiring("postgresql15", "curl")(
  "from the first look to the failover",
  () =>
    withDrill({ size: 10, binDirectory: POSTGRESQL_15, print: () => undefined }, async (drill) => {
      const pages = await readBlocks();
      const site = await Site.open(drill);
      const { press, customers } = drill;
      let gateway = await press.start(site.primary);
      expect(await customers.tryOnce(gateway)).toBe(null);
      await press.untilRecorded(site.primary);

      const answers: string[] = [];
      for (const [heading, blocks] of pages) {
        if (PROCEDURES.has(heading)) continue;
        for (const block of blocks) answers.push(await site.asOperator(block, gateway));
      }
      expect(answers[0]).toContain("golden_press_database_up 1\n");
      expect(answers[0]).toContain("press      runs");
      expect(answers.join("\n")).toContain("none since this gateway started");
      expect(answers.join("\n")).toMatch(/golden-press-worker/);

      for (const block of pages.get("Back up") ?? []) await site.asPostgres(block);
      gateway = await restarted(drill, site);
      expect(await customers.tryOnce(gateway)).toBe(null);
      await press.untilRecorded(site.primary);
      await press.stop();
      await site.primary.kill();
      const [restore = "", look = ""] = pages.get("Restore") ?? [];
      await site.asPostgres(restore);
      await waitFor("the end of the recovery", async () => (await site.asPostgres(IN_RECOVERY)) === "f\n");
      await site.asPostgres("pg_ctl stop --mode=fast"); // The drill starts its servers itself, with their folder in the command.
      await site.primary.start();
      gateway = await press.start(site.primary);
      expect(await site.asOperator(look, gateway)).toMatch(/press {6}runs.*: nothing found/s);
      expect(await customers.tryOnce(gateway)).toBe(null);

      const [makeLogin = "", makeStandby = "", ...synchronize] = pages.get("A hot standby") ?? [];
      await site.dropStandbyLogin();
      await site.asPostgres(makeLogin);
      await site.asPostgres(makeStandby, { PGDATA: site.standbyData });
      await waitFor("the standby to follow", () => site.isFollowed("async"));
      for (const block of synchronize) await site.asPostgres(block);
      await waitFor("commits to wait for the standby", () => site.isFollowed("sync"));
      expect(await customers.tryOnce(gateway)).toBe(null);
      await press.untilRecorded(site.primary);
      await press.stop();
      await site.primary.kill();
      for (const block of pages.get("Fail over") ?? []) await site.asPostgres(block);
      expect(await site.asPostgres(TICKETS, { PGPORT: site.standbyPort })).toMatch(/^4$/m);
      await site.asPostgres("pg_ctl stop --mode=immediate", { PGDATA: site.standbyData });
    }),
  LONG,
);

/** The sections whose commands change something. */
const PROCEDURES = new Set(["Back up", "Restore", "A hot standby", "Fail over", "Drills"]);
const IN_RECOVERY = 'psql --no-align --tuples-only --command "select pg_is_in_recovery()"';
const TICKETS =
  "psql --no-align --tuples-only --command \"select count(*) from press.tickets where status = 'signed'\"";

/** The server was started again under the gateway and the worker. */
async function restarted({ press }: Drill, { primary }: Site): Promise<string> {
  await press.stop();
  await primary.start();
  return press.start(primary);
}

/** The machine on which PostgreSQL runs, and that of an operator. */
class Site {
  readonly primary: DrillDatabase;
  readonly standbyPort: string;
  readonly #folder: string;
  readonly #environment: Environment;

  private constructor(folder: string, primary: DrillDatabase, standbyPort: string, environment: Environment) {
    this.#folder = folder;
    this.primary = primary;
    this.standbyPort = standbyPort;
    this.#environment = environment;
  }

  static async open({ servers, press }: Drill): Promise<Site> {
    const primary = await DrillDatabase.create(servers, "primary", {});
    const { port, password } = new URL(primary.url());
    await press.openEdition(primary);
    // What it was started with is in its configuration, as a server's of one's own would be.
    const configuration = { port, unix_socket_directories: "", listen_addresses: "127.0.0.1", max_connections: "200" };
    await primary.setStopped(configuration);
    const places = Object.fromEntries(
      ["archive", "backups", "standby", "work"].map((name) => [name, join(servers.folder, name)]),
    );
    const user = await serverUser(() => undefined);
    for (const folder of Object.values(places)) await makeOwned(folder);
    if ("uid" in user) await chown(primary.home, user.uid, user.gid);
    const operator = join(servers.folder, "operator");
    await mkdir(operator);
    await symlink(join(ROOT, "node_modules"), join(operator, "node_modules"));
    await writeFile(join(operator, "package.json"), JSON.stringify({ scripts: { press: `node ${PRESS}` } }));
    const standbyPort = String(await freePort());
    return new Site(servers.folder, primary, standbyPort, {
      PATH: `${POSTGRESQL_15}:${process.env.PATH}`,
      PGDATA: primary.data,
      PGHOST: "127.0.0.1",
      PGPORT: port,
      PGUSER: "postgres",
      PGPASSWORD: password,
      PGDATABASE: "golden_press",
      ARCHIVE: places.archive ?? "",
      BACKUPS: places.backups ?? "",
      PRIMARY_HOST: "127.0.0.1",
      PRIMARY_PORT: port,
      STANDBY_PASSWORD: "the password of a standby",
      STANDBY_PORT: standbyPort,
    });
  }

  get standbyData(): string {
    return join(this.#folder, "standby", "data");
  }

  async asPostgres(commands: string, more: Environment = {}): Promise<string> {
    const user = await serverUser(() => undefined);
    return run(commands, join(this.#folder, "work"), { ...this.#environment, ...more }, user);
  }

  asOperator(commands: string, gateway: string): Promise<string> {
    const env = { DATABASE_URL: this.primary.url(), GATEWAY: gateway };
    return run(commands, join(this.#folder, "operator"), env);
  }

  /** The drill's own, in whose place that of the page is made. */
  async dropStandbyLogin(): Promise<void> {
    await this.primary.query("drop role standby");
  }

  async isFollowed(state: "sync" | "async"): Promise<boolean> {
    const rows = await this.primary.query(
      "select from pg_stat_replication where application_name = 'standby' and state = 'streaming' and sync_state = $1",
      [state],
    );
    return rows.length === 1;
  }
}
