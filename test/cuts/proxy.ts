/* Stands between a process of ours and a server, lets every message through, counts those that a test asks it to count, and does to the n-th of
   them, or to its connection, what the test wants. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Conversation, Message, Protocol, Side } from "./wire.ts";

/** What happens to the n-th message and its connection. */
export type Fate =
  /** It does not arrive, and the connection is closed on both sides. */
  | "lost"
  /** The same, but by a reset. */
  | "reset"
  /** It arrives, and the connection is closed before anything comes back. */
  | "unanswered"
  /** Nothing passes any more, on any connection, and none is closed, until it is healed: then everything goes on where it was. */
  | "silent"
  /** The message waits until something is done; true: then it goes on its way, if there still is one; false: its connection is closed, so that nothing arrives without what went before it. */
  | ((met: Met) => Promise<boolean>);

/** What the n-th message was. */
export interface Met extends Message {
  /** Whom the client of the connection says it is. */
  readonly client: string;
  /** The process that serves the connection, where the server has told. */
  readonly serverPid: number | undefined;
}

/** Which messages are counted, and what happens to which of them. */
export interface Plan {
  readonly counts: (message: Message, client: string) => boolean;
  /** From 1; in the order in which the messages would have gone on, whoever sent them. */
  readonly n: number;
  readonly fate: Fate;
}

/** A plan at work. */
export interface Armed {
  /** How many messages were counted. */
  readonly count: number;
  /** The n-th, when its fate has met it. */
  readonly met: Promise<Met>;
  /** Whether the n-th has come; its fate may still be meeting it. */
  readonly isReached: boolean;
}

export class WireProxy {
  readonly #server: Server;
  readonly #target: () => { readonly host: string; readonly port: number };
  readonly #protocol: Protocol;
  readonly #connections = new Set<Connection>();
  #armed: ArmedPlan | undefined;
  /** While nothing passes: when something does again. */
  #silence: PromiseWithResolvers<void> | undefined;

  private constructor(server: Server, target: URL | (() => URL), protocol: Protocol) {
    this.#server = server;
    this.#target = () => {
      const url = typeof target === "function" ? target() : target;
      return { host: url.hostname, port: Number(url.port) };
    };
    this.#protocol = protocol;
  }

  /** @param target where the server is, asked for each connection anew */
  static async start(target: URL | (() => URL), protocol: Protocol): Promise<WireProxy> {
    const server = createServer();
    const proxy = new WireProxy(server, target, protocol);
    server.on("connection", (near) => void proxy.#accept(near));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  /** A URL of the server, so that it leads here. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = "127.0.0.1";
    changed.port = String((this.#server.address() as AddressInfo).port);
    return changed.href;
  }

  /** Counts from now on, in the place of whatever was counted before. */
  arm(plan: Plan): Armed {
    this.#armed = new ArmedPlan(plan);
    return this.#armed;
  }

  /** Counts nothing any more. */
  disarm(): void {
    this.#armed = undefined;
  }

  /** Ends a silence: what was held back goes on, in its order. */
  heal(): void {
    this.#silence?.resolve();
    this.#silence = undefined;
  }

  /** Closes the connections of these clients, and returns when the other side has heard of it. */
  async close(isClosed: (client: string) => boolean): Promise<void> {
    const closed = [...this.#connections].filter(({ client }) => isClosed(client));
    await Promise.all(closed.map((connection) => connection.cut()));
  }

  /** Ends it, and all its connections. */
  async stop(): Promise<void> {
    this.heal();
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #accept(near: Socket): Promise<void> {
    near.on("error", () => undefined);
    while (this.#silence !== undefined) await this.#silence.promise;
    const far = connect(this.#target());
    const connection = new Connection(near, far, this.#protocol(), {
      untilOpen: () => this.#silence?.promise,
      fateOf: (message, of) => this.#fateOf(message, of),
      silence: () => {
        this.#silence ??= Promise.withResolvers();
      },
    });
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
  }

  #fateOf(message: Message, { client }: Connection): ArmedPlan | undefined {
    return this.#armed?.isNthWith(message, client) ? this.#armed : undefined;
  }
}

class ArmedPlan implements Armed {
  count = 0;
  readonly fate: Fate;
  readonly #plan: Plan;
  readonly #met = Promise.withResolvers<Met>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.fate = plan.fate;
    this.#met.promise.catch(() => undefined); // Who waits for it hears of it.
  }

  get met(): Promise<Met> {
    return this.#met.promise;
  }

  get isReached(): boolean {
    const { n } = this.#plan;
    return n > 0 && this.count >= n;
  }

  isNthWith(message: Message, client: string): boolean {
    if (!this.#plan.counts(message, client)) return false;
    this.count += 1;
    return this.count === this.#plan.n;
  }

  meet(met: Met): void {
    this.#met.resolve(met);
  }

  fail(error: unknown): void {
    this.#met.reject(error);
  }
}

interface Way {
  readonly untilOpen: () => Promise<void> | undefined;
  readonly fateOf: (message: Message, of: Connection) => ArmedPlan | undefined;
  readonly silence: () => void;
}

/** One connection: each direction passes its messages on in their order, one after the other. */
class Connection {
  readonly ended: Promise<unknown>;
  readonly #sockets: Record<Side, Socket>;
  readonly #conversation: Conversation;
  readonly #way: Way;
  readonly #waiting: Record<Side, Message[]> = { client: [], server: [] };
  readonly #hasEnded: Record<Side, boolean> = { client: false, server: false };
  readonly #isPassing: Record<Side, boolean> = { client: false, server: false };
  #isCut = false;

  constructor(near: Socket, far: Socket, conversation: Conversation, way: Way) {
    this.#sockets = { client: near, server: far };
    this.#conversation = conversation;
    this.#way = way;
    this.ended = Promise.all([near, far].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    for (const from of ["client", "server"] as const) this.#listen(from);
  }

  get client(): string {
    return this.#conversation.client;
  }

  /** Closes both sides when they have what was passed on to them, and returns when they are closed. */
  async cut(): Promise<void> {
    this.#isCut = true;
    for (const socket of Object.values(this.#sockets)) socket.destroySoon();
    await this.ended;
  }

  destroy(): void {
    this.#isCut = true;
    for (const socket of Object.values(this.#sockets)) socket.destroy();
  }

  #reset(): void {
    this.#isCut = true;
    for (const socket of Object.values(this.#sockets)) socket.resetAndDestroy();
  }

  #listen(from: Side): void {
    const socket = this.#sockets[from];
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      if (this.#isCut) return;
      this.#waiting[from].push(...this.#conversation.read(from, chunk));
      void this.#pass(from);
    });
    socket.on("close", () => {
      this.#hasEnded[from] = true;
      void this.#pass(from);
    });
  }

  async #pass(from: Side): Promise<void> {
    if (this.#isPassing[from]) return;
    this.#isPassing[from] = true;
    for (;;) {
      for (let open = this.#way.untilOpen(); open !== undefined; open = this.#way.untilOpen()) await open;
      const message = this.#waiting[from].shift();
      if (message === undefined || this.#isCut) break;
      const armed = this.#way.fateOf(message, this);
      if (armed === undefined) this.#sendOn(message);
      else await this.#meet(armed, message);
    }
    this.#isPassing[from] = false;
    if (this.#hasEnded[from] && !this.#isCut) this.#sockets[from === "client" ? "server" : "client"].destroySoon();
  }

  #sendOn({ from, bytes }: Message): void {
    const other = this.#sockets[from === "client" ? "server" : "client"];
    if (other.writable) other.write(bytes);
  }

  async #meet(armed: ArmedPlan, message: Message): Promise<void> {
    const { client, serverPid } = this.#conversation;
    const met: Met = { ...message, client, serverPid };
    const { fate } = armed;
    if (fate === "silent") {
      this.#way.silence();
      armed.meet(met);
      await this.#way.untilOpen();
      this.#sendOn(message);
      return;
    }
    if (typeof fate === "function") {
      try {
        if (await fate(met)) this.#sendOn(message);
        else void this.cut();
        armed.meet(met);
      } catch (error) {
        armed.fail(error);
      }
      return;
    }
    if (fate === "unanswered") this.#sendOn(message);
    if (fate === "reset") this.#reset();
    else void this.cut();
    armed.meet(met);
  }
}
