/**
 * Subscriptions: who is told that something has changed.
 *
 * The ledger says what changed, and only what a published checkpoint covers is told. One question for all subscribers of this gateway, whenever
 * the ledger has grown, finds what it was about; what a subscriber is told hangs on who subscribed, never on an argument. Nothing is lost when
 * the database is away: the same places are asked for again.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import {
  EditionEvents,
  type EventSource,
  type Growth,
  LedgerEvents,
  PublicationEvents,
  READ_AGAIN,
  TicketEvents,
} from "./eventSources.ts";
import { whenExpired } from "./expiry.ts";
import { FailureLog } from "./failureLog.ts";
import type { LedgerReader, LedgerState } from "./ledger.ts";
import type { LedgerFeed } from "./ledgerFeed.ts";
import { limits } from "./limits.ts";
import type { PublicationWatch } from "./publicationWatch.ts";
import { refusal } from "./refusals.ts";
import { Semaphore } from "./semaphore.ts";
import type { Subscriber } from "./subscriber.ts";

export interface SubscriptionsOptions {
  /** Connections of the login press_gateway, without a role. */
  readonly pool: Pick<Pool, "query">;
  readonly ledger: Pick<LedgerReader, "latest">;
  readonly feed: Pick<LedgerFeed, "when">;
  readonly publications: Pick<PublicationWatch, "watch" | "leave">;
  readonly log: Logger;
  readonly bounds?: Partial<SubscriptionBounds> | undefined;
}

export interface SubscriptionBounds {
  /** Open at once, in all; one more is OVERLOADED. */
  readonly max: number;
  /** The same for one WebSocket. */
  readonly perSocketMax: number;
}

/** How far everybody has been told. */
interface Told {
  /** The name of the ledger; null before its first checkpoint. */
  readonly origin: string | null;
  /** The place from which to go on. */
  readonly place: number;
}

/** Events that are read at once: fewer than the connections for requests, so that those who ask are served meanwhile. */
const READING_MAX = 4;
/** What one question is about at most, so that its time suffices also after a long silence. */
const PLACES_MAX = 10_000;
const RETRY_MILLISECONDS = 1_000;

const SUBSCRIBE_LATER = "Subscribe again in a moment, or read again from time to time instead.";

export class Subscriptions {
  readonly #pool: Pick<Pool, "query">;
  readonly #ledger: Pick<LedgerReader, "latest">;
  readonly #feed: Pick<LedgerFeed, "when">;
  readonly #publications: Pick<PublicationWatch, "watch" | "leave">;
  readonly #failures: FailureLog;
  readonly #bounds: SubscriptionBounds;
  readonly #reading = new Semaphore(READING_MAX);
  readonly #open = new Set<EventSource>();
  readonly #bySocket = new WeakMap<WebSocket, Set<EventSource>>();
  /** How many entries were covered when it was last looked. */
  #size = 0;
  /** Settles when `size` is known; null while nobody follows the ledger. */
  #started: Promise<void> | null = null;
  #following: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor({ pool, ledger, feed, publications, log, bounds }: SubscriptionsOptions) {
    this.#pool = pool;
    this.#ledger = ledger;
    this.#feed = feed;
    this.#publications = publications;
    this.#failures = new FailureLog("what subscribers are to be told", log);
    this.#bounds = { max: limits.subscriptionsMax, perSocketMax: limits.subscriptionsPerSocketMax, ...bounds };
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * The changed tickets of whoever subscribes.
   *
   * @throws {SafeError} UNAUTHENTICATED for nobody; like the others, also for a token that has expired, and OVERLOADED
   */
  async ofTickets(subscriber: Subscriber): Promise<TicketEvents> {
    const { subject } = subscriber.identity;
    if (subject === null) {
      throw refusal("UNAUTHENTICATED", "Only a holder can be told of tickets.", {
        hint: "Send a token as connectionParams.authorization.",
      });
    }
    return this.#begin(new TicketEvents(subscriber, this.#reading, subject));
  }

  /** Changed editions: the one with the id, which is not checked here, or all. */
  async ofEditions(subscriber: Subscriber, editionId: number | null): Promise<EditionEvents> {
    return this.#begin(new EditionEvents(subscriber, this.#reading, editionId));
  }

  /** The ledger from a place on or, without one (null), from where it stands. */
  async ofLedger(subscriber: Subscriber, firstPlace: number | null): Promise<LedgerEvents> {
    return this.#begin(new LedgerEvents(subscriber, this.#reading, firstPlace));
  }

  /** One publication, which need not be there: whoever may not see it is told nothing after the first event. */
  async ofPublication(subscriber: Subscriber, publicationId: string): Promise<PublicationEvents> {
    return this.#begin(new PublicationEvents(subscriber, this.#reading, publicationId));
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const source of this.#open) source.end();
    await this.#following;
  }

  async #begin<Source extends EventSource>(source: Source): Promise<Source> {
    const { subscriber } = source;
    if (!subscriber.checkToken()) throw refusal("UNAUTHENTICATED", "The token has expired.");
    this.#add(source);
    subscriber.source = source;
    try {
      // It is among the open ones by now: what comes under a checkpoint from here on is told, what did before can be read.
      this.#started ??= this.#start();
      await this.#started;
      if (source instanceof PublicationEvents) await this.#publications.watch(source);
    } catch (error) {
      source.end();
      throw error;
    }
    source.begin(this.#size);
    return source;
  }

  #add(source: EventSource): void {
    const ofSocket = this.#ofSocket(source.subscriber.socket);
    const { max, perSocketMax } = this.#bounds;
    if (ofSocket.size >= perSocketMax || this.#open.size >= max || this.#closing.signal.aborted) {
      throw refusal("OVERLOADED", "Too many subscriptions are open.", { hint: SUBSCRIBE_LATER });
    }
    ofSocket.add(source);
    this.#open.add(source);
    let stopTimer: () => void = () => undefined;
    source.onEnd(() => {
      stopTimer();
      ofSocket.delete(source);
      this.#open.delete(source);
      if (source instanceof PublicationEvents) this.#publications.leave(source);
    });
    stopTimer = whenExpired(source.subscriber.identity, () => source.expire());
  }

  #ofSocket(socket: WebSocket): Set<EventSource> {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const sources = new Set<EventSource>();
    this.#bySocket.set(socket, sources);
    // Whatever becomes of its operations, their subscriptions end with it.
    socket.once("close", () => {
      for (const source of sources) source.end();
    });
    return sources;
  }

  async #start(): Promise<void> {
    try {
      const latest = await this.#ledger.latest();
      this.#size = latest?.size ?? 0;
      this.#following = this.#follow({ origin: latest?.origin ?? null, place: this.#size });
    } catch (error) {
      this.#started = null;
      throw error;
    }
  }

  /** Tells everybody what there is to tell, until nobody is there any more. */
  async #follow(from: Told): Promise<void> {
    let told: Told | null = from;
    while (told !== null && this.#open.size > 0) {
      try {
        told = await this.#tellMore(told);
        this.#failures.succeeded();
      } catch (error) {
        this.#failures.failed(error);
        await delay(RETRY_MILLISECONDS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
    this.#started = null;
  }

  /** Waits until there is more to tell, and tells it; null when the gateway closes. */
  async #tellMore(told: Told): Promise<Told | null> {
    const isAnother = ({ origin }: LedgerState) => told.origin !== null && origin !== told.origin;
    const state = await this.#feed.when((now) => now.size > told.place || isAnother(now), this.#closing.signal);
    if (state === null) return null;
    const { origin, size } = state;
    if (isAnother(state)) {
      this.#size = size;
      for (const source of this.#open) source.fail(ledgerReplaced());
      return { origin, place: size };
    }
    const place = Math.min(size, told.place + PLACES_MAX);
    const growth = await this.#readGrowth(size, told.place, place);
    this.#size = size;
    for (const source of this.#open) source.tell(growth);
    return { origin, place };
  }

  async #readGrowth(size: number, firstPlace: number, nextPlace: number): Promise<Growth> {
    const sources = [...this.#open];
    const subjects = new Set(sources.filter((source) => source instanceof TicketEvents).map(({ subject }) => subject));
    const areEditionsWanted = sources.some((source) => source instanceof EditionEvents);
    const [ticketIds, editionIds] = await Promise.all([
      subjects.size > 0 ? this.#changedTickets(firstPlace, nextPlace, [...subjects]) : new Map<string, string[]>(),
      areEditionsWanted ? this.#changedEditions(firstPlace, nextPlace) : [],
    ]);
    return { size, ticketIds, editionIds };
  }

  async #changedTickets(
    firstPlace: number,
    nextPlace: number,
    subjects: readonly string[],
  ): Promise<Map<string, string[]>> {
    const { rows } = await this.#pool.query<{ subject: string; ticket_id: string }>({
      name: "changed_tickets",
      text: "select subject, ticket_id from press_gateway.changed_tickets($1, $2, $3)",
      values: [firstPlace, nextPlace, subjects],
    });
    const bySubject = Map.groupBy(rows, ({ subject }) => subject);
    return new Map([...bySubject].map(([subject, changed]) => [subject, changed.map(({ ticket_id }) => ticket_id)]));
  }

  async #changedEditions(firstPlace: number, nextPlace: number): Promise<number[]> {
    const { rows } = await this.#pool.query<{ edition_id: number }>({
      name: "changed_editions",
      text: "select edition_id from press_gateway.changed_editions($1, $2) as c (edition_id)",
      values: [firstPlace, nextPlace],
    });
    return rows.map(({ edition_id }) => edition_id);
  }
}

const ledgerReplaced = () =>
  refusal("OVERLOADED", "The ledger goes on under another name: what was told may not be so any more.", {
    hint: READ_AGAIN,
  });
