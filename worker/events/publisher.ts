import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { inBackground } from "../inBackground.ts";
import type { Log } from "../log.ts";
import { oneAtATime } from "../oneAtATime.ts";
import {
  type EventSource,
  holdEventStream,
  noteEventStream,
  publishedSize,
  readEvents,
  releaseEventStream,
} from "./queries.ts";
import { compareEvents, type Difference, type Hold } from "./reconciler.ts";
import { DisorderError, type EventOptions, EventStream, type StreamState } from "./stream.ts";
import { EventStreamError, ForeignStreamError } from "./streamError.ts";

/** After which step the observer is called: the points at which a crash test kills the worker. */
export type PublisherStep = "eventsPublished" | "streamRenewed";

/** What a publisher needs. */
export interface PublisherOptions {
  readonly source: EventSource;
  readonly events: EventOptions;
  readonly log: Log;
  readonly observe?: ((step: PublisherStep) => unknown) | undefined;
  /** How many events are under way at once. */
  readonly batchSize?: number | undefined;
  /** For how many seconds no other worker publishes: how long the events of a killed worker wait. */
  readonly leaseSeconds?: number | undefined;
  /** Whether to publish without asking whether another one does: nothing but work is lost by it. */
  readonly withoutLease?: boolean | undefined;
}

/** How long a stream that was wiped stays so when nothing happens. */
const LOOK_MILLISECONDS = 2_000;
/** How long a round may take once the worker is to stop: the one that is under way, and the last one. */
const PATIENCE_MILLISECONDS = 1_000;
/** Where another publisher is at work, an attempt that fails is a success of the other one; so many without any of our own are no accident. */
const ATTEMPTS_MAX = 10;

/**
 * Publishes the ledger's entries as events, in order, each once.
 *
 * The stream alone says how far it is: after a start, after any failure, and now and then, it is asked for its end and its last event, which is
 * held against the ledger, and publishing goes on from there. Nothing is remembered that a death could lose. Any number of publishers may run;
 * the lease is there so that they do not all do the same work.
 */
export class EventPublisher {
  readonly #id = randomUUID();
  readonly #source: EventSource;
  readonly #events: EventOptions;
  readonly #log: Log;
  readonly #observe: (step: PublisherStep) => unknown;
  readonly #batchSize: number;
  readonly #leaseSeconds: number;
  readonly #withoutLease: boolean;
  #stream: EventStream | undefined;
  /** As it was seen last; undefined when it must be asked. The size counts what was acknowledged since. */
  #state: StreamState | undefined;
  #lookedAt = 0;
  #isHolder = false;
  #askedForLeaseAt = Number.NEGATIVE_INFINITY;
  /** The place of a difference that the reconciler has found. */
  #suspect: number | undefined;
  /** The damage that the last look has found. What is deleted for it is seen twice, through two connections. */
  #damage: string | undefined;
  #isFailing = false;
  #isHurried = false;
  #isAtWork = false;
  /** Ends the round that is under way, which then fails, so that none follows it. */
  readonly #givingUp = new AbortController();
  #patience: NodeJS.Timeout | undefined;

  constructor(options: PublisherOptions) {
    this.#source = options.source;
    this.#events = options.events;
    this.#log = options.log;
    this.#observe = options.observe ?? (() => undefined);
    this.#batchSize = options.batchSize ?? 1_000;
    this.#leaseSeconds = options.leaseSeconds ?? 3;
    this.#withoutLease = options.withoutLease ?? false;
  }

  /**
   * Publishes whatever was under a checkpoint before the call, unless another publisher has the lease. There is one round at a time, and calls
   * share it.
   *
   * @throws {EventStreamError} when the broker does not do its part; the next call begins anew
   */
  readonly catchUp = oneAtATime(() => this.#round());

  /** Says that there is something to do. Whoever calls {@link catchUp} regularly hears of failures, and is waited for after one. */
  wake(): void {
    if (!this.#isFailing) this.catchUp().catch(() => undefined);
  }

  /** The stream, while this publisher holds it and it is in order; undefined otherwise. */
  readonly hold = (): Hold | undefined =>
    this.#stream === undefined || this.#state === undefined ? undefined : { stream: this.#stream, state: this.#state };

  /** Looks at a place where the stream was found to differ, and makes the stream again if it does. */
  readonly repair = (place: number): Promise<void> => {
    this.#suspect = place;
    return this.catchUp();
  };

  /** From now on a round ends after a batch, however much there is to publish, and after a second, whatever the servers do. */
  hurry(): void {
    this.#isHurried = true;
    if (this.#isAtWork) this.#limitRound();
  }

  /** A last round, in a hurry, if the one before did not fail. Then another publisher may go on. */
  async stop(): Promise<void> {
    this.hurry();
    const { signal } = this.#givingUp;
    const givenUp = new Promise((resolve) => signal.addEventListener("abort", resolve));
    if (!this.#isFailing) await Promise.race([this.catchUp().catch(() => undefined), givenUp]);
    await this.#letGo().catch(() => undefined); // The lease ends by itself.
  }

  async #round(): Promise<void> {
    this.#isAtWork = true;
    if (this.#isHurried) this.#limitRound();
    try {
      await this.#publishAll();
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      if (error instanceof EventStreamError) await this.#note(error.message).catch(() => undefined);
      // Another worker may get through where this one does not.
      await this.#letGo().catch(() => undefined);
      throw error;
    } finally {
      this.#isAtWork = false;
      clearTimeout(this.#patience);
    }
  }

  #limitRound(): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#givingUp.abort(), PATIENCE_MILLISECONDS);
  }

  /** Nothing while another one has the lease. Where the stream is not as it was last seen, it is asked again; as often as that happens, if only something is stored each time. */
  async #publishAll(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (!(await this.#hasLease())) return this.#disconnect();
      if (this.#isLookDue()) await this.#look();
      const hold = this.hold();
      const failure = hold && (await this.#publishUpTo(await publishedSize(this.#source), hold));
      if (hold !== undefined && failure === undefined) return;
      if ((this.#state?.size ?? 0) > (hold?.state.size ?? 0)) attempt = 0;
      if (failure !== undefined && !(failure instanceof DisorderError)) throw failure;
      if (attempt >= ATTEMPTS_MAX) throw failure ?? new DisorderError(`The stream ${this.#events.stream} never rests.`);
      this.#state = undefined;
    }
  }

  /**
   * While a batch is on its way, the next one is read.
   *
   * @returns why it ended early; undefined when it did not, or another one goes on
   */
  async #publishUpTo(end: number, { stream, state }: Hold): Promise<Error | undefined> {
    const read = (first: number) =>
      inBackground(readEvents(this.#source, first, Math.min(this.#batchSize, end - first)));
    let { size } = state;
    let ahead = size < end ? read(size) : undefined;
    while (ahead !== undefined) {
      const events = await ahead;
      const next = size + events.length;
      ahead = events.length > 0 && next < end ? read(next) : undefined;
      const { stored, failure } = await stream.publish(this.#source.origin, events);
      size += stored;
      this.#state = { ...state, size };
      if (stored > 0) await this.#observe("eventsPublished");
      if (failure !== undefined) return failure;
      await this.#note();
      if (this.#isHurried || !(await this.#hasLease())) return undefined;
    }
    return undefined;
  }

  #isLookDue(): boolean {
    const isOld = performance.now() - this.#lookedAt >= LOOK_MILLISECONDS;
    return this.#state === undefined || this.#suspect !== undefined || isOld;
  }

  /** Asks the stream for its end, and holds its last event against the ledger. */
  async #look(): Promise<void> {
    this.#state = undefined;
    if (this.#stream?.isClosed) await this.#disconnect();
    this.#stream ??= await EventStream.open(this.#events, this.#source.origin, this.#givingUp.signal);
    const state = await this.#stream.ensure();
    const difference = await this.#findDifference(this.#stream, state);
    if (difference !== null) return this.#settle(this.#stream, state, difference);
    this.#suspect = undefined;
    this.#damage = undefined;
    this.#state = state;
    this.#lookedAt = performance.now();
    await this.#note();
  }

  async #findDifference(stream: EventStream, state: StreamState): Promise<Omit<Difference, "place"> | null> {
    for (const place of [state.size - 1, this.#suspect ?? -1]) {
      const isThere = place >= 0 && place < state.size;
      const difference = isThere ? await compareEvents(stream, this.#source, state, place, 1) : null;
      if (difference !== null) return difference;
    }
    return state.isWhole || state.isLimited ? null : { kind: "missing", verdict: "damaged" };
  }

  /** Deletes a stream that was damaged, to make it again. What somebody else may have meant is left as it is. */
  async #settle(stream: EventStream, state: StreamState, difference: Omit<Difference, "place">): Promise<void> {
    const refusal = refusalOf(stream.name, state, difference);
    if (refusal !== undefined) throw new ForeignStreamError(refusal);
    const damage = JSON.stringify({ created: state.created, ...difference });
    const mayDelete = async () => {
      if (!(await this.#hasLease({ isAsked: true }))) return false;
      this.#log.warn(
        { stream: stream.name, ...difference },
        "The stream has lost or changed events: it is deleted, and made again from the ledger.",
      );
      return true;
    };
    if (this.#damage !== damage) await this.#disconnect();
    else if (await stream.renew(state.created, mayDelete)) await this.#observe("streamRenewed");
    this.#damage = damage;
  }

  /** Asks three times as often as need be, and whenever it is told to. */
  async #hasLease({ isAsked = false } = {}): Promise<boolean> {
    if (this.#withoutLease) return true;
    const now = performance.now();
    if (!isAsked && now - this.#askedForLeaseAt < (this.#leaseSeconds * 1_000) / 3) return this.#isHolder;
    this.#isHolder = await holdEventStream(this.#source.db, this.#id, this.#leaseSeconds);
    this.#askedForLeaseAt = now;
    return this.#isHolder;
  }

  /** For people and their metrics. The next publisher does not read it. */
  async #note(problem?: string): Promise<void> {
    if (this.#isHolder) await noteEventStream(this.#source.db, this.#id, this.#state?.size, problem);
  }

  async #letGo(): Promise<void> {
    await this.#disconnect();
    if (!this.#isHolder) return;
    this.#isHolder = false;
    this.#askedForLeaseAt = Number.NEGATIVE_INFINITY;
    await releaseEventStream(this.#source.db, this.#id);
  }

  async #disconnect(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#state = undefined;
    await stream?.close();
  }
}

/** Why a stream is left as it is, and what an operator can do; undefined when it is damaged and the press's own. */
function refusalOf(name: string, state: StreamState, { verdict, kind }: Omit<Difference, "place">): string | undefined {
  const rebuild = 'make it again from this ledger with "golden-press events rebuild"';
  if (verdict === "foreign") {
    return `The stream ${name} has events of another ledger: set EVENT_STREAM and EVENT_SUBJECT_PREFIX to others, or ${rebuild}.`;
  }
  if (verdict === "otherForm") {
    return `The stream ${name} tells the entries of the ledger in another form, as another version of the press does: run one version, or ${rebuild}.`;
  }
  if (verdict === "otherHistory" && kind === "beyond") {
    return `The stream ${name} has more events than this database has published entries, so there may be a later database: bring that one back, or, if there is none, ${rebuild}.`;
  }
  if (verdict === "otherHistory") {
    return `The stream ${name} and the ledger of this database tell different histories: find out which is right with "golden-press audit", then bring back the right database or ${rebuild}.`;
  }
  if (state.isOurs && !state.isLimited) return undefined;
  return `The stream ${name} has lost or changed events, and it was made or limited by somebody else, so it is not deleted: ${rebuild}.`;
}
