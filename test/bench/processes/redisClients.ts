/** Clients of Redis in node, each with a connection of its own and one command under way: what the processes of a service are to it. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { serve } from "../harness/children.ts";
import type { RunResult } from "./sqlCallers.ts";

export interface RedisClientsRun {
  readonly port: number;
  readonly clients: number;
  readonly milliseconds: number;
  /** The SHA of the script, its keys, and its first arguments; a holder and a request key, new ones each time, are the last. */
  readonly script: string;
  readonly keys: readonly string[];
  readonly terms: readonly string[];
}

export type RedisClients = typeof actions;
const actions = { issue };
if (import.meta.main) serve(actions);

async function issue(run: RedisClientsRun): Promise<Pick<RunResult, "granted" | "milliseconds">> {
  const clients = await Promise.all(Array.from({ length: run.clients }, () => RedisClient.open(run.port)));
  const before = ["EVALSHA", run.script, String(run.keys.length), ...run.keys, ...run.terms];
  let granted = 0;
  const since = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() - since < run.milliseconds) {
        const answer = await client.ask([...before, randomUUID(), randomUUID()]);
        if (!answer.startsWith(":")) throw new Error(`Redis answered ${answer}`);
        granted += 1;
      }
    }),
  );
  const milliseconds = performance.now() - since;
  for (const client of clients) client.close();
  return { granted, milliseconds };
}

/** Speaks as much of the protocol as is needed: commands out, an answer of one line in. */
class RedisClient {
  readonly #socket: Socket;
  #received = "";
  #settle: ((answer: string) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (data: string) => this.#receive(data));
    socket.on("error", (error) => this.#fail?.(error));
    socket.on("close", () => this.#fail?.(new Error("Redis closed a connection.")));
  }

  static async open(port: number): Promise<RedisClient> {
    const socket = connect({ host: "127.0.0.1", port });
    await once(socket, "connect");
    return new RedisClient(socket);
  }

  ask(command: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
      const parts = command.map((part) => `$${part.length}\r\n${part}\r\n`);
      this.#socket.write(`*${command.length}\r\n${parts.join("")}`);
    });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #receive(data: string): void {
    this.#received += data;
    if (!this.#received.endsWith("\r\n")) return;
    const answer = this.#received.slice(0, -2);
    this.#received = "";
    this.#settle?.(answer);
  }
}
