/**
 * HTTP clients with a connection each that they keep, and one request under way. The client is as small as can be (prepared bytes out, the
 * body in), because it shares the machine with what it measures; it is the same one for every server.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "../harness/children.ts";

/** What one client sends, over and over: only the request key changes. */
export interface RequestTemplate {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body before and after the key. */
  readonly body: readonly [before: string, after: string];
}

export interface HttpRun {
  readonly url: string;
  /** One for each client. */
  readonly templates: readonly RequestTemplate[];
  readonly milliseconds: number;
  /**
   * Requests a second, sent when they are due whether the earlier ones were answered or not. Their times count from when they were due, so
   * that a stall is paid by all who would have come meanwhile. Undefined: each client asks again as soon as it has its answer.
   */
  readonly perSecond?: number | undefined;
}

export interface HttpResult {
  /** From the first request until the last answer. */
  readonly milliseconds: number;
  /** From a request (or from when it was due) until its answer, in milliseconds. */
  readonly times: Float64Array;
  /** Where the answer brings an envelope: from the moment it says it was issued until it was here. */
  readonly sinceIssued: Float64Array;
  /** By request key, the id of its ticket. */
  readonly acknowledged: ReadonlyMap<string, string>;
}

export type HttpClients = typeof actions;
const actions = { run };
if (import.meta.main) serve(actions);

/** What a server answers: ours in the shape of GraphQL, the peer's plainly. */
interface Answer {
  readonly data?: {
    readonly issueTicket?: { readonly ticket: Ticket; readonly envelope?: string | null } | null;
    readonly editionBySlug?: object | null;
  } | null;
  readonly errors?: readonly unknown[];
  readonly ticket?: Ticket;
}

interface Ticket {
  readonly rowId: string;
}

async function run({ url, templates, milliseconds, perSecond }: HttpRun): Promise<HttpResult> {
  const clients = await Promise.all(templates.map((template) => HttpClient.open(url, template)));
  const record = new Recording();
  const since = performance.now();
  if (perSecond === undefined) await askUntil(clients, since + milliseconds, record);
  else await askOnTime(clients, since, milliseconds, perSecond, record);
  const elapsed = performance.now() - since;
  for (const client of clients) client.close();
  return record.result(elapsed);
}

async function askUntil(clients: readonly HttpClient[], end: number, record: Recording): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      for (let now = performance.now(); now < end; now = performance.now()) await ask(client, now, record);
    }),
  );
}

/** Whoever is free takes the next request that is due; when nobody is, it waits, and its time is running. */
async function askOnTime(
  clients: readonly HttpClient[],
  since: number,
  milliseconds: number,
  perSecond: number,
  record: Recording,
): Promise<void> {
  const pause = 1000 / perSecond;
  const requests = Math.floor(milliseconds / pause);
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (next < requests) {
        const due = since + next * pause;
        next += 1;
        if (due > performance.now()) await sleep(due - performance.now());
        await ask(client, due, record);
      }
    }),
  );
}

async function ask(client: HttpClient, since: number, record: Recording): Promise<void> {
  const key = randomUUID();
  const { status, body } = await client.post(key);
  record.add(key, performance.now() - since, status, body);
}

class Recording {
  readonly #times: number[] = [];
  readonly #sinceIssued: number[] = [];
  readonly #acknowledged = new Map<string, string>();

  add(key: string, time: number, status: number, body: string): void {
    const answer = status === 200 ? (JSON.parse(body) as Answer) : {};
    const issued = answer.data?.issueTicket;
    this.#times.push(time);
    if (answer.data?.editionBySlug && answer.errors === undefined) return; // It was asked what there is, and nothing else.
    const ticketId = (issued?.ticket ?? answer.ticket)?.rowId;
    if (ticketId === undefined) throw new Error(`A request was answered with ${status}: ${body.slice(0, 1000)}`);
    this.#acknowledged.set(key, ticketId);
    if (issued?.envelope === undefined) return;
    if (issued.envelope === null) throw new Error("A ticket was not signed within the time that its client waited.");
    const { timestamp } = JSON.parse(issued.envelope) as { timestamp: string };
    this.#sinceIssued.push(performance.timeOrigin + performance.now() - Date.parse(timestamp));
  }

  result(milliseconds: number): HttpResult {
    const times = Float64Array.from(this.#times);
    return { milliseconds, times, sinceIssued: Float64Array.from(this.#sinceIssued), acknowledged: this.#acknowledged };
  }
}

const HEAD_END = "\r\n\r\n";

class HttpClient {
  readonly #socket: Socket;
  readonly #before: string;
  readonly #after: string;
  #received = "";
  #settle: ((answer: { status: number; body: string }) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, host: string, { path, headers, body }: RequestTemplate) {
    const [before, after] = body;
    const length = Buffer.byteLength(before + after) + randomUUID().length;
    const lines = Object.entries({ host, ...headers, "content-length": length }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    this.#before = [`POST ${path} HTTP/1.1`, ...lines].join("\r\n") + HEAD_END + before;
    this.#after = after;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1"); // Every body here is ASCII; a length in bytes is a length in characters.
    socket.on("data", (data: string) => this.#receive(data));
    socket.on("error", (error) => this.#fail?.(error));
    socket.on("close", () => this.#fail?.(new Error("The server closed a connection.")));
  }

  static async open(url: string, template: RequestTemplate): Promise<HttpClient> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    return new HttpClient(socket, host, template);
  }

  post(key: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
      this.#socket.write(this.#before + key + this.#after);
    });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #receive(data: string): void {
    this.#received += data;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(length)) this.#fail?.(new Error(`An answer without a length: ${head}`));
    const end = headEnd + HEAD_END.length + length;
    if (!(this.#received.length >= end)) return;
    const body = this.#received.slice(headEnd + HEAD_END.length, end);
    this.#received = "";
    this.#settle?.({ status: Number(head.slice(9, 12)), body });
  }
}
