import type { Configuration } from "../configuration.ts";
import type { TracingOptions } from "../tracing/tracing.ts";

/** What the environment says of traces. */
export function tracingOf(configuration: Configuration): Pick<TracingOptions, "endpoint" | "headers" | "ratio"> {
  const {
    otelExporterOtlpEndpoint: endpoint,
    otelExporterOtlpHeaders: headers,
    otelTracesSamplerArg: ratio,
  } = configuration;
  return { endpoint, headers, ratio };
}
