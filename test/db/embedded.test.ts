import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type EmbeddedServer, findEmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { linkLibraries } from "../../db/postgresBinaries.ts";
import { cleanUpAfterDeath } from "../../db/throwaway.ts";
import { testRequiring } from "../requirements.ts";

let home: string;
let started: EmbeddedServer[];
let children: ChildProcess[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "golden-press-home-"));
  chmodSync(home, 0o755);
  cleanUpAfterDeath(home);
  started = [];
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    child.kill("SIGKILL");
  }
  await Promise.allSettled(started.map((server) => server.stop()));
  rmSync(home, { recursive: true });
});

test("a first start makes a server that only this machine and only the password reach", async () => {
  const server = await start();
  const url = server.superuserUrl("postgres");
  expect(await query(url, "show listen_addresses")).toBe("127.0.0.1");
  expect(await query(url, "show unix_socket_directories")).toBe("");
  expect(await query(url, "show data_checksums")).toBe("on");
  expect(await query(url, "select rolpassword ~ '^SCRAM-SHA-256' from pg_authid where rolname = 'postgres'")).toBe(
    true,
  );
  expect(statSync(join(home, "postgres-password")).mode & 0o777).toBe(0o600);
  await expect(query(url.replace(/:[^:@]+@/, ":guess@"), "select 1")).rejects.toMatchObject({ code: "28P01" });
});

test("a second start finds its data and its port", async () => {
  const first = await start();
  await query(first.superuserUrl("postgres"), "create table kept (); select 1");
  await first.stop();
  const second = await start();
  expect(await query(second.superuserUrl("postgres"), "select to_regclass('kept')::text")).toBe("kept");
  expect(second.port).toBe(first.port);
});

test("the server of a killed process is taken over, and then really stops", async () => {
  const { child, url } = await startChild();
  await query(url, "create table kept (); select 1");
  await kill(child);
  const messages: string[] = [];
  const server = await start(home, messages);
  expect(messages).toEqual([expect.stringContaining("taking over")]);
  expect(server.superuserUrl("postgres")).toBe(url);
  expect(await query(url, "select to_regclass('kept')::text")).toBe("kept");
  await server.stop();
  await expect(query(url, "select 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a server that was killed itself recovers what was committed", async () => {
  const { child, url } = await startChild();
  await query(url, "create table kept (); select 1");
  process.kill(postmasterPid(), "SIGKILL");
  await kill(child);
  const server = await start();
  expect(await query(server.superuserUrl("postgres"), "select to_regclass('kept')::text")).toBe("kept");
});

test("a pid file of yesterday whose number is another process's today is no obstacle", async () => {
  await (await start()).stop();
  const pidFile = join(home, "postgres", "postmaster.pid");
  writeFileSync(pidFile, `${process.pid}\n${join(home, "postgres")}\n1700000000\n5432\n\n127.0.0.1\n`);
  const server = await start();
  expect(await query(server.superuserUrl("postgres"), "select 1")).toBe(1);
});

test("another port is taken when somebody listens on the remembered one", async () => {
  const first = await start();
  await first.stop();
  const occupant = createServer().listen(first.port, "127.0.0.1");
  await once(occupant, "listening");
  try {
    const second = await start();
    expect(second.port).not.toBe(first.port);
    expect(await query(second.superuserUrl("postgres"), "select 1")).toBe(1);
  } finally {
    occupant.close();
  }
});

test("a home that a living process uses is refused with a sentence", async () => {
  await startChild();
  await expect(start()).rejects.toThrow(/Another Golden Press is running on .*GOLDEN_PRESS_HOME/);
});

test("of two first starts at once one gets the home, the other a sentence", async () => {
  const outcomes = await Promise.allSettled([startChild(), startChild()]);
  const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : []));
  expect(refusals).toEqual([expect.stringMatching(/Another Golden Press is running on /)]);
});

test("the home may be given relative to the working directory", async () => {
  await start(relative(process.cwd(), join(home, "made/on/the/way")));
  expect(existsSync(join(home, "made/on/the/way/postgres/PG_VERSION"))).toBe(true);
});

test("an interrupt of the terminal does not reach the server before its owner stops it", async () => {
  const { child, url } = await startChild();
  process.kill(-(child.pid ?? Number.NaN), "SIGINT");
  expect(await once(child, "message")).toEqual(["interrupted", undefined]);
  expect(await query(url, "create table written_late (); select 1")).toBe(1);
  child.send("stop");
  await once(child, "exit");
  await expect(query(url, "select 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("others find the running server of a home, and none in a stopped one", async () => {
  expect(await findEmbeddedServer(home)).toBeUndefined();
  const server = await start();
  expect((await findEmbeddedServer(home))?.("press")).toBe(server.superuserUrl("press"));
  await server.stop();
  expect(await findEmbeddedServer(home)).toBeUndefined();
});

test("stopping twice is stopping once", async () => {
  const server = await start();
  await Promise.all([server.stop(), server.stop()]);
  await server.stop();
  await expect(query(server.superuserUrl("postgres"), "select 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a server that is gone already can be stopped", async () => {
  const messages: string[] = [];
  const server = await start(home, messages);
  process.kill(postmasterPid(), "SIGKILL");
  await until(() => messages.some((message) => message.includes("went away")));
  await server.stop();
});

test("what a first start that was killed left behind is removed", async () => {
  const abandoned = join(home, "postgres.new-4194999");
  mkdirSync(abandoned);
  await start();
  expect(existsSync(abandoned)).toBe(false);
});

test("data of another major version are refused with a sentence, and not touched", async () => {
  await (await start()).stop();
  const version = join(home, "postgres", "PG_VERSION");
  writeFileSync(version, "14\n");
  await expect(start()).rejects.toThrow(/are of PostgreSQL 14, but this is PostgreSQL 18\. .*pg_dump/);
  expect(readFileSync(version, "utf8")).toBe("14\n");
});

test("a missing password is said, and no new one is made", async () => {
  await (await start()).stop();
  rmSync(join(home, "postgres-password"));
  await expect(start()).rejects.toThrow(/password of the database is missing: .*postgres-password/);
  expect(existsSync(join(home, "postgres-password"))).toBe(false);
});

test("a folder of something else is refused with a sentence, and not touched", async () => {
  mkdirSync(join(home, "postgres"));
  writeFileSync(join(home, "postgres", "letters.txt"), "mine");
  await expect(start()).rejects.toThrow(/exists and holds no database/);
  expect(readFileSync(join(home, "postgres", "letters.txt"), "utf8")).toBe("mine");
});

testRequiring("root")("root is told which folder the server's user cannot enter", async () => {
  const closed = join(home, "closed");
  mkdirSync(closed, { mode: 0o700 });
  await expect(start(join(closed, "home"))).rejects.toThrow(`may not enter ${closed}. Allow it with "chmod o+x`);
});

testRequiring("root")("an ordinary user's server runs as that user", async () => {
  const nobody = 65_534;
  chownSync(home, nobody, nobody);
  const { child, url } = await startChild(home, { uid: nobody, gid: nobody });
  expect(await query(url, "select 1")).toBe(1);
  expect(statSync(join(home, "postgres")).uid).toBe(nobody);
  child.send("stop");
  await once(child, "exit");
});

test("a throwaway server goes with its process, however that dies", async () => {
  const { child, url } = await startChild("");
  const directory = await query(url, "show data_directory");
  await kill(child);
  await until(() => !existsSync(join(String(directory), "..")));
  // The folder may go before the server has gone.
  await expect
    .poll(() =>
      query(url, "select 1").then(
        () => "answered",
        (error) => error.code,
      ),
    )
    .toBe("ECONNREFUSED");
});

test("links between libraries are made where an install script was blocked", async () => {
  mkdirSync(join(home, "native/lib"), { recursive: true });
  writeFileSync(join(home, "native/lib/libpq.so.5.18"), "library");
  const list = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  writeFileSync(join(home, "native/pg-symlinks.json"), JSON.stringify(list));
  await linkLibraries(home);
  await linkLibraries(home);
  expect(readFileSync(join(home, "native/lib/libpq.so.5"), "utf8")).toBe("library");
  await Promise.all([linkLibraries(home), linkLibraries(home)]);
});

testRequiring("mount")("where they cannot be made, a sentence says what to do", async () => {
  const folder = join(home, "read-only");
  mkdirSync(join(folder, "native/lib"), { recursive: true });
  const list = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  writeFileSync(join(folder, "native/pg-symlinks.json"), JSON.stringify(list));
  const script = `import("${join(import.meta.dirname, "../../db/postgresBinaries.ts")}").then((m) => m.linkLibraries("${folder}")).catch((error) => console.log(error.message))`;
  const shell = `mount -t tmpfs -o size=1m none /mnt && cp -r ${folder}/. /mnt && mount -o remount,ro /mnt && mount --bind /mnt ${folder} && exec "$0" -e '${script}'`;
  const said = execFileSync("unshare", ["--mount", "sh", "-c", shell, process.execPath], { encoding: "utf8" });
  expect(said).toContain(
    "have to be linked once, and that folder cannot be written (EROFS): run this once as somebody",
  );
});

async function start(folder = home, messages: string[] = []): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ home: folder, log: (message) => messages.push(message) });
  started.push(server);
  return server;
}

/** In a process group of its own, as a command in a terminal is. */
async function startChild(folder = home, user: { uid?: number; gid?: number } = {}) {
  const script = join(import.meta.dirname, "embeddedChild.ts");
  const child = fork(script, [folder], { detached: true, execArgv: [], silent: true, ...user });
  children.push(child);
  let complaint = "";
  child.stderr?.on("data", (chunk) => {
    complaint += chunk;
  });
  const ended = once(child, "close").then(() => {
    throw new Error(complaint);
  });
  const [url] = (await Promise.race([once(child, "message"), ended])) as [string];
  ended.catch(() => undefined);
  return { child, url };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function query(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query({ text, rowMode: "array" });
    const last = Array.isArray(result) ? result.at(-1) : result;
    return last.rows[0][0];
  } finally {
    await client.end();
  }
}

function postmasterPid(): number {
  return Number.parseInt(readFileSync(join(home, "postgres", "postmaster.pid"), "utf8"), 10);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await sleep(20);
  }
}
