/* Whoever reads the log stands still, and the pipe to them is full: neither gateway nor worker stands still with them. Lines wait, then they are left out, and when the reader is
   back it is told how many. */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSigningKey } from "../../worker/keys.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { issuePending, signedCount, until } from "../worker/support.ts";

const ROOT = join(import.meta.dirname, "../..");

let database: TestDatabase;
let folder: string;
/** A pipe that takes nothing more. */
let pipe: number;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "golden-press-log-"));
  execFileSync("mkfifo", [join(folder, "log")]);
  pipe = openSync(join(folder, "log"), constants.O_RDWR | constants.O_NONBLOCK);
  fill();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  closeSync(pipe);
  await database.drop();
  await rm(folder, { recursive: true });
});

/** What each write of the pipe takes, until it takes none: a page first, then what is left of one. */
function fill(): void {
  for (const size of [4_096, 1]) {
    try {
      for (;;) writeSync(pipe, "-".repeat(size));
    } catch (error) {
      expect(error).toMatchObject({ code: "EAGAIN" });
    }
  }
}

/** What is in the pipe, without what filled it. */
function drain(): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  try {
    for (;;) chunks.push(Buffer.from(chunk.subarray(0, readSync(pipe, chunk))));
  } catch (error) {
    expect(error).toMatchObject({ code: "EAGAIN" });
  }
  return Buffer.concat(chunks).toString("utf8").replaceAll(/^-+/gm, "");
}

/** Its end of the pipe is opened for it: of one that is inherited node changes whether it blocks, for everybody who has it. */
function launch(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const end = openSync(join(folder, "log"), constants.O_WRONLY);
  const child = fork(join(ROOT, file), args, {
    env: { ...process.env, ...env, LOG_LEVEL: "debug" },
    stdio: ["ignore", end, "inherit", "ipc"],
  });
  closeSync(end);
  children.push(child);
  return child;
}

async function isEnded(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
}

test("a gateway answers, and ends when it is told to", async () => {
  const env = {
    GATEWAY_DATABASE_URL: database.url("press_gateway"),
    PORT: "0",
    JWT_SECRET: "a secret of thirty-two characters and more",
  };
  const gateway = launch("press.ts", ["gateway"], env);
  const [{ url }] = (await once(gateway, "message")) as [{ url: string }];
  for (let n = 0; n < 20; n += 1) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await isEnded(gateway);
});

test("a worker signs, and ends when it is told to", async () => {
  await issuePending(database, "unread", 20);
  for (const name of ["signing", "checkpoint"]) await createSigningKey(join(folder, `${name}-key.pem`));
  const worker = launch("press.ts", ["worker"], {
    WORKER_DATABASE_URL: database.url("press_worker"),
    SIGNING_KEY_FILE: join(folder, "signing-key.pem"),
    CHECKPOINT_KEY_FILE: join(folder, "checkpoint-key.pem"),
    CHECKPOINT_STORE: join(folder, "checkpoint"),
    LEDGER_ORIGIN: "unread.test/ledger",
  });
  await until(async () => (await signedCount(database, "unread")) === 20);
  await isEnded(worker);
});

test("what waited comes in its order when somebody reads again, and behind it how many lines were left out", async () => {
  const child = launch("test/crash/logProcess.ts", ["3000"]);
  const exit = once(child, "exit");
  expect(await once(child, "message")).toEqual(["went on", undefined]);
  let text = "";
  const lines = () => text.trimEnd().split("\n");
  child.send("one more");
  await until(() => {
    text += drain();
    return text.includes("the last line");
  });
  const read = lines().map((line) => JSON.parse(line) as { n?: number; leftOut?: number; msg: string });
  const kept = read.filter(({ n }) => n !== undefined);
  expect(kept.map(({ n }) => n)).toEqual(Array.from(kept, (_, index) => index));
  expect(kept.length).toBeLessThan(3_000);
  expect(read.slice(kept.length)).toEqual([
    expect.objectContaining({ leftOut: 3_000 - kept.length, msg: expect.stringContaining("left out") }),
    expect.objectContaining({ msg: "the last line" }),
  ]);
  expect(await exit).toEqual([0, null]);
});
