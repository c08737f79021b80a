/**
 * Issuing for many clients at once: their requests for one edition travel to the database together.
 *
 * The commit is what costs, not the lock. So an edition has at most one call under way, and whatever arrives meanwhile is the next call: no
 * request waits for a timer, and the busier it is, the larger the batches. The answers come back one by one, each client its own.
 *
 * The database believes the identities in these calls, because only the gateway's login may make them. They come from verified tokens, and
 * from nowhere else.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { SpanContext } from "@opentelemetry/api";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { inSpan, outsideSpans } from "../tracing/spans.ts";
import type { Identity } from "./auth.ts";
import { Crowd } from "./crowd.ts";
import { limits } from "./limits.ts";
import { isConnectionLost, isDatabaseError, mayHaveBeenDone } from "./masking.ts";
import { ownerOf } from "./openConnections.ts";
import { outcomeUnknown, refusal, refusalOfDatabase, TRY_AGAIN } from "./refusals.ts";

/** What one client asks for. */
export interface IssueRequest {
  readonly identity: Identity;
  /** From which network address; where it is not said, it is nobody's. */
  readonly address?: string;
  readonly editionSlug: string;
  /** Null: the caller. */
  readonly recipient: string | null;
  readonly quantity: number;
  /** Never null: with a key, this process can itself repeat a call whose answer was lost. */
  readonly requestKey: string;
  /** What is traced of it, if anything is. */
  readonly span?: SpanContext | undefined;
}

/** A ticket by its columns in press.tickets; the values are those that PostGraphile would read from the database. */
export interface IssuedTicket {
  readonly id: string;
  readonly edition_id: number;
  readonly ticket_number: number;
  readonly holder_id: string;
  readonly holder_slot: number;
  readonly cap: number;
  readonly per_holder_limit: number;
  readonly status: string;
  readonly issued_at: string;
  readonly issued_by: string | null;
  readonly request_key: string | null;
  readonly request_position: number | null;
  readonly envelope: string | null;
}

interface Pending {
  readonly request: IssueRequest;
  readonly resolve: (tickets: readonly IssuedTicket[]) => void;
  readonly reject: (error: Error) => void;
  /** A call that carried it may have been committed, and no later one has said whether. */
  isUncertain: boolean;
}

/** One row of press_gateway.issue_tickets: a ticket of the request, or its refusal. */
type Row = Granted | Refused;

interface Granted extends IssuedTicket {
  readonly request_index: number;
  readonly refusal_code: null;
}

interface Refused {
  readonly request_index: number;
  readonly refusal_code: string;
  readonly refusal_message: string;
  readonly refusal_detail: string | null;
  readonly refusal_hint: string | null;
}

const ISSUE = {
  name: "issue_tickets",
  text: `
    select request_index, refusal_code, refusal_message, refusal_detail, refusal_hint,
           (ticket).id, (ticket).edition_id, (ticket).ticket_number, (ticket).holder_id, (ticket).holder_slot, (ticket).cap,
           (ticket).per_holder_limit, (ticket).status, to_char((ticket).issued_at, 'YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM') as issued_at,
           (ticket).issued_by, (ticket).request_key, (ticket).request_position, (ticket).envelope
    from press_gateway.issue_tickets($1, $2, $3, $4, $5, $6)`,
};

export interface IssuerOptions {
  /** Connections of the login press_gateway, without a role. */
  readonly pool: Pick<Pool, "query">;
  readonly log: Logger;
  /** Requests of one call at most. */
  readonly batchSizeMax?: number;
  /** Requests that may wait at once, over all editions; one more is OVERLOADED. */
  readonly waitingMax?: number;
  /** Requests that may wait for one edition, so that one that is stuck leaves room for the others. */
  readonly editionWaitingMax?: number;
  /** Requests of one holder, and from one address, that may wait at once, so that they leave room for others; operators have no such bound. */
  readonly holderWaitingMax?: number;
  readonly addressWaitingMax?: number;
  /** Called for each batch, with the number of its requests. */
  readonly onBatch?: (requests: number) => void;
}

const ATTEMPTS_MAX = 5;
/** Between two wake-ups of a worker, which signs until nothing is pending: one for each batch would cost as much as the batch. */
const WAKE_UP_PAUSE_MILLISECONDS = 20;
/** Tickets of one call at most, so that a few large requests do not make one endless transaction. */
const TICKETS_MAX = 10_000;

export class Issuer {
  readonly #pool: Pick<Pool, "query">;
  readonly #log: Logger;
  readonly #batchSizeMax: number;
  readonly #waitingMax: number;
  readonly #editionWaitingMax: number;
  readonly #onBatch: (requests: number) => void;
  readonly #holders: Crowd;
  readonly #addresses: Crowd;
  /** Who waits for each edition that has a call under way. */
  readonly #queues = new Map<string, Pending[]>();
  readonly #underWay = new Set<Promise<void>>();
  #waitingCount = 0;
  #signing: "idle" | "asking" | "asking, and again" = "idle";
  #isClosed = false;

  constructor({
    pool,
    log,
    batchSizeMax = 1_000,
    waitingMax = 10_000,
    editionWaitingMax = 2_000,
    holderWaitingMax = 50,
    addressWaitingMax = 1_000,
    onBatch = () => undefined,
  }: IssuerOptions) {
    this.#pool = pool;
    this.#log = log;
    this.#batchSizeMax = batchSizeMax;
    this.#waitingMax = waitingMax;
    this.#editionWaitingMax = editionWaitingMax;
    this.#holders = new Crowd(holderWaitingMax);
    this.#addresses = new Crowd(addressWaitingMax);
    this.#onBatch = onBatch;
  }

  /** How many requests wait for their answers. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /**
   * Issues what one client asks for, and answers with its tickets in the order of their numbers.
   *
   * @throws {SafeError} the client's own refusal; OVERLOADED when too many are waiting, or when the database cannot be reached;
   *   OUTCOME_UNKNOWN, with the request key, when it may have been done and no answer says so
   */
  issue(request: IssueRequest): Promise<readonly IssuedTicket[]> {
    if (this.#isClosed) return overloaded("The gateway is being shut down.");
    if (this.#waitingCount >= this.#waitingMax) return overloaded("Too many requests are waiting.");
    const queue = this.#queues.get(request.editionSlug);
    if (queue !== undefined && queue.length >= this.#editionWaitingMax) {
      return overloaded("Too many requests are waiting for this edition.");
    }
    const crowds = this.#crowdsOf(request);
    const full = crowds.find(({ crowd, owner }) => !crowd.hasRoomFor(owner));
    if (full !== undefined) return overloaded(`Too many requests ${full.whose} are waiting.`);

    this.#waitingCount += 1;
    for (const { crowd, owner } of crowds) crowd.enter(owner);
    const { promise, resolve, reject } = Promise.withResolvers<readonly IssuedTicket[]>();
    const pending: Pending = { request, resolve, reject, isUncertain: false };
    if (queue !== undefined) queue.push(pending);
    else this.#serve(request.editionSlug, [pending]);
    return promise.finally(() => {
      this.#waitingCount -= 1;
      for (const { crowd, owner } of crowds) crowd.leave(owner);
    });
  }

  /** Refuses what comes from now on, and waits until what is under way has its answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    // The last answers are given in the turn after their call.
    await new Promise(setImmediate);
  }

  /** Who issues for others, as a shop does, is one caller at one address with everybody's requests. */
  #crowdsOf({ identity, address = "" }: IssueRequest): readonly { crowd: Crowd; owner: string; whose: string }[] {
    if (identity.role === "press_operator") return [];
    const { subject } = identity;
    return [
      ...(subject === null ? [] : [{ crowd: this.#holders, owner: subject, whose: "of yours" }]),
      ...(address === "" ? [] : [{ crowd: this.#addresses, owner: ownerOf(address), whose: "from your address" }]),
    ];
  }

  #serve(editionSlug: string, queue: Pending[]): void {
    this.#queues.set(editionSlug, queue);
    this.#track(this.#serveUntilEmpty(editionSlug, queue));
  }

  async #serveUntilEmpty(editionSlug: string, queue: Pending[]): Promise<void> {
    // Whoever arrives in the same turn of the event loop is part of the first batch.
    await new Promise(setImmediate);
    while (queue.length > 0) await this.#answer(editionSlug, this.#takeBatch(queue));
    this.#queues.delete(editionSlug);
  }

  #takeBatch(queue: Pending[]): Pending[] {
    let size = 0;
    let tickets = 0;
    for (const { request } of queue) {
      tickets += countableQuantity(request);
      if (size === this.#batchSizeMax || (size > 0 && tickets > TICKETS_MAX)) break;
      size += 1;
    }
    this.#onBatch(size);
    return queue.splice(0, size);
  }

  async #answer(editionSlug: string, batch: readonly Pending[]): Promise<void> {
    try {
      const rows = await this.#callRepeatedly(editionSlug, batch);
      if (rows.some(isGranted)) this.#requestSigning();
      // The next call leaves first, so that the database is at work while the clients' answers are worded.
      setImmediate(settleAll, batch, rows);
    } catch (error) {
      if (batch.length > 1 && isFaultOfOne(error)) await this.#answerHalves(editionSlug, batch);
      else for (const pending of batch) fail(pending, error as Error);
    }
  }

  /** One request that the database cannot even read fails the call of all; halving finds it, and the others get their answers. */
  async #answerHalves(editionSlug: string, batch: readonly Pending[]): Promise<void> {
    const middle = Math.ceil(batch.length / 2);
    await this.#answer(editionSlug, batch.slice(0, middle));
    await this.#answer(editionSlug, batch.slice(middle));
  }

  /** Repeats a call that failed or whose answer was lost; the request keys make that safe, even where it had been committed. */
  async #callRepeatedly(editionSlug: string, batch: readonly Pending[]): Promise<readonly Row[]> {
    const requests = batch.map(({ request }) => request);
    const links = requests.flatMap(({ span }) => (span === undefined ? [] : [{ context: span }]));
    const attributes = { "golden_press.requests": requests.length };
    for (let attempt = 1; ; attempt += 1) {
      try {
        // It is of no request alone: a trace of its own, which names those that it is for.
        return await inSpan("issue a batch", { isRoot: true, attributes, links }, () =>
          this.#call(editionSlug, requests),
        );
      } catch (error) {
        if (mayHaveBeenDone(error)) for (const pending of batch) pending.isUncertain = true;
        if (attempt === ATTEMPTS_MAX || !isWorthRepeating(error)) throw error;
        this.#log.warn({ err: error, attempt, requests: requests.length }, "issuing is tried again");
        await delay(10 * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  async #call(editionSlug: string, requests: readonly IssueRequest[]): Promise<readonly Row[]> {
    const result = await this.#pool.query<Row>({
      ...ISSUE,
      values: [
        editionSlug,
        requests.map(({ identity }) => identity.subject),
        requests.map(({ identity }) => identity.role === "press_operator"),
        requests.map(({ recipient }) => recipient),
        requests.map(({ quantity }) => quantity),
        requests.map(({ requestKey }) => requestKey),
      ],
    });
    return result.rows;
  }

  /** Wakes a worker: at once, then after a pause if tickets were issued meanwhile; a lost one only costs the worker's own next look. */
  #requestSigning(): void {
    if (this.#signing !== "idle") {
      this.#signing = "asking, and again";
      return;
    }
    this.#signing = "asking";
    this.#track(outsideSpans(() => this.#askForSigning()));
  }

  async #askForSigning(): Promise<void> {
    try {
      await this.#pool.query("select press_gateway.request_signing()");
    } catch (error) {
      this.#log.warn({ err: error }, "the worker could not be woken; it will look by itself");
    }
    await delay(WAKE_UP_PAUSE_MILLISECONDS);
    const isAskedAgain = this.#signing === "asking, and again";
    this.#signing = "idle";
    if (isAskedAgain) this.#requestSigning();
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}

/** A quantity that the database refuses makes no ticket, and must not fill a call. */
function countableQuantity({ quantity }: IssueRequest): number {
  return quantity >= 1 && quantity <= limits.quantityMax ? quantity : 1;
}

function overloaded(sentence: string): Promise<never> {
  return Promise.reject(refusal("OVERLOADED", sentence, { hint: TRY_AGAIN }));
}

function settleAll(batch: readonly Pending[], rows: readonly Row[]): void {
  const rowsByRequest = Map.groupBy(rows, ({ request_index }) => request_index);
  for (const [index, pending] of batch.entries()) settle(pending, rowsByRequest.get(index + 1) ?? []);
}

function settle({ request, resolve, reject }: Pending, rows: readonly Row[]): void {
  const refused = rows.find((row) => !isGranted(row));
  const tickets = rows.filter(isGranted).filter(({ id }) => id !== null);
  if (refused !== undefined) reject(errorOf(refused));
  else if (tickets.length === request.quantity) resolve(tickets);
  else reject(new Error(`The database answered a request for ${request.quantity} tickets with ${tickets.length}.`));
}

/** Whatever stopped the last attempt, an earlier one may have been committed: only the answer to a repetition could tell. */
function fail({ request, reject, isUncertain }: Pending, error: Error): void {
  reject(isUncertain ? outcomeUnknown(request.requestKey) : error);
}

function isGranted(row: Row): row is Granted {
  return row.refusal_code === null;
}

function errorOf({ refusal_code, refusal_message, refusal_detail, refusal_hint }: Refused): Error {
  const known = refusalOfDatabase({
    sqlState: refusal_code,
    message: refusal_message,
    detail: refusal_detail,
    hint: refusal_hint,
  });
  return known ?? new Error(`The database refused with a code that is in no register: ${refusal_code}.`);
}

function isWorthRepeating(error: unknown): boolean {
  return isConnectionLost(error) || (isDatabaseError(error) && (error.code === "40001" || error.code === "40P01"));
}

/** Data that cannot be read (22), or that a constraint refused (23): the fault of a request, not of the moment. */
function isFaultOfOne(error: unknown): boolean {
  return isDatabaseError(error) && /^2[23]/.test(error.code);
}
