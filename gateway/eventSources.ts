/**
 * What a subscription still has to tell. An event says what changed, never how: the rows are read afterwards, with the rights of whoever
 * subscribed. So events may be put together, and a client that takes none costs no more than the names of what changed.
 */
import { limits } from "./limits.ts";
import { refusal } from "./refusals.ts";
import type { Semaphore } from "./semaphore.ts";
import type { Subscriber } from "./subscriber.ts";

/** How the ledger has grown. */
export interface Growth {
  /** How many entries the latest checkpoint covers. */
  readonly size: number;
  /** The editions that new entries are about; the first of those entries may have been known already. */
  readonly editionIds: readonly number[];
  /** By the subject of the holder, the tickets that new entries are about. */
  readonly ticketIds: ReadonlyMap<string, readonly string[]>;
}

/** The hint where events are missing. */
export const READ_AGAIN = "Subscribe again, and then read again what you need.";

const NOW = 0;
const NEVER = Number.POSITIVE_INFINITY;
/** Between two events about the same thing. */
const PAUSE_MILLISECONDS = 500;
/** Until an event that could not be read is tried again. */
const REPEAT_MILLISECONDS = 1_000;

const DONE = { done: true, value: undefined } as const;

/**
 * Events, for one reader. One comes out when it was asked for, and when others' have been read: `reading` bounds those that are being read at
 * once, so that subscriptions leave connections to everybody else. One that takes longer to read than an operation may ends its source.
 */
export abstract class EventSource<Event = unknown> implements AsyncIterableIterator<Event, undefined> {
  readonly subscriber: Subscriber;
  readonly #reading: Semaphore;
  #wake: () => void = () => undefined;
  #onEnd: () => void = () => undefined;
  #onOverdue: (error: Error) => void = () => undefined;
  #deadline: NodeJS.Timeout | undefined;
  #hasBegun = false;
  #isAsked = false;
  #isReading = false;
  #isOver = false;
  #failure: Error | null = null;
  #last: Event | null = null;
  #repeatsAt: number | null = null;

  constructor(subscriber: Subscriber, reading: Semaphore) {
    this.subscriber = subscriber;
    this.#reading = reading;
  }

  /** Takes note of what a growth of the ledger means for this reader. */
  protected abstract note(growth: Growth): void;

  /** When there is an event, by the clock of `performance.now()`. */
  protected abstract dueAt(): number;

  /** The event that is due. */
  protected abstract take(): Event;

  /** Begins: the first event is due. */
  begin(size: number): void {
    this.#hasBegun = true;
    this.tell({ size, editionIds: [], ticketIds: new Map() });
  }

  tell(growth: Growth): void {
    this.note(growth);
    this.#wake();
  }

  /** For what does not come with the ledger: something may be due now. */
  protected wake(): void {
    this.#wake();
  }

  /** The reader has taken everything that it was given, and wants one more. */
  ask(): void {
    this.#isAsked = true;
    this.#wake();
  }

  /** The last event could not be read: it comes once more. */
  repeat(): void {
    this.#repeatsAt = performance.now() + REPEAT_MILLISECONDS;
  }

  /** Ends with an error, which the reader hears when it asks next. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Ends, in the middle of whatever it does. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#letOthersRead();
    this.#wake();
    this.#onEnd();
  }

  /** Ends if the token has. */
  expire(): void {
    if (!this.subscriber.checkToken()) this.end();
  }

  /** Calls `callback` when it ends. */
  onEnd(callback: () => void): void {
    this.#onEnd = callback;
  }

  /** Calls `callback` when an event is not read in time; it has ended then. */
  onOverdue(callback: (error: Error) => void): void {
    this.#onOverdue = callback;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next event; calling it says that the last one was read. */
  async next(): Promise<IteratorResult<Event, undefined>> {
    this.#letOthersRead();
    await this.#untilDue();
    await this.#waitForTurn();
    this.expire();
    if (this.#isOver) return DONE;
    if (this.#failure !== null) {
      this.end();
      throw this.#failure;
    }
    this.#isAsked = false;
    this.#last = this.#repeatsAt === null ? this.take() : (this.#last as Event);
    this.#repeatsAt = null;
    return { done: false, value: this.#last };
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.end();
    return DONE;
  }

  async throw(): Promise<IteratorResult<Event, undefined>> {
    return this.return();
  }

  async #untilDue(): Promise<void> {
    for (;;) {
      const milliseconds = this.#millisecondsUntilDue();
      if (milliseconds <= 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = Number.isFinite(milliseconds) ? setTimeout(resolve, milliseconds) : undefined;
      await promise;
      clearTimeout(timer);
    }
  }

  #millisecondsUntilDue(): number {
    if (this.#isOver) return 0;
    if (!this.#hasBegun || !this.#isAsked) return NEVER;
    if (this.#failure !== null) return 0;
    return (this.#repeatsAt ?? this.dueAt()) - performance.now();
  }

  async #waitForTurn(): Promise<void> {
    if (this.#isOver || this.#failure !== null) return;
    await this.#reading.acquire();
    this.#isReading = true;
    this.#deadline = setTimeout(() => this.#giveUp(), limits.executionMilliseconds);
    // It may have ended meanwhile.
    if (this.#isOver) this.#letOthersRead();
  }

  /** Whoever reads may wait for a database that is gone without a word, and the others do not wait for that. */
  #giveUp(): void {
    this.end();
    this.#onOverdue(refusal("OVERLOADED", "An event could not be read in time.", { hint: READ_AGAIN }));
  }

  #letOthersRead(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    clearTimeout(this.#deadline);
    this.#reading.release();
  }
}

/** A set that forgets nothing, so it has a bound. */
class Backlog<Item> {
  #items = new Set<Item>();

  get size(): number {
    return this.#items.size;
  }

  /** False where it is full; it is empty then. */
  add(items: Iterable<Item>): boolean {
    for (const item of items) this.#items.add(item);
    if (this.#items.size <= limits.subscriptionBacklogMax) return true;
    this.#items.clear();
    return false;
  }

  /** The item that has waited for longest. */
  shift(): Item {
    const [item] = this.#items;
    this.#items.delete(item as Item);
    return item as Item;
  }

  /** Everything, which is forgotten by it. */
  takeAll(): Item[] {
    const items = [...this.#items];
    this.#items.clear();
    return items;
  }
}

const tooSlow = () =>
  refusal("OVERLOADED", "More has changed than is kept for a client that does not take it.", { hint: READ_AGAIN });

/** Null in the first event, which says that from now on none is missed. */
export interface TicketEvent {
  readonly ticketId: string | null;
}

/** The tickets of one holder. */
export class TicketEvents extends EventSource<TicketEvent> {
  readonly subject: string;
  readonly #changed = new Backlog<string>();
  #isFirst = true;

  constructor(subscriber: Subscriber, reading: Semaphore, subject: string) {
    super(subscriber, reading);
    this.subject = subject;
  }

  protected note({ ticketIds }: Growth): void {
    if (!this.#changed.add(ticketIds.get(this.subject) ?? [])) this.fail(tooSlow());
  }

  protected dueAt(): number {
    return this.#isFirst || this.#changed.size > 0 ? NOW : NEVER;
  }

  protected take(): TicketEvent {
    const ticketId = this.#isFirst ? null : this.#changed.shift();
    this.#isFirst = false;
    return { ticketId };
  }
}

/** Null in the first event where all editions are meant. */
export interface EditionEvent {
  readonly editionId: number | null;
}

/** One edition, or all (null); each at most twice a second. */
export class EditionEvents extends EventSource<EditionEvent> {
  readonly #editionId: number | null;
  readonly #changed = new Backlog<number>();
  /** Those that are told now; what changes meanwhile waits for the next round. */
  #round: number[] = [];
  #nextRoundAt = NOW;
  #isFirst = true;

  constructor(subscriber: Subscriber, reading: Semaphore, editionId: number | null) {
    super(subscriber, reading);
    this.#editionId = editionId;
  }

  protected note({ editionIds }: Growth): void {
    const mine = this.#editionId === null ? editionIds : editionIds.filter((id) => id === this.#editionId);
    if (!this.#changed.add(mine)) this.fail(tooSlow());
  }

  protected dueAt(): number {
    if (this.#isFirst || this.#round.length > 0) return NOW;
    return this.#changed.size > 0 ? this.#nextRoundAt : NEVER;
  }

  protected take(): EditionEvent {
    if (this.#isFirst) {
      this.#isFirst = false;
      return { editionId: this.#editionId };
    }
    if (this.#round.length === 0) {
      this.#round = this.#changed.takeAll();
      this.#nextRoundAt = performance.now() + PAUSE_MILLISECONDS;
    }
    return { editionId: this.#round.shift() as number };
  }
}

/** Entries of the ledger at places from firstPlace up to but not including nextPlace, and how many the latest checkpoint covers. */
export interface LedgerEvent {
  readonly treeSize: number;
  readonly firstPlace: number;
  readonly nextPlace: number;
}

/** The ledger, from a place on or, without one (null), from where it stands; as fast as it is taken, and at its end at most twice a second. */
export class LedgerEvents extends EventSource<LedgerEvent> {
  #nextPlace: number | null;
  #size = 0;
  #toldSize = -1;
  #nextAt = NOW;

  constructor(subscriber: Subscriber, reading: Semaphore, firstPlace: number | null) {
    super(subscriber, reading);
    this.#nextPlace = firstPlace;
  }

  protected note({ size }: Growth): void {
    this.#size = size;
  }

  protected dueAt(): number {
    const place = this.#nextPlace ?? this.#size;
    return this.#toldSize < this.#size || place < this.#size ? this.#nextAt : NEVER;
  }

  protected take(): LedgerEvent {
    const treeSize = this.#size;
    const firstPlace = this.#nextPlace ?? treeSize;
    const nextPlace = Math.max(firstPlace, Math.min(firstPlace + limits.entriesPerEventMax, treeSize));
    this.#nextPlace = nextPlace;
    this.#toldSize = treeSize;
    if (nextPlace >= treeSize) this.#nextAt = performance.now() + PAUSE_MILLISECONDS;
    return { treeSize, firstPlace, nextPlace };
  }
}

/** The same in each event: the row says what it is by then, as far as the subscriber may see it. */
export interface PublicationEvent {
  readonly publicationId: string;
}

/** One publication, at most twice a second. The ledger says nothing of it: publicationWatch.ts does. */
export class PublicationEvents extends EventSource<PublicationEvent> {
  /** Of a UUID the form that the database writes. */
  readonly publicationId: string;
  #hasChanged = true;
  #nextAt = NOW;

  constructor(subscriber: Subscriber, reading: Semaphore, publicationId: string) {
    super(subscriber, reading);
    this.publicationId = publicationId;
  }

  /** It has changed since it was read last, or may have. */
  change(): void {
    this.#hasChanged = true;
    this.wake();
  }

  protected note(): void {}

  protected dueAt(): number {
    return this.#hasChanged ? this.#nextAt : NEVER;
  }

  protected take(): PublicationEvent {
    this.#hasChanged = false;
    this.#nextAt = performance.now() + PAUSE_MILLISECONDS;
    return { publicationId: this.publicationId };
  }
}
