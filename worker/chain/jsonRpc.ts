import { HttpClient, NoAnswerError } from "./httpClient.ts";

/** A call of a node's JSON-RPC. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What the node said: a result, which may be of any form, or its error. */
export type RpcAnswer =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: { readonly code: number; readonly message: string } };

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
    const answers = readAnswers(text);
    return calls.map((_, index) => {
      const answer = answers.get(first + index);
      if (answer === undefined) throw new NoAnswerError(`${this.server} answers ${status}, but not what it was asked.`);
      return answer;
    });
  }

  close(): void {
    this.#client.close();
  }
}

function readAnswers(text: string): Map<unknown, RpcAnswer> {
  const answers = new Map<unknown, RpcAnswer>();
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return answers;
  }
  for (const item of Array.isArray(list) ? list : []) {
    const { id, result, error } = (item ?? {}) as { id?: unknown; result?: unknown; error?: unknown };
    if (error === null || error === undefined) answers.set(id, { result });
    else if (isError(error)) answers.set(id, { error });
  }
  return answers;
}

function isError(error: unknown): error is { code: number; message: string } {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === "number" && typeof message === "string";
}
