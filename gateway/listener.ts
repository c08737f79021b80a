/**
 * The one connection of a gateway that listens to the database, for everybody here who waits for something.
 *
 * A notification is only a hint that there is something to look at: it says nothing, and it can be lost. So whoever waits also looks
 * without one from time to time, and a lost connection costs a moment and nothing else.
 */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "pino";
import type { DatabaseSockets } from "../db/databaseSockets.ts";
import { limits } from "./limits.ts";

/** Tickets were signed; a checkpoint of the ledger was published; publications went on, on their way to the chain. */
export type Channel = "press_signed" | "press_ledger" | "press_publications";

export interface ListenerOptions {
  /** The database, as the login press_gateway. */
  readonly databaseUrl: string;
  /** What its connection goes over; nobody gives it up unless it is said. */
  readonly sockets?: DatabaseSockets | undefined;
  readonly log: Logger;
}

const CHANNELS: readonly Channel[] = ["press_signed", "press_ledger", "press_publications"];
const RECONNECT_MILLISECONDS = 250;
const RECONNECT_MILLISECONDS_MAX = 5_000;

export class Listener {
  readonly #databaseUrl: string;
  readonly #sockets: DatabaseSockets | undefined;
  readonly #log: Logger;
  /** By channel, what to do at a hint. */
  readonly #looks = new Map<string, (() => void)[]>(CHANNELS.map((channel) => [channel, []]));
  readonly #closing = new AbortController();
  #listening: Promise<void> | undefined;

  constructor({ databaseUrl, sockets, log }: ListenerOptions) {
    this.#databaseUrl = databaseUrl;
    this.#sockets = sockets;
    this.#log = log;
  }

  /** Calls `look` at each hint, and whenever listening has begun: what happened before was not heard of. */
  on(channel: Channel, look: () => void): void {
    this.#looks.get(channel)?.push(look);
  }

  /** Begins to listen, and goes on through lost connections until it is closed. */
  listen(): void {
    this.#listening ??= this.#listenUntilClosed();
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#listening;
  }

  #hint(channel: string): void {
    for (const look of this.#looks.get(channel) ?? []) look();
  }

  async #listenUntilClosed(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#listen(() => {
          failures = 0;
        });
      } catch (error) {
        if (!signal.aborted) this.#log.warn({ err: error }, "listening to the database failed; it is tried again");
      }
      const pause = Math.min(RECONNECT_MILLISECONDS * 2 ** failures, RECONNECT_MILLISECONDS_MAX);
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Listens until the connection ends, whoever ends it. */
  async #listen(onListening: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#databaseUrl,
      keepAlive: true,
      stream: this.#sockets?.make,
      connectionTimeoutMillis: limits.connectionWaitMilliseconds,
      query_timeout: limits.statementMilliseconds,
      application_name: "golden-press gateway: listen",
    });
    const end = () => void client.end().catch(() => undefined);
    const ended = new Promise<void>((resolve) => {
      client.on("error", () => resolve());
      client.on("end", () => resolve());
    });
    this.#closing.signal.addEventListener("abort", end);
    try {
      // The driver never settles a connect() that end() came before.
      await Promise.race([client.connect(), ended.then(() => Promise.reject(new Error("The connection ended.")))]);
      client.on("notification", ({ channel }) => this.#hint(channel));
      await client.query(CHANNELS.map((channel) => `listen ${channel}`).join("; "));
      onListening();
      for (const channel of CHANNELS) this.#hint(channel);
      await ended;
    } finally {
      this.#closing.signal.removeEventListener("abort", end);
      end();
    }
  }
}
