/* The protocols that processes of the press speak, as far as one who stands in between must understand them: where a message ends, and what it is
   about. */

/** Who has sent a message: the process of ours, or whom it asks. */
export type Side = "client" | "server";

/** A message, as it was on the wire. */
export interface Message {
  readonly from: Side;
  readonly bytes: Buffer;
  /** What kind of message it is, as its protocol calls it. */
  readonly kind: string;
  /** What it is about: the statement, the method, the subject. An answer is about what was asked. */
  readonly topic: string;
}

/** One connection, in both directions. */
export interface Conversation {
  /** The messages that are complete with what a side has just sent, in their order. */
  read(from: Side, chunk: Buffer): Message[];
  /** Whom the client says it is: PostgreSQL's application_name. */
  readonly client: string;
  /** The process that serves it, where the server has told. */
  readonly serverPid: number | undefined;
}

/** Makes what understands a new connection. */
export type Protocol = () => Conversation;

/** What of both directions has not become a message yet. */
class Unread {
  readonly #rest: Record<Side, Buffer> = { client: Buffer.alloc(0), server: Buffer.alloc(0) };

  add(from: Side, chunk: Buffer): void {
    this.#rest[from] = Buffer.concat([this.#rest[from], chunk]);
  }

  of(from: Side): Buffer {
    return this.#rest[from];
  }

  /** As many bytes from the beginning; undefined where they have not all come. */
  take(from: Side, length: number): Buffer | undefined {
    const rest = this.#rest[from];
    if (rest.length < length) return undefined;
    this.#rest[from] = rest.subarray(length);
    return rest.subarray(0, length);
  }
}

const ENCRYPTION_REQUESTS = new Map([
  [80_877_103, "SSLRequest"],
  [80_877_104, "GSSENCRequest"],
]);
const CANCEL_REQUEST = 80_877_102;

/** PostgreSQL's, version 3, without encryption: a byte that says what it is, the length, and so on. The first one of the client has no such byte. */
export function postgres(): Conversation {
  const unread = new Unread();
  let hasBegun = false;
  let isAskedForEncryption = false;
  let topic = "connect";
  let client = "";
  let serverPid: number | undefined;

  function readFirst(): Message | undefined {
    const rest = unread.of("client");
    if (rest.length < 8) return undefined;
    const bytes = unread.take("client", rest.readInt32BE(0));
    if (bytes === undefined) return undefined;
    const code = bytes.readInt32BE(4);
    const encryption = ENCRYPTION_REQUESTS.get(code);
    isAskedForEncryption = encryption !== undefined;
    hasBegun = encryption === undefined;
    if (code === CANCEL_REQUEST) topic = "cancel";
    else if (hasBegun) client = parameterOf(bytes.toString("utf8", 8), "application_name");
    return {
      from: "client",
      bytes,
      kind: encryption ?? (code === CANCEL_REQUEST ? "CancelRequest" : "Startup"),
      topic,
    };
  }

  function readNext(from: Side): Message | undefined {
    if (from === "client" && !hasBegun) return readFirst();
    if (from === "server" && isAskedForEncryption) {
      const bytes = unread.take(from, 1);
      if (bytes === undefined) return undefined;
      if (bytes.toString() !== "N") throw new Error("Whoever stands in between cannot read what is encrypted.");
      isAskedForEncryption = false;
      return { from, bytes, kind: "no encryption", topic };
    }
    const rest = unread.of(from);
    if (rest.length < 5) return undefined;
    const bytes = unread.take(from, 1 + rest.readInt32BE(1));
    if (bytes === undefined) return undefined;
    const kind = String.fromCharCode(bytes.readUInt8(0));
    if (from === "client") topic = topicOf(kind, bytes.toString("utf8", 5)) ?? topic;
    else if (kind === "K") serverPid = bytes.readInt32BE(5);
    return { from, bytes, kind: NAMES[from][kind] ?? kind, topic };
  }

  return {
    read: (from, chunk) => readAll(unread, from, chunk, readNext),
    get client() {
      return client;
    },
    get serverPid() {
      return serverPid;
    },
  };
}

const NAMES: Record<Side, Readonly<Record<string, string>>> = {
  client: { B: "Bind", D: "Describe", E: "Execute", P: "Parse", Q: "Query", S: "Sync", X: "Terminate", p: "Password" },
  server: {
    "1": "ParseComplete",
    "2": "BindComplete",
    A: "Notification",
    C: "CommandComplete",
    D: "DataRow",
    E: "ErrorResponse",
    K: "BackendKeyData",
    N: "Notice",
    R: "Authentication",
    S: "ParameterStatus",
    T: "RowDescription",
    Z: "ReadyForQuery",
    n: "NoData",
  },
};

/** A statement by its name where it has one; undefined: it is about what the last message was about. */
function topicOf(kind: string, body: string): string | undefined {
  if (kind === "Q") return body.slice(0, -1);
  if (kind === "X") return "terminate";
  const [first = "", second = ""] = body.split("\0", 2);
  if (kind === "P") return first === "" ? second : first;
  return kind === "B" && second !== "" ? second : undefined;
}

function parameterOf(text: string, name: string): string {
  const parts = text.split("\0");
  const index = parts.findIndex((part, place) => place % 2 === 0 && part === name);
  return index === -1 ? "" : (parts[index + 1] ?? "");
}

const CRLF = "\r\n";

/** That of NATS: a line, and after some of them as many bytes as it says. */
export function nats(): Conversation {
  const unread = new Unread();
  /** What was asked, by the subject that its answer comes under. */
  const asked = new Map<string, string>();

  function readNext(from: Side): Message | undefined {
    const end = unread.of(from).indexOf(CRLF);
    if (end === -1) return undefined;
    const [kind = "", subject = "", ...more] = unread.of(from).toString("utf8", 0, end).split(" ");
    const hasPayload = /^H?(PUB|MSG)$/i.test(kind);
    const payload = hasPayload ? Number(more.at(-1)) + CRLF.length : 0;
    const bytes = unread.take(from, end + CRLF.length + payload);
    if (bytes === undefined) return undefined;
    const lengths = kind.startsWith("H") ? 2 : 1;
    if (from === "client" && hasPayload && more.length > lengths) asked.set(more[0] ?? "", subject);
    const topic = from === "server" ? (asked.get(subject) ?? subject) : subject;
    return { from, bytes, kind, topic: hasPayload ? topic : kind };
  }

  return { read: (from, chunk) => readAll(unread, from, chunk, readNext), client: "", serverPid: undefined };
}

const HEAD_END = "\r\n\r\n";

/** HTTP/1.1 with JSON-RPC: a request, or an answer, is one message, about the methods that are called. */
export function jsonRpc(): Conversation {
  const unread = new Unread();
  const asked: string[] = [];

  function readNext(from: Side): Message | undefined {
    const rest = unread.of(from);
    const headEnd = rest.indexOf(HEAD_END);
    if (headEnd === -1) return undefined;
    const head = rest.toString("latin1", 0, headEnd);
    const bodyStart = headEnd + HEAD_END.length;
    const length = /^transfer-encoding: *chunked/im.test(head)
      ? chunkedLength(rest.subarray(bodyStart))
      : Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const bytes = length === undefined ? undefined : unread.take(from, bodyStart + length);
    if (bytes === undefined) return undefined;
    if (from === "server") return { from, bytes, kind: "answer", topic: asked.shift() ?? "" };
    const methods = bytes.toString("utf8", bodyStart).matchAll(/"method": *"(\w+)"/g);
    const topic = [...new Set(Array.from(methods, ([, method]) => method))].join(" ");
    asked.push(topic);
    return { from, bytes, kind: "request", topic };
  }

  return { read: (from, chunk) => readAll(unread, from, chunk, readNext), client: "", serverPid: undefined };
}

/** The length of a chunked body with its last, empty chunk; undefined where it has not all come. Nobody here sends trailers. */
function chunkedLength(body: Buffer): number | undefined {
  for (let at = 0; ; ) {
    const end = body.indexOf(CRLF, at);
    if (end === -1) return undefined;
    const size = Number.parseInt(body.toString("latin1", at, end), 16);
    at = end + CRLF.length + size + CRLF.length;
    if (at > body.length) return undefined;
    if (size === 0) return at;
  }
}

function readAll(unread: Unread, from: Side, chunk: Buffer, readNext: (from: Side) => Message | undefined): Message[] {
  unread.add(from, chunk);
  const messages: Message[] = [];
  for (let message = readNext(from); message !== undefined; message = readNext(from)) messages.push(message);
  return messages;
}
