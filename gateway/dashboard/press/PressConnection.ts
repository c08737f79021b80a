/**
 * The one connection of a page to its press: questions over HTTP, events over a WebSocket. When the socket is lost, whatever is shown is read
 * again from time to time until it is back.
 */
import { createClient as createSocket, type Client as Socket } from "graphql-ws";
import {
  type AnyVariables,
  Client,
  createRequest,
  type DocumentInput,
  fetchExchange,
  subscriptionExchange,
} from "urql";
import { EditionChanged } from "./EditionDocuments.ts";
import { NewestEditions } from "./newestEditions.ts";
import { type CheckpointFacts, LedgerGrew, TicketChanged } from "./PressDocuments.ts";
import { pollPause, Throttle } from "./pace.ts";
import { type Problem, problemOf } from "./problem.ts";
import { type Outcome, pauseBetween } from "./untilAnswered.ts";

/** `live`: events arrive; `polling`: read again from time to time; `offline`: the press cannot be reached at all. */
export type Liveness = "connecting" | "live" | "polling" | "offline";

/**
 * What may have changed: which editions there are and their terms; anything about an edition at all; the caller's tickets; what people have
 * proved; what the caller has published; the ledger; whether the press is stopped.
 */
export type Topic = "editions" | "events" | "tickets" | "proofs" | "publications" | "ledger" | "standing";

const TOPICS: readonly Topic[] = ["editions", "events", "tickets", "proofs", "publications", "ledger", "standing"];
/** The ledger of a fast sale grows many times a second, and nobody reads so fast. */
const LEDGER_MILLISECONDS = 1_000;
/** For how many polls an answer of OVERLOADED counts. */
const OVERLOADED_POLLS = 4;
const RESUBSCRIBE_MILLISECONDS = 2_000;
const RECONNECT_MILLISECONDS_MAX = 8_000;
const PING_MILLISECONDS = 10_000;
const ORDER_ATTEMPTS_MAX = 4;
/** Refusals that say: not now, and nothing was done. */
const IN_THE_WAY = new Set(["LOCK_TIMEOUT", "OVERLOADED", "RETRY"]);
/** How a socket is closed whose caller is nobody, or not whom the page shows. */
const UNAUTHENTICATED_CLOSES: ReadonlySet<number> = new Set([4401, 4403]);

const NOT_SENT: Problem = {
  code: "UNREACHABLE",
  sentence: "This was not sent: somebody else is signed in by now.",
  isRetryable: true,
};

export class PressConnection {
  readonly editions = new NewestEditions();
  readonly client: Client;
  readonly #socket: Socket;
  readonly #listeners = new Set<() => void>();
  readonly #versions: Record<Topic, number> = {
    editions: 0,
    events: 0,
    tickets: 0,
    proofs: 0,
    publications: 0,
    ledger: 0,
    standing: 0,
  };
  readonly #ledger = new Throttle(() => this.touch("ledger"), LEDGER_MILLISECONDS);
  readonly #endings = new Set<() => void>();
  #isSocketOpen = false;
  #hasSocketFailed = false;
  #isReachable = true;
  #isClosed = false;
  #checkpoint: CheckpointFacts | null = null;
  #requestCount = 0;
  #pollCount = 0;

  /**
   * @param caller whom the page shows as signed in, as session.ts says it: the gateway refuses what another one's cookie comes with
   * @param onSignedOut called when the press says that the session has ended, or is somebody else's
   */
  constructor({ caller, onSignedOut }: { readonly caller: string | null; readonly onSignedOut: () => void }) {
    this.#socket = this.#openSocket(caller);
    this.client = new Client({
      url: "/graphql",
      preferGetMethod: false,
      requestPolicy: "network-only",
      fetch: (input, init) => this.#fetch(input, init),
      ...(caller === null ? null : { fetchOptions: { headers: { "x-press-caller": caller } } }),
      exchanges: [
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: ({ query = "", variables }) => ({
            subscribe: (sink) => ({
              unsubscribe: this.#socket.subscribe({ query, variables: variables as Record<string, unknown> }, sink),
            }),
          }),
        }),
      ],
    });
    this.#onSignedOut = onSignedOut;
    this.follow(EditionChanged, {}, ({ editionChanged: { edition } }) => {
      const isKnown = edition !== null && this.editions.get(edition.slug) !== undefined;
      if (edition !== null) this.editions.put(edition);
      // Of an edition that is known, the event has all that changes, except its draws.
      this.touch("events", ...(isKnown ? [] : (["editions"] as const)));
    });
    this.follow(LedgerGrew, {}, ({ ledgerGrew: { checkpoint } }) => {
      if (checkpoint !== null) this.putCheckpoint(checkpoint);
      this.#ledger.run();
    });
    if (caller !== null) this.follow(TicketChanged, {}, () => this.touch("tickets"));
    this.#pollWhileNeeded();
  }

  readonly #onSignedOut: () => void;

  get liveness(): Liveness {
    if (!this.#isReachable) return "offline";
    if (this.#isSocketOpen) return "live";
    return this.#hasSocketFailed ? "polling" : "connecting";
  }

  /** The latest checkpoint that was told of. */
  get checkpoint(): CheckpointFacts | null {
    return this.#checkpoint;
  }

  putCheckpoint(checkpoint: CheckpointFacts): void {
    if (this.#checkpoint !== null && BigInt(this.#checkpoint.treeSize) >= BigInt(checkpoint.treeSize)) return;
    this.#checkpoint = checkpoint;
    this.#tell();
  }

  /** Grows whenever what the topic is about may have changed. */
  version(topic: Topic): number {
    return this.#versions[topic];
  }

  /** Has everything about a topic read again. */
  touch(...topics: readonly Topic[]): void {
    for (const topic of topics) this.#versions[topic] += 1;
    this.#tell();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks a question; its answer was made after it was asked, never kept from before. */
  async ask<Data, Variables extends AnyVariables>(
    document: DocumentInput<Data, Variables>,
    variables: Variables,
  ): Promise<Outcome<Data>> {
    if (this.#isClosed) return { problem: NOT_SENT };
    this.#requestCount += 1;
    // Under a key of its own, or the client would let it share the answer to an earlier one that is still under way.
    const request = { ...createRequest(document, variables), key: this.#requestCount };
    return this.#outcomeOf(await this.client.executeQuery(request).toPromise());
  }

  /**
   * Has something done. What was certainly not done, because others were in the way, is tried again a few times.
   *
   * @param signal aborted, nothing more is sent
   */
  async order<Data, Variables extends AnyVariables>(
    document: DocumentInput<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Outcome<Data>> {
    let outcome: Outcome<Data> = { problem: NOT_SENT };
    for (let attempt = 1; !this.#isClosed && signal?.aborted !== true; attempt += 1) {
      outcome = this.#outcomeOf(await this.client.mutation(document, variables).toPromise());
      const isInTheWay = "problem" in outcome && IN_THE_WAY.has(outcome.problem.code);
      if (!isInTheWay || attempt === ORDER_ATTEMPTS_MAX) break;
      await pauseBetween(attempt);
    }
    return outcome;
  }

  /**
   * Subscribes for as long as the connection is there; a subscription that the press ends is begun again.
   *
   * @returns ends it
   */
  follow<Data, Variables extends AnyVariables>(
    document: DocumentInput<Data, Variables>,
    variables: Variables,
    onEvent: (data: Data) => void,
  ): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current: { unsubscribe: () => void } | undefined;
    let isOver = false;
    const again = () => {
      current?.unsubscribe();
      clearTimeout(timer);
      if (!isOver) timer = setTimeout(begin, RESUBSCRIBE_MILLISECONDS);
    };
    const begin = () => {
      current = this.client.subscription(document, variables).subscribe(({ data, error }) => {
        if (data != null) onEvent(data);
        if (error !== undefined) again();
      });
    };
    const end = () => {
      isOver = true;
      clearTimeout(timer);
      current?.unsubscribe();
      this.#endings.delete(end);
    };
    this.#endings.add(end);
    begin();
    return end;
  }

  /** Sends nothing more: whoever it was opened for has gone. */
  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#endings]) end();
    void this.#socket.dispose();
  }

  #outcomeOf<Data>(result: {
    data?: Data | undefined;
    error?: Parameters<typeof problemOf>[0] | undefined;
  }): Outcome<Data> {
    if (result.error === undefined && result.data != null) return { value: result.data };
    const problem: Problem = problemOf(result.error ?? { graphQLErrors: [] });
    if (problem.code === "UNAUTHENTICATED" || problem.code === "NOT_SIGNED_IN") this.#onSignedOut();
    // The glance says why; the ledger itself does not grow then and tells nobody.
    if (problem.code === "PRESS_STOPPED") this.touch("standing");
    if (problem.code === "OVERLOADED") this.#pollCount += OVERLOADED_POLLS;
    return { problem };
  }

  async #fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    try {
      const response = await fetch(input, init);
      this.#setReachable(true);
      return response;
    } catch (error) {
      if ((error as Error).name !== "AbortError") this.#setReachable(false);
      throw error;
    }
  }

  #setReachable(isReachable: boolean): void {
    if (this.#isReachable === isReachable) return;
    this.#isReachable = isReachable;
    this.#tell();
  }

  #openSocket(caller: string | null): Socket {
    return createSocket({
      ...(caller === null ? null : { connectionParams: { caller } }),
      url: `${location.origin.replace(/^http/, "ws")}/graphql`,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: (retries) => reconnectPause(retries),
      keepAlive: PING_MILLISECONDS,
      on: {
        connected: () => {
          this.#isSocketOpen = true;
          this.#isReachable = true;
          this.#pollCount = 0;
          // Whatever happened while nobody listened is read now.
          this.touch(...TOPICS);
        },
        closed: (event) => {
          if (UNAUTHENTICATED_CLOSES.has((event as CloseEvent).code)) this.#onSignedOut();
          this.#isSocketOpen = false;
          this.#hasSocketFailed = true;
          this.#tell();
        },
        // A connection that has gone without a word is found by a ping that stays without an answer.
        ping: (isReceived) => {
          if (!isReceived) this.#awaitPong();
        },
        pong: (isReceived) => {
          if (isReceived) clearTimeout(this.#pongTimer);
        },
      },
    });
  }

  #pongTimer: ReturnType<typeof setTimeout> | undefined;

  #awaitPong(): void {
    clearTimeout(this.#pongTimer);
    this.#pongTimer = setTimeout(() => this.#socket.terminate(), PING_MILLISECONDS / 2);
  }

  #pollWhileNeeded(): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const poll = () => {
      clearTimeout(timer);
      if (!this.#isSocketOpen && document.visibilityState === "visible") {
        this.#pollCount += 1;
        this.touch(...TOPICS);
      }
      timer = setTimeout(poll, pollPause(this.#pollCount));
    };
    timer = setTimeout(poll, pollPause(0));
    document.addEventListener("visibilitychange", poll);
    this.#endings.add(() => {
      clearTimeout(timer);
      this.#ledger.stop();
      clearTimeout(this.#pongTimer);
      document.removeEventListener("visibilitychange", poll);
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Waits longer each time, but not once the browser says that there is a network again. */
function reconnectPause(retries: number): Promise<void> {
  const milliseconds = Math.min(500 * 2 ** retries, RECONNECT_MILLISECONDS_MAX) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
  });
}
