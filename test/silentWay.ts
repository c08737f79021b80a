/* A way to a database on which everything falls silent, as when a machine or a network is lost: connections stay open, and nothing comes over them. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { TestDatabase, TestLogin } from "./database.ts";

export class SilentWay {
  readonly #database: Pick<TestDatabase, "url">;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSilentForAll = false;

  private constructor(database: Pick<TestDatabase, "url">) {
    this.#database = database;
    const { hostname, port } = new URL(database.url("press_gateway"));
    this.#server = createServer((near) => this.#join(near, connect(Number(port || 5432), hostname)));
  }

  static async to(database: Pick<TestDatabase, "url">): Promise<SilentWay> {
    const way = new SilentWay(database);
    way.#server.listen(0, "127.0.0.1");
    await once(way.#server, "listening");
    return way;
  }

  /** The URL of a login, over this way. */
  url(login: TestLogin): string {
    const url = new URL(this.#database.url(login));
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** From now on nothing comes over the connections that there are; new ones go through. */
  silence(): void {
    for (const socket of this.#sockets) socket.unpipe().removeAllListeners("close").pause();
  }

  /** The same, and new ones are accepted and never answered. */
  silenceForAll(): void {
    this.#isSilentForAll = true;
    this.silence();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => undefined);
      if (this.#isSilentForAll) continue;
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  }
}
