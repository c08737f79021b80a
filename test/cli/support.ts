/* Running the commands of press.ts as a person at a terminal would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export const PRESS = join(import.meta.dirname, "..", "..", "press.ts");

/** An environment without any variable of the press, so that a test says all that a command knows. */
export function cleanEnvironment(settings: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  const machine = Object.entries({ PATH, HOME, TMPDIR, NODE_COMPILE_CACHE }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(machine), ...settings };
}

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function press(args: readonly string[], settings: NodeJS.ProcessEnv = {}, input = ""): Promise<Answer> {
  const child = spawn(process.execPath, [PRESS, ...args], { env: cleanEnvironment(settings), stdio: "pipe" });
  child.stdin.on("error", () => undefined); // A command that does not read its input may end before it was written.
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** A command that runs until it is stopped, and what it has printed so far. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: string;
  /** The exit code, or the name of the signal. */
  readonly ended: Promise<number | string>;
}

/** Waits for what a command is to do, as long as it is there to do it. */
export async function untilOf(running: Running, condition: () => boolean | Promise<boolean>): Promise<void> {
  let end: number | string | undefined;
  void running.ended.then((code) => {
    end = code;
  });
  while (!(await condition())) {
    if (end !== undefined) throw new Error(`It has ended: ${end}. ${running.output.slice(-3_000)}`);
    await sleep(10);
  }
}

export function launch(args: readonly string[], settings: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [PRESS, ...args], {
    env: cleanEnvironment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk: Buffer) => {
    output += chunk.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const ended = once(child, "close").then(() => child.exitCode ?? child.signalCode ?? "?");
  return {
    child,
    ended,
    get output() {
      return output;
    },
  };
}
