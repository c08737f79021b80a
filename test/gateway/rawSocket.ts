import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import WebSocket from "ws";
import type { GraphqlError, TestGateway } from "./testGateway.ts";

/** A message of graphql-transport-ws. */
interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** A WebSocket that speaks graphql-transport-ws by hand, and keeps every byte that came over it. */
export class RawSocket {
  readonly #socket: WebSocket;
  readonly #chunks: Buffer[] = [];
  readonly #messages: Message[] = [];
  #connection: Socket | undefined;
  /** The code with which it was closed; undefined while it is open. */
  closeCode: number | undefined;
  closeReason: string | undefined;

  private constructor(url: string) {
    this.#socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    this.#socket.on("upgrade", ({ socket }: IncomingMessage) => {
      this.#connection = socket;
      socket.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    });
    this.#socket.on("message", (text) => this.#messages.push(JSON.parse(String(text))));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", (code, reason) => {
      this.closeCode = code;
      this.closeReason = String(reason);
    });
  }

  /** Connects, presents the token, and answers when that was acknowledged. */
  static async open({ url }: Pick<TestGateway, "url">, token?: string): Promise<RawSocket> {
    const socket = new RawSocket(url);
    const answered = new Promise((resolve) => socket.#socket.once("message", resolve));
    await new Promise((resolve) => socket.#socket.once("open", resolve));
    const payload = token === undefined ? {} : { authorization: `Bearer ${token}` };
    socket.send({ type: "connection_init", payload });
    await answered;
    return socket;
  }

  /** Everything that came, framing included; every character of a text is one byte of it at least. */
  get bytes(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  send(message: Message): void {
    this.#socket.send(JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: Readonly<Record<string, unknown>> = {}): void {
    this.send({ id, type: "subscribe", payload: { query, variables } });
  }

  complete(id: string): void {
    this.send({ id, type: "complete" });
  }

  /** The types of the messages that an operation was answered with. */
  typesOf(id: string): string[] {
    return this.#messages.filter((message) => message.id === id).map(({ type }) => type);
  }

  /** What the field of an operation said, event by event. */
  eventsOf<Event>(id: string): Event[] {
    const payloads = this.#messages.filter((message) => message.id === id && message.type === "next");
    return payloads.flatMap(({ payload }) => Object.values((payload as { data?: Record<string, Event> }).data ?? {}));
  }

  /** The codes of all errors of an operation, those in its events included. */
  codesOf(id: string): (string | undefined)[] {
    const errors = this.#messages
      .filter((message) => message.id === id)
      .flatMap(({ type, payload }) =>
        type === "error" ? (payload as GraphqlError[]) : ((payload as { errors?: GraphqlError[] })?.errors ?? []),
      );
    return errors.map(({ extensions }) => extensions.code);
  }

  /** Takes nothing any more: what is sent fills the buffers on the way. */
  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  /** Hangs up without a word. */
  terminate(): void {
    this.#socket.terminate();
  }
}
