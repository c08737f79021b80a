/**
 * A span for each request over HTTP, below which is what was done for it. A client that sends `traceparent` finds it in its own trace.
 */
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { currentTracer } from "../tracing/spans.ts";

interface Traced {
  readonly span: Span;
  readonly context: Context;
}

/** They are asked every few seconds, for ever, and tell of themselves. */
const UNTRACED = new Set(["/healthz", "/readyz", "/metrics"]);
/** What a client calls its operation may be anything: a name is shown, and nothing else. */
const OPERATION_NAME = /^\w{1,100}$/;

const traced = new WeakMap<FastifyRequest, Traced>();

/** The span of a request; undefined where it is not traced. */
export function spanOfRequest(request: FastifyRequest | undefined): SpanContext | undefined {
  return request && traced.get(request)?.span.spanContext();
}

/** Traces the requests of a server, where traces are wanted. */
export function traceRequests(app: FastifyInstance): void {
  const tracer = currentTracer();
  if (tracer === undefined) return;

  app.addHook("onRequest", (request, _reply, done) => {
    const { method, ws, routeOptions, headers } = request;
    const route = routeOptions.url ?? "none";
    if (ws || routeOptions.config.isEndless || UNTRACED.has(route)) {
      done();
      return;
    }
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const attributes = { "http.request.method": method, "http.route": route };
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    traced.set(request, { span, context: trace.setSpan(parent, span) });
    done();
  });
  // A body arrives by events of the socket, outside of whatever was active before: from here on it is the request's own.
  app.addHook("preValidation", (request, _reply, done) => {
    const one = traced.get(request);
    const name = (request.body as { operationName?: unknown } | null | undefined)?.operationName;
    if (typeof name === "string" && OPERATION_NAME.test(name)) one?.span.setAttribute("graphql.operation.name", name);
    if (one === undefined) done();
    else context.with(one.context, done);
  });
  app.addHook("onResponse", async (request, { statusCode }) => {
    const span = traced.get(request)?.span;
    span?.setAttribute("http.response.status_code", statusCode);
    if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  });
}
