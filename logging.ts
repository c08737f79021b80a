/** The logs of gateway and worker: lines of JSON (pino) on the standard output, for machines to gather. They name nobody, and no secret. */
import { type Logger, pino } from "pino";

/** A log that is at least as talkative as its level says: `debug`, `info`, `warn`, … */
export function makeLogger(name: string, level: string): Logger {
  return pino({ name, level, serializers: { err: loggedError, req: loggedRequest, res: loggedAnswer } });
}

/** The members of an error that say what happened where. All others may have a row in them, or a request. */
const TOLD = ["code", "severity", "schema", "table", "constraint", "routine", "syscall", "statusCode"] as const;
const REFUSAL = /^PR[A-Z]{3}$/;

/**
 * What a log line says of an error: its kind, its sentence, its stack; of an error of the database the code and the objects, and the detail only
 * where it is a refusal's, which is of our own wording: that of any other has the values of somebody's row.
 */
export function loggedError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const members = error as unknown as Readonly<Record<string, unknown>>;
  const told = TOLD.filter((name) => members[name] !== undefined).map((name) => [name, members[name]]);
  const detail =
    REFUSAL.test(String(members.code)) && typeof members.detail === "string" ? { detail: members.detail } : {};
  const cause = error.cause === undefined ? {} : { cause: loggedError(error.cause) };
  const { name: type, message, stack } = error;
  return { type, message, ...Object.fromEntries(told), ...detail, stack, ...cause };
}

/** Not its headers, and not its query, which may have what a provider sent along. */
function loggedRequest({ method, url }: { readonly method?: string; readonly url?: string }): object {
  return { method, path: url?.split("?")[0] };
}

function loggedAnswer({ statusCode }: { readonly statusCode?: number }): object {
  return { statusCode };
}
