/* The network between two processes, through which every byte goes: it can be cut in the middle of a message, stand still, or be slow. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A connection through it, both halves. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** After how many bytes more, of either direction, it is cut. */
  bytesLeft: number;
}

export class WeakLink {
  readonly name: string;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #standstill: PromiseWithResolvers<void> | undefined;
  #delayMilliseconds = 0;
  #isBroken = false;

  private constructor(name: string, port: () => number) {
    this.name = name;
    this.#server = createServer((near) => this.#connect(near, port()));
  }

  /**
   * A way to a port of this machine.
   *
   * @param to asked at each connection, because who listens there may come back elsewhere
   */
  static async open(name: string, to: () => number): Promise<WeakLink> {
    const link = new WeakLink(name, to);
    link.#server.listen(0, "127.0.0.1");
    await once(link.#server, "listening");
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts each connection that there is, after some bytes more: `bytes` is asked once for each. */
  cutAfter(bytes: () => number): void {
    for (const pair of this.#pairs) pair.bytesLeft = bytes();
  }

  /** Ends every connection, and lets none through until it is {@link heal}ed. */
  break(): void {
    this.#isBroken = true;
    this.#cutAll();
  }

  /** Takes connections and bytes, and hands nothing on until it is healed; then all of it. */
  stall(): void {
    this.#standstill ??= Promise.withResolvers();
  }

  /** Every piece takes so long. */
  slowDown(milliseconds: number): void {
    this.#delayMilliseconds = milliseconds;
  }

  heal(): void {
    this.#isBroken = false;
    this.#delayMilliseconds = 0;
    this.#standstill?.resolve();
    this.#standstill = undefined;
    for (const pair of this.#pairs) pair.bytesLeft = Number.POSITIVE_INFINITY;
  }

  close(): void {
    this.heal();
    this.#server.close();
    this.#cutAll();
  }

  #cutAll(): void {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  #connect(near: Socket, port: number): void {
    near.on("error", () => undefined);
    if (this.#isBroken) {
      near.destroy();
      return;
    }
    const far = connect({ host: "127.0.0.1", port });
    const pair: Pair = { near, far, bytesLeft: Number.POSITIVE_INFINITY };
    this.#pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.once("close", () => this.#pairs.delete(pair));
    }
    far.once("close", () => near.destroy());
    near.once("close", () => far.destroy());
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#carry(from, to, pair).catch(() => {
        near.destroy();
        far.destroy();
      });
    }
  }

  async #carry(from: Socket, to: Socket, pair: Pair): Promise<void> {
    for await (const piece of from as AsyncIterable<Buffer>) {
      await this.#standstill?.promise;
      if (this.#delayMilliseconds > 0) await sleep(this.#delayMilliseconds);
      if (piece.length >= pair.bytesLeft) {
        to.end(piece.subarray(0, pair.bytesLeft));
        throw new Error("The link was cut.");
      }
      pair.bytesLeft -= piece.length;
      if (!to.write(piece)) await Promise.race([once(to, "drain"), once(to, "close")]);
    }
    to.end();
  }
}
