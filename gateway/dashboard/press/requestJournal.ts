/**
 * Requests whose answer is not known yet. The key is written down before the request is sent for the first time, and stays until the answer is
 * known: whatever happens in between (a reload, a lost connection, a second tab), the same request is sent under the same key and can only have
 * been carried out once. A request key is no secret.
 */

/** What a person asked for, under the key that makes asking again safe. */
export interface PendingRequest {
  /** Who asked, and in which role: the key is good for nobody else, and the press keeps an operator's apart from a holder's of the same name. */
  readonly caller: string;
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
  begin(caller: string, about: string, quantity = 1): PendingRequest {
    const pending = this.pending(caller, about);
    if (pending !== null) return pending;
    const request = { caller, about, requestKey: this.#makeKey(), quantity, madeAt: Date.now() };
    this.#storage.setItem(this.#place(caller, about), JSON.stringify(request));
    return request;
  }

  /** The request of a person about something that is still without an answer. */
  pending(caller: string, about: string): PendingRequest | null {
    const text = this.#storage.getItem(this.#place(caller, about));
    return text === null ? null : parse(text, caller, about);
  }

  /** The answer is known. */
  settle({ caller, about, requestKey }: PendingRequest): void {
    if (this.pending(caller, about)?.requestKey === requestKey) this.#storage.removeItem(this.#place(caller, about));
  }

  #place(caller: string, about: string): string {
    return `${this.#prefix}/${encodeURIComponent(caller)}/${about}`;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What somebody else wrote there is not believed. */
function parse(text: string, caller: string, about: string): PendingRequest | null {
  try {
    const { requestKey, quantity, madeAt } = JSON.parse(text) as Record<string, unknown>;
    if (typeof requestKey !== "string" || !UUID.test(requestKey)) return null;
    if (typeof quantity !== "number" || !Number.isInteger(quantity) || quantity < 1) return null;
    if (typeof madeAt !== "number") return null;
    return { caller, about, requestKey, quantity, madeAt };
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
