/** Asks a server that the operator has named, over few connections that stay open; every answer is bounded in time and length. */
import http from "node:http";
import https from "node:https";
import type { Unknown } from "./broadcaster.ts";

/** A server was not asked, or has not answered. The message says why; it never has a password in it. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/** What is known of a transaction when asking about it has ended with this error. */
export function unknownOf(error: Error): Unknown {
  return { kind: "unknown", detail: error.message, isUnanswered: error instanceof NoAnswerError };
}

/** How one request is made. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Behind the URL of the client. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Of the answer; a megabyte unless told. */
  readonly bytesMax?: number;
}

/** An answer, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

const CONNECTIONS_MAX = 4;
/** Less than any server keeps a connection open that nothing comes over: what is sent into one that it has closed may be lost. */
const IDLE_MILLISECONDS = 5_000;
const BYTES_MAX = 1_048_576;

/** Follows no redirect. */
export class HttpClient {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMilliseconds: number;
  readonly #agent: http.Agent;
  /** What is sent with each request, for the server alone: a token, or a user and a password. */
  readonly #credentials: string | undefined;

  /** @param url may have a user and a password, which are sent with each request */
  constructor(url: string, headers: Readonly<Record<string, string>>, timeoutMilliseconds: number) {
    this.#url = new URL(url);
    this.#headers = { ...headers, ...basicAuthorization(this.#url) };
    this.#credentials = this.#headers.authorization?.replace(/^\S+ /, "");
    this.#url.username = "";
    this.#url.password = "";
    this.#timeoutMilliseconds = timeoutMilliseconds;
    const { Agent } = this.#url.protocol === "https:" ? https : http;
    this.#agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: IDLE_MILLISECONDS });
  }

  /** The host and port. */
  get server(): string {
    return this.#url.host;
  }

  /** @throws {NoAnswerError} when there is none, none in time, or too long a one */
  async ask(request: HttpRequest): Promise<HttpAnswer> {
    const time = AbortSignal.timeout(this.#timeoutMilliseconds);
    const signal = AbortSignal.any([time, request.signal]);
    try {
      const answer = await this.#request(request, signal);
      return { status: answer.statusCode ?? 0, text: await readText(answer, request.bytesMax ?? BYTES_MAX, signal) };
    } catch (error) {
      if (error instanceof NoAnswerError) throw new NoAnswerError(`${this.server} ${error.message}.`);
      throw new NoAnswerError(`${this.server} ${this.#problemOf(error as Error, request, time)}.`);
    }
  }

  /** Words of the server's as they may be told: without the credentials, should it say back what it was sent. */
  told(words: string): string {
    return this.#credentials === undefined ? words : words.replaceAll(this.#credentials, "…");
  }

  close(): void {
    this.#agent.destroy();
  }

  #problemOf(error: Error, request: HttpRequest, time: AbortSignal): string {
    if (request.signal.aborted) return "was not waited for";
    if (time.aborted) return `has not answered for ${this.#timeoutMilliseconds / 1000} seconds`;
    return `cannot be reached (${(error as NodeJS.ErrnoException).code ?? error.message})`;
  }

  #request({ method, path = "", headers, body }: HttpRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { request } = this.#url.protocol === "https:" ? https : http;
      const url = path === "" ? this.#url : new URL(this.#url.href.replace(/\/$/, "") + path);
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      request(url, { agent: this.#agent, method, headers: { ...this.#headers, ...headers, ...length }, signal })
        .on("response", resolve)
        .on("error", reject)
        .end(body);
    });
  }
}

function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

async function readText(answer: http.IncomingMessage, bytesMax: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  const giveUp = () => answer.destroy(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > bytesMax) {
        answer.destroy();
        throw new NoAnswerError("answers at too great a length");
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
