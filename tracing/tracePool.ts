import { context, type Span, SpanKind, trace } from "@opentelemetry/api";
import type pg from "pg";
import { currentTracer, fail } from "./spans.ts";

type Query = (...args: unknown[]) => unknown;
type Callback = (error: unknown, result: unknown) => void;

/**
 * Makes the queries of a pool spans, where they belong to something that is traced. The text of a query is no attribute, and neither are its values:
 * a span has the name of the function or the table that it is about.
 */
export function tracePool(pool: pg.Pool): void {
  if (currentTracer() === undefined) return;
  const connect = pool.connect.bind(pool) as (callback?: Callback) => unknown;
  // Whoever waits for a connection is called by whoever lets go of one, and would go on in the other's trace.
  pool.connect = ((callback?: Callback) =>
    callback === undefined ? connect() : connect(context.bind(context.active(), callback))) as typeof pool.connect;
  pool.on("connect", traceClient);
}

function traceClient(client: pg.ClientBase): void {
  const query = client.query.bind(client) as Query;
  client.query = ((...args: unknown[]) => {
    const span = spanOf(args[0]);
    if (span === undefined) return query(...args);
    const last = args.at(-1);
    if (typeof last === "function") return query(...args.slice(0, -1), endingBefore(span, last as Callback));
    const result = query(...args);
    if (result instanceof Promise)
      result.then(
        () => span.end(),
        (error) => endFailed(span, error),
      );
    else span.end(); // A query that is read row by row goes on without us.
    return result;
  }) as typeof client.query;
}

function spanOf(query: unknown): Span | undefined {
  if (trace.getActiveSpan() === undefined) return undefined;
  const text = typeof query === "string" ? query : ((query as { text?: unknown } | null)?.text ?? "");
  const attributes = { "db.system.name": "postgresql", "db.operation.name": operationOf(String(text)) };
  return currentTracer()?.startSpan(nameOf(String(text)), { kind: SpanKind.CLIENT, attributes });
}

function endingBefore(span: Span, callback: Callback): Callback {
  return context.bind(context.active(), (error, result) => {
    if (error) endFailed(span, error);
    else span.end();
    callback(error, result);
  });
}

function endFailed(span: Span, error: unknown): void {
  fail(span, error);
  span.end();
}

function operationOf(text: string): string {
  return /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? "QUERY";
}

/** `SELECT press_worker.attach_signatures`, `BEGIN` */
function nameOf(text: string): string {
  const what = /\b(press(?:_\w+)?|graphile_worker)"?\."?(\w+)/.exec(text);
  return what === null ? operationOf(text) : `${operationOf(text)} ${what[1]}.${what[2]}`;
}
