import { HttpClient, NoAnswerError } from "./httpClient.ts";

/** A call of a node's JSON-RPC. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What the node said: a result, which may be of any form, or its error. */
export type RpcAnswer =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: RpcError };

interface RpcError {
  readonly code: number;
  readonly message: string;
}

const MESSAGE_LENGTH_MAX = 500;
const HTTP_UNAUTHORIZED = [401, 403];

/** A node's JSON-RPC over HTTP, several calls at a time. */
export class JsonRpc {
  readonly #client: HttpClient;
  #lastId = 0;

  /** @param url of the node, with its user and password */
  constructor(url: string, timeoutMilliseconds: number) {
    this.#client = new HttpClient(url, { "content-type": "application/json" }, timeoutMilliseconds);
  }

  /** The host and port. */
  get server(): string {
    return this.#client.server;
  }

  /**
   * The node does the calls in this order.
   *
   * @param bytesMax of the whole answer
   * @returns an answer for each, in the same order
   * @throws {NoAnswerError} when it has not answered them all; which of them it has done nobody knows
   */
  async ask(calls: readonly RpcCall[], signal: AbortSignal, bytesMax?: number): Promise<RpcAnswer[]> {
    if (calls.length === 0) return [];
    const first = this.#lastId + 1;
    this.#lastId += calls.length;
    const body = calls.map((call, index) => ({ jsonrpc: "1.0", id: first + index, ...call }));
    const { status, text } = await this.#client.ask({
      method: "POST",
      body: JSON.stringify(body),
      signal,
      ...(bytesMax !== undefined && { bytesMax }),
    });
    if (HTTP_UNAUTHORIZED.includes(status)) {
      throw new NoAnswerError(
        `${this.server} does not let the worker in: correct the user and password in CHAIN_NODE_URL.`,
      );
    }
    const { answers, error } = readAnswers(text, (words) => this.#client.told(words).slice(0, MESSAGE_LENGTH_MAX));
    return calls.map((_, index) => {
      const answer = answers.get(first + index);
      if (answer !== undefined) return answer;
      const words = error === undefined ? "" : ` (${error.code} ${error.message})`;
      throw new NoAnswerError(`${this.server} answers ${status}, but not what it was asked${words}.`);
    });
  }

  close(): void {
    this.#client.close();
  }
}

/**
 * By their ids; what answers one call twice answers it not at all. An error of its own is that of the whole request.
 *
 * @param told what may be told of the words of an error
 */
function readAnswers(
  text: string,
  told: (words: string) => string,
): { answers: Map<unknown, RpcAnswer | undefined>; error?: RpcError } {
  const answers = new Map<unknown, RpcAnswer | undefined>();
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return { answers };
  }
  if (!Array.isArray(read)) {
    const { error } = (read ?? {}) as { error?: unknown };
    return isError(error) ? { answers, error: { code: error.code, message: told(error.message) } } : { answers };
  }
  for (const item of read) {
    const { id, result, error } = (item ?? {}) as { id?: unknown; result?: unknown; error?: unknown };
    const isKnown = answers.has(id);
    if (isKnown) answers.set(id, undefined);
    else if (error === null || error === undefined) answers.set(id, { result });
    else if (isError(error)) answers.set(id, { error: { code: error.code, message: told(error.message) } });
  }
  return { answers };
}

function isError(error: unknown): error is RpcError {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === "number" && typeof message === "string";
}
