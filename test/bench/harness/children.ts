/**
 * The processes that a measurement consists of. What is measured, what it is measured against and who measures are each a process of their
 * own, so that none of them waits for another's garbage collector; the bench itself only tells them what to do, and sleeps.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** What a process can be asked to do, by name. Argument and result travel as structured clones. */
export type Actions = Record<string, (argument: never) => unknown>;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** A process that has not ended by itself after this time is killed. */
const STOP_MILLISECONDS = 10_000;

/** A process of ours that serves {@link Actions}. */
export class Child<Served extends Actions> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #questions = 0;

  /** @param module the file that calls {@link serve}; @param env what it finds in its environment besides PATH */
  constructor(module: string, env: NodeJS.ProcessEnv = {}) {
    this.#child = fork(module, [], {
      env: { PATH: process.env.PATH, ...env },
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (answer: Answer) => this.#settle(answer));
    this.#child.on("exit", (code, signal) => this.#rejectAll(`${module} ended (${signal ?? `exit code ${code}`}).`));
  }

  ask<Name extends keyof Served & string>(
    name: Name,
    ...[argument]: Parameters<Served[Name]>
  ): Promise<Awaited<ReturnType<Served[Name]>>> {
    this.#questions += 1;
    const question: Question = { id: this.#questions, name, argument };
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.id, { resolve, reject });
      this.#child.send(question, (error) => error && this.#settle({ id: question.id, error: error.message }));
    });
  }

  /** Lets the process end what it has begun; the end of the channel is its sign. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    const isLate = sleep(STOP_MILLISECONDS, true, { ref: false });
    if (await Promise.race([ended.then(() => false), isLate])) this.#child.kill("SIGKILL");
    await ended;
  }

  #settle({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(error));
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}

/**
 * Makes this process serve its parent until the parent lets go of it, however that happens.
 *
 * @param stop ends what the actions have started
 */
export function serve(actions: Actions, stop: () => Promise<void> = async () => undefined): void {
  // Ctrl-C at a terminal reaches every process; the parent knows the right order.
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => void stop().finally(() => process.exit()));
  process.on("message", async ({ id, name, argument }: Question) => {
    const answer = await answerTo(actions[name], id, argument);
    if (process.connected) process.send?.(answer);
  });
}

async function answerTo(action: Actions[string] | undefined, id: number, argument: unknown): Promise<Answer> {
  try {
    if (action === undefined) throw new Error("There is no such action.");
    return { id, result: await action(argument as never) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
