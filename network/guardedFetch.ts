/**
 * Asks a server over HTTP, and expects the worst of it: it may lead elsewhere, into our own network, answer for ever or not at all. The address
 * that a name has is judged where the connection to it is opened, so there is no moment in between in which the name could get another.
 */
import { type LookupAddress, lookup as systemLookup } from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isWithin, type Reach } from "./addresses.ts";

/** A server did not say what was asked. The message begins with its name, without a full stop; nothing follows from it for what was asked about. */
export class OutsideError extends Error {
  override readonly name: string = "OutsideError";
  /** How many seconds it asked to be left alone. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, { retryAfterSeconds, ...options }: OutsideErrorOptions = {}) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A server said more than it was asked for. */
export class AnswerTooLongError extends OutsideError {
  override readonly name = "AnswerTooLongError";
}

/** A server has an address that is out of reach. */
export class OutOfReachError extends OutsideError {
  override readonly name = "OutOfReachError";
  readonly address: string;

  constructor(message: string, address: string, options?: ErrorOptions) {
    super(message, options);
    this.address = address;
  }
}

interface OutsideErrorOptions extends ErrorOptions {
  readonly retryAfterSeconds?: number | undefined;
}

/** How one request is made. */
export interface GuardedRequest {
  readonly reach: Reach;
  /** GET unless told. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Gives the request up. */
  readonly signal?: AbortSignal | undefined;
  /** From the first packet to the last byte. */
  readonly timeoutMilliseconds: number;
  /** Of the body. */
  readonly bytesMax: number;
  /** Asks for the addresses of a name; the system's resolver unless told. */
  readonly lookup?: typeof systemLookup | undefined;
}

/**
 * Asks for a URL over a connection of its own, and follows no redirect.
 *
 * @returns the answer, whatever its status, with its whole body
 * @throws {AnswerTooLongError} when it is longer than that
 * @throws {OutOfReachError} when its address is not within reach
 * @throws {OutsideError} when there is none, or none in time
 */
export async function guardedFetch(url: URL, request: GuardedRequest): Promise<Response> {
  const time = AbortSignal.timeout(request.timeoutMilliseconds);
  const signal = AbortSignal.any([time, ...(request.signal === undefined ? [] : [request.signal])]);
  try {
    const answer = await ask(url, request, signal);
    const body = await readBody(answer, request.bytesMax, signal);
    return toResponse(answer, body);
  } catch (error) {
    if (error instanceof TooLong) throw new AnswerTooLongError(`${url.host} ${error.message}`, { cause: error });
    const message = `${url.host} ${problemOf(error, request, time)}`;
    if (error instanceof OutOfReach) throw new OutOfReachError(message, error.address, { cause: error });
    throw new OutsideError(message, { cause: error });
  }
}

function problemOf(error: unknown, request: GuardedRequest, time: AbortSignal): string {
  if (error instanceof Unacceptable) return error.message;
  if (request.signal?.aborted) return "was not waited for";
  if (time.aborted) return `has not answered for ${request.timeoutMilliseconds / 1000} seconds`;
  return `cannot be reached (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`;
}

/** What a server is, or does, and must not: a predicate. */
class Unacceptable extends Error {}

class OutOfReach extends Unacceptable {
  readonly address: string;

  constructor(address: string) {
    super(`has the address ${address}, to which nothing is sent`);
    this.address = address;
  }
}

class TooLong extends Error {}

function ask(
  url: URL,
  { reach, method = "GET", headers, body, lookup }: GuardedRequest,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  const literal = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(literal) !== 0) requireWithin(reach, literal); // Of an address nobody asks the resolver.
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === "https:" ? https : http;
    request(url, {
      agent: false,
      method,
      // A compressed answer could be a thousand times as long as it seems.
      headers: { ...headers, "accept-encoding": "identity" },
      lookup: judgedLookup(reach, lookup ?? systemLookup),
      signal,
    })
      .on("response", resolve)
      .on("error", reject)
      .end(body);
  });
}

/** The resolver, whose answer is refused whole when one address in it is out of reach. */
function judgedLookup(reach: Reach, lookup: typeof systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      try {
        if (error !== null) throw error;
        for (const { address } of addresses) requireWithin(reach, address);
        const [first] = addresses;
        if (first === undefined) throw new Unacceptable("has no address");
        if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      } catch (problem) {
        callback(problem as Error, "", 0);
      }
    });
  };
}

function requireWithin(reach: Reach, address: string): void {
  if (!isWithin(reach, address)) throw new OutOfReach(address);
}

async function readBody(answer: http.IncomingMessage, bytesMax: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const giveUp = () => answer.destroy(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > bytesMax) throw new TooLong("answers at too great a length");
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    signal.removeEventListener("abort", giveUp);
    answer.destroy();
  }
}

function toResponse({ statusCode = 0, headers }: http.IncomingMessage, body: Buffer): Response {
  if (statusCode < 200 || statusCode > 599) throw new Unacceptable(`answers ${statusCode}`);
  const isCompressed = ![undefined, "", "identity"].includes(headers["content-encoding"]);
  if (isCompressed) throw new Unacceptable("answers in an encoding that was not asked for");
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  const isEmpty = [204, 205, 304].includes(statusCode);
  return new Response(isEmpty ? null : new Uint8Array(body), { status: statusCode, headers: pairs });
}
