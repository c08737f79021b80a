/* The way to the database, which can be given up. A server that is gone without a word, or whose commits wait for a standby that is away, would
   otherwise be waited for by whoever wants to stop. */
import { Socket } from "node:net";

/** How long whoever stops waits for answers of the database: less than what starts and stops us gives us. */
const PATIENCE_MILLISECONDS = 5_000;

/** All connections of one process to its database. */
export class DatabaseSockets {
  readonly #sockets = new Set<Socket>();
  #isGivenUp = false;

  /** The socket of a new connection: `stream` among the options of a pool or a client. */
  readonly make = (): Socket => {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (this.#isGivenUp) setImmediate(giveUp, socket); // Not before whoever asked for it listens.
    return socket;
  };

  /**
   * Ends what works with the database. When that takes longer than five seconds, every connection is given up: what was asked and not answered
   * may or may not have been done, and whoever asked hears that its connection was lost.
   *
   * @param onGiveUp is called then
   */
  async whileEnding(end: () => Promise<void>, onGiveUp: () => void): Promise<void> {
    const timer = setTimeout(() => {
      this.#isGivenUp = true;
      onGiveUp();
      for (const socket of this.#sockets) giveUp(socket);
    }, PATIENCE_MILLISECONDS);
    try {
      await end();
    } finally {
      clearTimeout(timer);
    }
  }
}

/** With the code of a connection that the other side has reset: whoever is closing it anyway does not mind. */
function giveUp(socket: Socket): void {
  socket.destroy(Object.assign(new Error("The database did not answer and was given up."), { code: "ECONNRESET" }));
}
