/* A gateway or a worker as a service manager has it: a process of its own, started again whenever it ends, which faults may kill or pause. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWith } from "../nats.ts";

const PRESS = join(import.meta.dirname, "..", "..", "press.ts");
const RESTART_MILLISECONDS = 300;
const STOP_MILLISECONDS = 15_000;

export interface PressProcessOptions {
  /** Like `worker-1`; its log is named so. */
  readonly name: string;
  /** The command of press.ts; asked at each start. */
  readonly command: () => readonly string[];
  /** Asked at each start. */
  readonly env: () => NodeJS.ProcessEnv;
  readonly logFolder: string;
}

export class PressProcess {
  readonly name: string;
  readonly #options: PressProcessOptions;
  readonly #log: FileHandle;
  #child: ChildProcess | undefined;
  #isWanted = false;
  #isPaused = false;
  #starts = 0;
  #ready = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();
  /** How it ended when it was at work and nobody had ended it. */
  readonly deaths: string[] = [];

  private constructor(options: PressProcessOptions, log: FileHandle) {
    this.name = options.name;
    this.#options = options;
    this.#log = log;
  }

  static async create(options: PressProcessOptions): Promise<PressProcess> {
    return new PressProcess(options, await open(join(options.logFolder, `${options.name}.log`), "a"));
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Has it run from now on. */
  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#running = this.#running.then(() => this.#keepRunning());
  }

  /** Resolves when it says that it is ready, which one that cannot reach its database never does. */
  untilReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** Ends it as a loss of power would; it stays away until it is started. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    this.#child?.kill("SIGKILL");
    await this.#running;
  }

  /** Asks it to end what it has in hand and stop. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    this.resume();
    this.#child?.kill("SIGTERM");
    const isLate = await Promise.race([
      this.#running.then(() => false),
      sleep(STOP_MILLISECONDS, true, { ref: false }),
    ]);
    if (isLate) {
      this.deaths.push(`${this.name} did not stop within ${STOP_MILLISECONDS / 1_000} s of being asked to`);
      this.#child?.kill("SIGKILL");
    }
    await this.#running;
  }

  /** SIGSTOP: it holds what it has, and does nothing. */
  pause(): void {
    this.#isPaused = true;
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    if (this.#isPaused) this.#child?.kill("SIGCONT");
    this.#isPaused = false;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#log.close();
  }

  async #keepRunning(): Promise<void> {
    while (this.#isWanted) {
      this.#starts += 1;
      const child = fork(PRESS, [...this.#options.command()], {
        env: this.#options.env(),
        stdio: ["ignore", this.#log.fd, this.#log.fd, "ipc"],
      });
      endWith(child);
      this.#child = child;
      const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
      let isReady = false;
      child.once("message", () => {
        isReady = true;
        this.#ready.resolve();
      });
      const [code, signal] = await exit;
      this.#child = undefined;
      if (isReady) this.#ready = Promise.withResolvers();
      this.#isPaused = false;
      if (!this.#isWanted) return;
      if (isReady) this.deaths.push(`${this.name} ended by itself (${signal ?? `exit code ${code}`})`);
      await sleep(RESTART_MILLISECONDS);
    }
  }
}
