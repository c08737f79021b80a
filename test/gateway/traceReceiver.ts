/* What OpenTelemetry calls a collector, as far as these tests need one: takes spans over OTLP and HTTP, and keeps them. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A span as OTLP has it in JSON, as far as it is looked at. */
export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Which part of the press has sent it. */
  readonly service: string;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Message {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, "attributes"> & { readonly attributes: readonly Attribute[] })[];
    }[];
  }[];
}

export class TraceReceiver {
  readonly #server: Server;
  /** All that came, in its order. */
  readonly spans: ReceivedSpan[] = [];
  /** The bodies of the requests as they came, and their headers. */
  readonly bodies: string[] = [];
  readonly headers: IncomingMessage["headers"][] = [];

  private constructor() {
    this.#server = createServer(async (request, answer) => {
      const body = await text(request);
      this.bodies.push(body);
      this.headers.push(request.headers);
      if (request.url === "/v1/traces") this.#take(JSON.parse(body));
      answer.writeHead(request.url === "/v1/traces" ? 200 : 404, { "content-type": "application/json" }).end("{}");
    });
  }

  /** @param port any free one unless it is said */
  static async start(port = 0): Promise<TraceReceiver> {
    const receiver = new TraceReceiver();
    receiver.#server.listen(port, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #take({ resourceSpans }: Message): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(read(resource.attributes)["service.name"]);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({ ...span, attributes: read(span.attributes), service });
      }
    }
  }
}

function read(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
