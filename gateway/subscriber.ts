/**
 * One subscription on its way to a client: who has subscribed, over which WebSocket, and until when.
 */
import type { GraphQLError } from "postgraphile/graphql";
import type { WebSocket } from "ws";
import type { Identity } from "./auth.ts";
import { closeWebSocket } from "./closeWebSocket.ts";
import type { EventSource } from "./eventSources.ts";
import { deepestCause, isConnectionLost } from "./masking.ts";

/** What graphql-transport-ws calls Forbidden: its clients connect again, with the token that they have by then. */
const TOKEN_EXPIRED = 4403;

export class Subscriber {
  readonly identity: Identity;
  readonly socket: WebSocket;
  /** What it is told; null while nothing has begun, or where it was refused. */
  source: EventSource | null = null;

  constructor(identity: Identity, socket: WebSocket) {
    this.identity = identity;
    this.socket = socket;
  }

  /**
   * Whether the token still holds, without any tolerance. Where it does not, the WebSocket is closed: nothing more is handed to it, and what it
   * was handed before is dropped when its client has not taken it a second later.
   */
  checkToken(): boolean {
    const { expiresAt } = this.identity;
    if (expiresAt === null || Date.now() < expiresAt) return true;
    closeWebSocket(this.socket, TOKEN_EXPIRED, "The token has expired.");
    return false;
  }
}

/** What an event is answered with. */
interface Answer {
  readonly errors?: readonly GraphQLError[];
}

/**
 * Hands the answers on one at a time: the next one is made when the WebSocket has taken the last, and none is handed on after the token has
 * ended. One that failed because the database was away is made again, and one that takes too long ends them with OVERLOADED.
 */
export class Delivery<Event extends Answer> implements AsyncGenerator<Event, void, void> {
  readonly #subscriber: Subscriber;
  readonly #answers: AsyncGenerator<Event, void, void>;

  constructor(subscriber: Subscriber, answers: AsyncGenerator<Event, void, void>) {
    this.#subscriber = subscriber;
    this.#answers = answers;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Event, void>> {
    for (;;) {
      const answer = await this.#nextAnswer();
      if (answer.done) return answer;
      if (!this.#subscriber.checkToken()) return this.return();
      if (!isLost(answer.value)) return answer;
      this.#subscriber.source?.repeat();
    }
  }

  #nextAnswer(): Promise<IteratorResult<Event, void>> {
    const { source } = this.#subscriber;
    const { promise: overdue, reject } = Promise.withResolvers<never>();
    source?.onOverdue((error) => {
      reject(error);
      void this.return();
    });
    source?.ask();
    return Promise.race([this.#answers.next(), overdue]);
  }

  return(): Promise<IteratorResult<Event, void>> {
    return this.#answers.return();
  }

  throw(error: unknown): Promise<IteratorResult<Event, void>> {
    return this.#answers.throw(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

function isLost({ errors = [] }: Answer): boolean {
  return errors.some((error) => isConnectionLost(deepestCause(error)));
}
