import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Say } from "./embeddedPress.ts";
import { readableLogLine } from "./logLine.ts";

const PRESS = join(import.meta.dirname, "..", "press.ts");
const RESTART_MILLISECONDS = 500;
const RESTART_MILLISECONDS_MAX = 30_000;
/** A part that ran this long before it ended is started again at once, as if it had never failed. */
const HEALTHY_MILLISECONDS = 60_000;
/** A part that has not ended by itself after this time is killed; what it did not finish is finished by the next start. */
const STOP_MILLISECONDS = 15_000;

/** What to run as a process of its own. */
export interface PartOptions {
  readonly name: "gateway" | "worker";
  /** The command of press.ts and its options. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
}

/** What a part says of itself when it is ready, such as its URL or its public key. */
export type PartFacts = Readonly<Record<string, string>>;

/**
 * The gateway or the worker as a child process. It is started again when it ends unasked, more and more slowly when that happens often.
 * It lives in a session of its own, so that Ctrl-C at the terminal reaches only us, who know the right order; and it ends by itself when
 * the channel to us closes, so that it does not outlive us however we die.
 */
export class Part {
  readonly #options: PartOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #running: Promise<void> | undefined;

  constructor(options: PartOptions) {
    this.#options = options;
  }

  /**
   * Starts the part and watches over it from then on.
   *
   * @throws when it ends before it is ready: with what it said
   */
  async start(): Promise<PartFacts> {
    const facts = await this.#launch();
    this.#running = this.#keepRunning();
    return facts;
  }

  /** Asks the part to end what it has in hand and stop, and waits for it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child !== undefined && !hasEnded(child)) {
      child.kill("SIGTERM");
      const isLate = sleep(STOP_MILLISECONDS, true, { ref: false });
      if (await Promise.race([once(child, "exit").then(() => false), isLate])) this.kill();
    }
    await this.#running;
  }

  /** Ends the part at once. */
  kill(): void {
    this.#stopping.abort();
    this.#child?.kill("SIGKILL");
  }

  async #keepRunning(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const since = Date.now();
      const ending = await this.#ending();
      if (this.#stopping.signal.aborted) return;
      failures = Date.now() - since > HEALTHY_MILLISECONDS ? 1 : failures + 1;
      const pause = Math.min(RESTART_MILLISECONDS * 2 ** (failures - 1), RESTART_MILLISECONDS_MAX);
      this.#say(`ended unexpectedly (${ending}); starting it again in ${pause / 1000} s`);
      await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      await this.#launch().then(
        () => this.#say("runs again"),
        (error: Error) => this.#say(error.message),
      );
    }
  }

  async #launch(): Promise<PartFacts> {
    const { command, env } = this.#options;
    const child = fork(PRESS, [...command], { env, detached: true, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child = child;
    let complaints: string[] | undefined = [];
    this.#eachLine(child.stdout, (line) => this.#say(readableLogLine(line)));
    this.#eachLine(child.stderr, (line) => (complaints === undefined ? this.#say(line) : complaints.push(line)));
    const facts = await Promise.race([
      once(child, "message").then(([message]) => message as PartFacts),
      once(child, "close").then(() => undefined),
    ]);
    const said = complaints.join("\n").replace(/^golden-press: /, "");
    complaints = undefined;
    if (facts !== undefined) return facts;
    throw new Error(`The ${this.#options.name} did not start: ${said === "" ? describeEnding(child) : said}`);
  }

  async #ending(): Promise<string> {
    const child = this.#child;
    if (child === undefined) return "it was never started";
    if (!hasEnded(child)) await once(child, "exit");
    return describeEnding(child);
  }

  #eachLine(stream: NodeJS.ReadableStream | null, act: (line: string) => unknown): void {
    if (stream !== null) createInterface({ input: stream }).on("line", act);
  }

  #say(message: string): void {
    this.#options.say(this.#options.name, message);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function describeEnding(child: ChildProcess): string {
  return child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
}
