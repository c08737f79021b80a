/**
 * Requests whose answer is not known yet. The key is written down before the request is sent for the first time, and stays until the answer is
 * known: whatever happens in between (a reload, a lost connection, a second tab), the same request is sent under the same key and can only have
 * been carried out once. A request key is no secret.
 */

/** What a person asked for, under the key that makes asking again safe. */
export interface PendingRequest {
  /** Who asked: the key is good for nobody else. */
  readonly subject: string;
  /** What it is about: the edition of a purchase, the ticket of a redemption. */
  readonly about: string;
  readonly requestKey: string;
  readonly quantity: number;
  /** When, in milliseconds since 1970 by the clock of this device. */
  readonly madeAt: number;
}

/** What is needed of localStorage. */
export type JournalStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** What this device keeps over reloads. It may refuse, also to be looked at: each use by itself meets that. */
export const deviceStorage: JournalStorage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
};

export class RequestJournal {
  readonly #storage: JournalStorage;
  readonly #prefix: string;
  readonly #makeKey: () => string;

  /**
   * @param kind keeps requests of different kinds apart
   * @param storage may refuse to store, as a browser in which storage is switched off does: then the request is remembered for as long as the page
   */
  constructor(kind: string, storage: JournalStorage, makeKey: () => string = () => crypto.randomUUID()) {
    this.#storage = new Lasting(storage);
    this.#prefix = `golden-press/${kind}`;
    this.#makeKey = makeKey;
  }

  /** Writes a request down. One that is still without an answer is returned in its place: it must be settled first. */
  begin(subject: string, about: string, quantity = 1): PendingRequest {
    const pending = this.pending(subject, about);
    if (pending !== null) return pending;
    const request = { subject, about, requestKey: this.#makeKey(), quantity, madeAt: Date.now() };
    this.#storage.setItem(this.#place(subject, about), JSON.stringify(request));
    return request;
  }

  /** The request of a person about something that is still without an answer. */
  pending(subject: string, about: string): PendingRequest | null {
    const text = this.#storage.getItem(this.#place(subject, about));
    return text === null ? null : parse(text, subject, about);
  }

  /** The answer is known. */
  settle({ subject, about, requestKey }: PendingRequest): void {
    if (this.pending(subject, about)?.requestKey === requestKey) this.#storage.removeItem(this.#place(subject, about));
  }

  #place(subject: string, about: string): string {
    return `${this.#prefix}/${encodeURIComponent(subject)}/${about}`;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What somebody else wrote there is not believed. */
function parse(text: string, subject: string, about: string): PendingRequest | null {
  try {
    const { requestKey, quantity, madeAt } = JSON.parse(text) as Record<string, unknown>;
    if (typeof requestKey !== "string" || !UUID.test(requestKey)) return null;
    if (typeof quantity !== "number" || !Number.isInteger(quantity) || quantity < 1) return null;
    if (typeof madeAt !== "number") return null;
    return { subject, about, requestKey, quantity, madeAt };
  } catch {
    return null;
  }
}

/** A storage that has everything in memory too, in case that the real one refuses. */
class Lasting implements JournalStorage {
  readonly #storage: JournalStorage;
  readonly #memory = new Map<string, string>();

  constructor(storage: JournalStorage) {
    this.#storage = storage;
  }

  getItem(key: string): string | null {
    return tryTo(() => this.#storage.getItem(key)) ?? this.#memory.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (tryTo(() => this.#storage.setItem(key, value) ?? true) !== true) this.#memory.set(key, value);
  }

  removeItem(key: string): void {
    this.#memory.delete(key);
    tryTo(() => this.#storage.removeItem(key));
  }
}

function tryTo<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
