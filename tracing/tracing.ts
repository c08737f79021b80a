/**
 * Traces for OpenTelemetry, over OTLP. Off unless OTEL_EXPORTER_OTLP_ENDPOINT names a receiver; what is needed for it is loaded only then.
 */
import { context, propagation, trace } from "@opentelemetry/api";
import type { ExportResult } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { BaseLogger } from "pino";
import { setTracer } from "./spans.ts";

export interface TracingOptions {
  /** Which part of the press this process is. */
  readonly part: "gateway" | "worker";
  /** The receiver: traces go to `/v1/traces` there. Undefined: no traces. */
  readonly endpoint: string | undefined;
  /** What the receiver wants to see, by the names of the headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Which part of all traces is sent, 0 to 1. */
  readonly ratio: number;
  readonly log: Pick<BaseLogger, "info" | "warn">;
}

export interface Tracing {
  /** Sends what has not been sent, for a few seconds at most, and makes no more. */
  stop(): Promise<void>;
}

/** A receiver that does not answer must not keep the process from ending. */
const TIMEOUT_MILLISECONDS = 3_000;
const PAUSE_MILLISECONDS = 1_000;

/** Starts to trace what this process does from now on, if anybody wants to know: before anything is opened that is to be traced. */
export async function startTracing({ part, endpoint, headers, ratio, log }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return { stop: async () => undefined };
  const [sdk, { AsyncLocalStorageContextManager }, { W3CTraceContextPropagator }, { OTLPTraceExporter }, resources] =
    await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/context-async-hooks"),
      import("@opentelemetry/core"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/resources"),
    ]);
  const url = `${endpoint.replace(/\/$/, "")}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: TIMEOUT_MILLISECONDS });
  const sampler = new sdk.TraceIdRatioBasedSampler(ratio);
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({
      "service.name": `golden-press-${part}`,
      "service.namespace": "golden-press",
    }),
    // What a client says of sampling is not asked: it could have everything of its own be sent.
    sampler: new sdk.ParentBasedSampler({
      root: sampler,
      remoteParentSampled: sampler,
      remoteParentNotSampled: sampler,
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new NotingExporter(exporter, log),
        scheduledDelayMillis: PAUSE_MILLISECONDS,
        exportTimeoutMillis: TIMEOUT_MILLISECONDS,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  setTracer(provider.getTracer("golden-press"));
  return {
    async stop() {
      setTracer(undefined);
      await provider.shutdown().catch(() => undefined); // What could not be sent was said already.
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

/** Says once that the receiver is away, and once that it is back. */
class NotingExporter implements SpanExporter {
  readonly #inner: SpanExporter;
  readonly #log: TracingOptions["log"];
  #isFailing = false;

  constructor(inner: SpanExporter, log: TracingOptions["log"]) {
    this.#inner = inner;
    this.#log = log;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#inner.export(spans, (result) => {
      this.#note(result);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }

  #note({ error }: ExportResult): void {
    if ((error !== undefined) === this.#isFailing) return;
    this.#isFailing = error !== undefined;
    if (error === undefined) this.#log.info("Traces are sent again.");
    else this.#log.warn({ reason: error.message }, "Traces cannot be sent, and are dropped meanwhile.");
  }
}
