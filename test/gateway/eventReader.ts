/* Readers of server-sent events (WHATWG HTML, 9.2) that note everything: one of a single connection, and one that comes back like a browser's
   EventSource. */
import { once } from "node:events";
import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

export interface ServerSentEvent {
  readonly type: string;
  readonly data: string;
  /** The id that the reader names when it comes back. */
  readonly lastEventId: string;
}

export interface EventReaderOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly localAddress?: string;
}

export class EventReader {
  readonly events: ServerSentEvent[] = [];
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  /** Settles when the connection has ended, and says whether the answer was complete. */
  readonly ended: Promise<boolean>;
  comments = 0;
  retry = 0;
  lastEventId = "";
  #type = "";
  #data: string[] = [];
  #rest = "";

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.response = response;
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => this.#read(chunk));
    response.on("error", () => undefined);
    this.ended = new Promise((resolve) => response.on("close", () => resolve(response.complete)));
  }

  /** Resolves when the stream has begun; rejects with the answer, `STATUS BODY`, when there is none. */
  static async open(url: string, options: EventReaderOptions = {}): Promise<EventReader> {
    const request = get(url, { agent: false, ...options });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${await text(response)}`);
    return new EventReader(request, response);
  }

  /** The events that are entries of the ledger, as they were sent. */
  get entries(): string[] {
    return this.events.filter(({ type }) => type === "message").map(({ data }) => data);
  }

  /** Their places, in the order in which they came. */
  get places(): number[] {
    return this.entries.map((entry) => Number(JSON.parse(entry).id));
  }

  /** The notes of the checkpoints that came. */
  get checkpoints(): string[] {
    return this.events.filter(({ type }) => type === "checkpoint").map(({ data }) => data);
  }

  close(): void {
    this.#request.destroy();
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#readLine(line);
  }

  #readLine(line: string): void {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/su.exec(line) ?? [];
    if (line === "") this.#dispatch();
    else if (field === "") this.comments += 1;
    else if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.lastEventId = value;
    else if (field === "retry") this.retry = Number(value);
    else throw new Error(`There is no field ${field}.`);
  }

  #dispatch(): void {
    const { lastEventId } = this;
    if (this.#data.length > 0)
      this.events.push({ type: this.#type || "message", data: this.#data.join("\n"), lastEventId });
    [this.#type, this.#data] = ["", []];
  }
}

/** Comes back whenever its connection ends or cannot be had, and names the event that it had last. */
export class ReturningReader {
  readonly #url: string;
  readonly #readers: EventReader[] = [];
  #isClosed = false;
  readonly #running: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#run();
  }

  /** How often it was connected. */
  get connections(): number {
    return this.#readers.length;
  }

  get entries(): string[] {
    return this.#readers.flatMap(({ entries }) => entries);
  }

  get places(): number[] {
    return this.#readers.flatMap(({ places }) => places);
  }

  get checkpoints(): string[] {
    return this.#readers.flatMap(({ checkpoints }) => checkpoints);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#readers.at(-1)?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    let lastEventId = "";
    while (!this.#isClosed) {
      const headers: Record<string, string> = lastEventId === "" ? {} : { "last-event-id": lastEventId };
      const reader = await EventReader.open(this.#url, { headers }).catch(() => null);
      if (reader !== null) {
        this.#readers.push(reader);
        if (this.#isClosed) reader.close();
        await reader.ended;
        if (reader.lastEventId !== "") lastEventId = reader.lastEventId;
      }
      await delay(20);
    }
  }
}
