/**
 * What a trace consists of. Where nobody wants traces, which is the rule, nothing here does or costs anything.
 *
 * A span says what was done, for how long, and how much of it; never for whom, nor with which values.
 */
import {
  type Attributes,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";

export interface SpanOptions {
  readonly attributes?: Attributes;
  /** Spans of other traces that this one is for. */
  readonly links?: readonly Link[];
  /** Begins a trace of its own, whoever calls. */
  readonly isRoot?: boolean;
  readonly kind?: SpanKind;
}

let tracer: Tracer | undefined;

/** Says that traces are wanted, or are not any more. */
export function setTracer(wanted: Tracer | undefined): void {
  tracer = wanted;
}

/** The tracer; undefined where nobody wants traces. */
export function currentTracer(): Tracer | undefined {
  return tracer;
}

/** Acts within a span, which ends with the act; what the act throws is its failure. */
export async function inSpan<Result>(
  name: string,
  { attributes, links, isRoot = false, kind = SpanKind.INTERNAL }: SpanOptions,
  act: () => Promise<Result>,
): Promise<Result> {
  if (tracer === undefined) return act();
  const parent = isRoot ? ROOT_CONTEXT : context.active();
  const span = tracer.startSpan(name, { kind, attributes: { ...attributes }, links: [...(links ?? [])] }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), act);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Begins something that belongs to no span that is active: what is woken by somebody goes on for others. */
export function outsideSpans<Result>(act: () => Result): Result {
  return tracer === undefined ? act() : context.with(ROOT_CONTEXT, act);
}

/** Takes note of something that has been done, in a trace of its own: for what is worth a span only when it turns out that there was something to do. */
export function noteSpan(name: string, since: number, attributes: Attributes): void {
  tracer?.startSpan(name, { startTime: since, attributes }, ROOT_CONTEXT).end();
}

/** A failure by its code, or its kind: a message may have somebody's data in it. */
export function fail(span: Span, error: unknown): void {
  const { code, name } = error as { code?: unknown; name?: unknown };
  span.setAttribute("error.type", String(code ?? name ?? "error"));
  span.setStatus({ code: SpanStatusCode.ERROR });
}
