/* The line between a browser and a gateway, which a test cuts: wholly, or for WebSockets alone. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export type Cut = "nothing" | "webSockets" | "everything";

export class SeverableLine {
  readonly #server: Server;
  readonly #open = new Map<Socket, { readonly isWebSocket: boolean }>();
  #cut: Cut = "nothing";

  private constructor(gatewayUrl: string) {
    const port = Number(new URL(gatewayUrl).port);
    this.#server = createServer((near) => {
      near.on("error", () => near.destroy());
      near.once("data", (head) => this.#forward(near, head, port));
    });
  }

  static async to(gatewayUrl: string): Promise<SeverableLine> {
    const line = new SeverableLine(gatewayUrl);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  /** Where browsers find the gateway. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends what it concerns without a word, and lets no more of it through until it is called again. */
  cut(what: Cut): void {
    this.#cut = what;
    for (const [socket, { isWebSocket }] of this.#open) if (this.#isCut(isWebSocket)) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#open.keys()) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #isCut(isWebSocket: boolean): boolean {
    return this.#cut === "everything" || (this.#cut === "webSockets" && isWebSocket);
  }

  #forward(near: Socket, head: Buffer, port: number): void {
    const isWebSocket = /^upgrade: websocket\r$/im.test(head.toString("latin1"));
    if (this.#isCut(isWebSocket)) return void near.destroy();
    const far = connect(port, "127.0.0.1");
    this.#open.set(near, { isWebSocket });
    far.on("error", () => near.destroy());
    near.on("close", () => {
      this.#open.delete(near);
      far.destroy();
    });
    far.on("close", () => near.destroy());
    far.write(head);
    near.pipe(far);
    far.pipe(near);
  }
}
