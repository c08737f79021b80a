/* A real nats-server with JetStream, on a free port of the loopback address, which a test may kill, wipe and start again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { freePort } from "../db/freePort.ts";
import { natsServerPath } from "./requirements.ts";

/** How a test wants its server. */
export interface NatsOptions {
  /** More of nats-server.conf: users, TLS. `FOLDER` in it stands for the server's folder. */
  readonly config?: string;
  /** Written into the server's folder before it starts, by their names. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A message as a stream has it. */
export interface StreamMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly messageId: string;
  readonly contentType: string;
  readonly data: string;
}

/** Its log says so when JetStream is there as well. */
const READY = "Server is ready";
/** Another process may have taken the port meanwhile; only one that tries whether it is free, or that goes away soon. */
const PORT_TAKEN = "address already in use";

export class TestNats {
  readonly folder: string;
  readonly #options: NatsOptions;
  #port = 0;
  #process: ChildProcess | undefined;

  private constructor(folder: string, options: NatsOptions) {
    this.folder = folder;
    this.#options = options;
  }

  /** Starts a server with a folder of its own. Nothing of it outlives the test's process. */
  static async start(options: NatsOptions = {}): Promise<TestNats> {
    const nats = new TestNats(await mkdtemp(join(tmpdir(), "golden-press-nats-")), options);
    for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(nats.folder, name), text);
    await nats.start();
    return nats;
  }

  /** Without a user; the same after every start. */
  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it again, with what its store has. */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    const { config = "" } = this.#options;
    const lines = [
      `listen: "127.0.0.1:${this.#port}"`,
      `jetstream { store_dir: "${join(this.folder, "store")}" }`,
      config.replaceAll("FOLDER", this.folder),
    ];
    const file = join(this.folder, "nats-server.conf");
    await writeFile(file, lines.join("\n"));
    while (!(await this.#launch(file))) await sleep(50);
  }

  /** Ends it as a loss of power would, and waits until it is gone; what it had told the kernel is there when it starts again. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /** Stops it with SIGSTOP: it holds its connections and answers nothing. {@link resume} lets it go on. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Ends it, and loses everything that it has stored. */
  async wipe(): Promise<void> {
    await this.kill();
    await rm(join(this.folder, "store"), { recursive: true, force: true });
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.folder, { recursive: true });
  }

  connect(options: ConnectionOptions = {}): Promise<NatsConnection> {
    return connect({ servers: `127.0.0.1:${this.#port}`, ...options });
  }

  /** Everything that a stream has, in order; undefined when there is no such stream. */
  async messages(stream: string, options: ConnectionOptions = {}): Promise<StreamMessage[] | undefined> {
    const connection = await this.connect(options);
    try {
      const { streams } = await jetstreamManager(connection);
      const info = await streams.info(stream).catch(() => undefined);
      if (info === undefined) return undefined;
      const messages: StreamMessage[] = [];
      for (let first = Math.max(info.state.first_seq, 1); first <= info.state.last_seq; first += READ_AT_ONCE) {
        const count = Math.min(READ_AT_ONCE, info.state.last_seq - first + 1);
        const read = Array.from({ length: count }, (_, index) => streams.getMessage(stream, { seq: first + index }));
        messages.push(...(await Promise.all(read)).filter((message) => message !== null).map(toMessage));
      }
      return messages;
    } finally {
      await connection.close();
    }
  }

  /** Whether it became ready; false when its port is taken. */
  async #launch(file: string): Promise<boolean> {
    const child = spawn(natsServerPath() ?? "nats-server", ["--config", file], { stdio: ["ignore", "ignore", "pipe"] });
    endWith(child);
    let log = "";
    const isReady = await new Promise<boolean>((resolve) => {
      child.stderr?.on("data", (chunk: Buffer) => {
        log += chunk.toString("utf8");
        if (log.includes(READY)) resolve(true);
      });
      child.once("exit", () => resolve(false));
      child.once("error", () => resolve(false));
    });
    child.stderr?.removeAllListeners("data").resume();
    if (!isReady && !log.includes(PORT_TAKEN)) throw new Error(`nats-server did not start:\n${log}`);
    this.#process = isReady ? child : undefined;
    return isReady;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGCONT"); // One that is paused would never see a SIGTERM.
    child.kill(signal);
    await exit;
  }
}

const READ_AT_ONCE = 500;

function toMessage(message: StoredMsg): StreamMessage {
  return {
    sequence: message.seq,
    subject: message.subject,
    messageId: message.header.get("Nats-Msg-Id"),
    contentType: message.header.get("Content-Type"),
    data: message.string(),
  };
}

/** A shell reads from a pipe that ends when this process does, be it by SIGKILL; then it ends the server too. */
export function endWith(child: ChildProcess): void {
  const shell = spawn("sh", ["-c", 'read -r _; kill -KILL "$0"', String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.unref();
  (shell.stdin as Socket).unref();
  child.once("exit", () => shell.kill());
}
