import type { BaseLogger } from "pino";

/** Where the worker writes what happened: a pino logger, or whatever has its methods. */
export type Log = Pick<BaseLogger, "debug" | "info" | "warn" | "error">;

/**
 * What a log line says about an error: its code and its sentence, with the detail of a refusal; never its stack, which only `debug` is for,
 * nor the detail of any other error of the database, which may be somebody's data.
 */
export function errorDetails(error: unknown): { code?: string; reason: string } {
  const { code, message, detail } = error as { code?: unknown; message?: unknown; detail?: unknown };
  const sentence = typeof message === "string" && message !== "" ? message : String(error);
  if (typeof code !== "string") return { reason: sentence };
  return { code, reason: /^PR[A-Z]{3}$/.test(code) && typeof detail === "string" ? `${sentence} ${detail}` : sentence };
}

/** What failures have in common that are said once: their code, or what they are; a sentence may be another each time. A server that goes away and comes back is heard of in many ways. */
export function kindOf(error: unknown): string {
  const { code, reason } = errorDetails(error);
  if (CONNECTION_CODE.test(code ?? "") || (code === undefined && /connect|timeout/i.test(reason)))
    return "a connection";
  return code ?? (error instanceof Error ? error.name : typeof error);
}

/** Of a server that is not there, or of a connection to one that is lost. */
const CONNECTION_CODE = /^(08...|57P..|53300|ECONN.*|EPIPE|ETIMEDOUT|EHOST.*|ENET.*)$/;
