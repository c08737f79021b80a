/* A way between browsers and a gateway that a test can cut, hold up, or rob of its answers. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";

/** What becomes of a request: it passes, its answer is lost, or it waits until the promise settles. */
export type Fate = "pass" | "lose answer" | Promise<void>;

export class Link {
  readonly #server: Server;
  #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #webSockets = new Set<Socket>();
  readonly #awaited = new Set<{ isWanted: (body: string) => boolean; resolve: () => void }>();
  /** Decides over a POST to /graphql by its body; it may wait for something, or note something. */
  fateOf: (body: string) => Fate = () => "pass";
  #areWebSocketsCut = false;
  #isCut = false;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, answer) => {
      this.#pass(incoming, answer).catch(() => answer.destroy());
    });
    this.#server.on("upgrade", (incoming, socket) => this.#upgrade(incoming, socket as Socket));
    this.#server.on("connection", (socket) => {
      if (this.#isCut) socket.destroy();
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async to(target: string): Promise<Link> {
    const link = new Link(target);
    await new Promise<void>((resolve) => link.#server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Leads elsewhere from now on: to what had to know first where the way begins. */
  leadTo(target: string): void {
    this.#target = new URL(target);
  }

  /** Ends every WebSocket and lets none through; requests pass. */
  cutWebSockets(): void {
    this.#areWebSocketsCut = true;
    for (const socket of this.#webSockets) socket.destroy();
  }

  /** Ends every connection and lets none through. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Lets everything through again. */
  mend(): void {
    this.#areWebSocketsCut = false;
    this.#isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Resolves when the gateway has answered a request of that kind, whoever waits for the answer. */
  passed(isWanted: (body: string) => boolean): Promise<void> {
    return new Promise((resolve) => this.#awaited.add({ isWanted, resolve }));
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const isGraphql = incoming.method === "POST" && incoming.url === "/graphql";
    const fate = isGraphql ? this.fateOf(body.toString()) : "pass";
    if (typeof fate !== "string") await fate;
    const { method, url: path, headers } = incoming;
    await new Promise<void>((resolve, reject) => {
      const outgoing = request(new URL(path ?? "/", this.#target), { method, headers }, async (reply) => {
        const content = await buffer(reply);
        for (const awaited of this.#awaited) {
          if (!awaited.isWanted(body.toString())) continue;
          this.#awaited.delete(awaited);
          awaited.resolve();
        }
        if (fate === "lose answer") return reject(new Error("The answer is lost."));
        // What was held together in one piece is sent in one piece.
        const { "transfer-encoding": _, ...rest } = reply.headers;
        answer.writeHead(reply.statusCode ?? 502, rest).end(content, resolve);
      });
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  #upgrade(incoming: IncomingMessage, socket: Socket): void {
    if (this.#areWebSocketsCut) return void socket.destroy();
    const target = connect(Number(this.#target.port), this.#target.hostname, () => {
      const lines = incoming.rawHeaders.flatMap((name, index, all) =>
        index % 2 ? [] : [`${name}: ${all[index + 1]}`],
      );
      target.write([`GET ${incoming.url} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
      target.pipe(socket).pipe(target);
    });
    this.#webSockets.add(socket);
    target.on("error", () => socket.destroy());
    target.on("close", () => socket.destroy());
    socket.on("close", () => {
      this.#webSockets.delete(socket);
      target.destroy();
    });
  }
}
