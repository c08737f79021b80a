/**
 * Waiting for signatures: many clients, and one question for all of them at a time.
 *
 * A notification is only a hint that something was signed. Whether it was is always read from the tickets, and looked for every 250 ms even
 * without a hint, so that a lost notification or a lost connection costs a client a moment and nothing else.
 */
import type { Pool } from "pg";
import type { Logger } from "pino";
import type { Listener } from "./listener.ts";
import { Looker } from "./looker.ts";
import { refusal } from "./refusals.ts";

export interface EnvelopeWaiterOptions {
  /** Connections of the login press_gateway, without a role. */
  readonly pool: Pick<Pool, "query">;
  readonly listener: Pick<Listener, "on">;
  readonly log: Logger;
  /** Clients that may wait at once; one more is OVERLOADED. */
  readonly waitingMax?: number;
}

const LOOK_MILLISECONDS = 250;

type Deliver = (envelope: string | null) => void;

export class EnvelopeWaiter {
  readonly #pool: Pick<Pool, "query">;
  readonly #waitingMax: number;
  /** By ticket, who waits for its envelope. */
  readonly #waiting = new Map<string, Set<Deliver>>();
  readonly #looker: Looker;
  #waitingCount = 0;
  #isClosed = false;

  constructor({ pool, listener, log, waitingMax = 10_000 }: EnvelopeWaiterOptions) {
    this.#pool = pool;
    this.#waitingMax = waitingMax;
    this.#looker = new Looker({
      name: "envelopes",
      look: () => this.#deliverSigned(),
      isWanted: () => this.#waitingCount > 0,
      pauseMilliseconds: LOOK_MILLISECONDS,
      log,
    });
    listener.on("press_signed", () => this.#looker.look());
  }

  /**
   * The envelope of a ticket as soon as it is signed, or null when the time is up.
   *
   * @param ticketId of a ticket that the caller may see: this is not checked here
   * @throws {SafeError} OVERLOADED when too many are waiting
   */
  async wait(ticketId: string, milliseconds: number): Promise<string | null> {
    if (this.#isClosed) return null;
    if (this.#waitingCount >= this.#waitingMax)
      throw refusal("OVERLOADED", "Too many clients are waiting for envelopes.");
    return new Promise<string | null>((resolve) => {
      const deliver: Deliver = (envelope) => {
        clearTimeout(timer);
        this.#forget(ticketId, deliver);
        resolve(envelope);
      };
      const timer = setTimeout(deliver, milliseconds, null);
      this.#remember(ticketId, deliver);
      // It may have been signed before anybody waited.
      this.#looker.look();
    });
  }

  /** Lets everybody go with what there is (null). */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const delivers of [...this.#waiting.values()]) for (const deliver of [...delivers]) deliver(null);
    await this.#looker.close();
  }

  #remember(ticketId: string, deliver: Deliver): void {
    const delivers = this.#waiting.get(ticketId) ?? new Set();
    this.#waiting.set(ticketId, delivers.add(deliver));
    this.#waitingCount += 1;
  }

  #forget(ticketId: string, deliver: Deliver): void {
    const delivers = this.#waiting.get(ticketId);
    if (!delivers?.delete(deliver)) return;
    this.#waitingCount -= 1;
    if (delivers.size === 0) this.#waiting.delete(ticketId);
  }

  async #deliverSigned(): Promise<void> {
    const { rows } = await this.#pool.query<{ ticket_id: string; envelope: string }>({
      name: "read_envelopes",
      text: "select ticket_id, envelope from press_gateway.read_envelopes($1)",
      values: [[...this.#waiting.keys()]],
    });
    for (const { ticket_id, envelope } of rows)
      for (const deliver of [...(this.#waiting.get(ticket_id) ?? [])]) deliver(envelope);
  }
}
