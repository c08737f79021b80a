/** The logs of gateway and worker: lines of JSON (pino) on the standard output, for machines to gather. They name nobody, and no secret. */
import { type Logger, pino } from "pino";

/** A log that is at least as talkative as its level says: `debug`, `info`, `warn`, … */
export function makeLogger(name: string, level: string): Logger {
  const serializers = { err: loggedError, req: loggedRequest, res: loggedAnswer };
  return pino({ name, level, serializers }, new PatientOutput(name));
}

/** What waits for a reader who has stopped reading: some thousand lines. */
const WAITING_LENGTH_MAX = 1_000_000;

/**
 * The standard output, which nobody waits for: pino's own writes at once or not at all, and where the pipe is full because its reader stands
 * still, the whole process stands still with it. Here lines wait in memory; when there are too many, those that come are left out, and counted.
 */
class PatientOutput {
  readonly #name: string;
  #leftOut = 0;

  constructor(name: string) {
    this.#name = name;
  }

  write(line: string): void {
    const { stdout } = process;
    if (stdout.writableLength > WAITING_LENGTH_MAX) {
      this.#leftOut += 1;
      return;
    }
    if (this.#leftOut > 0) {
      const msg = "Lines of the log were left out, because nobody read it.";
      stdout.write(
        `${JSON.stringify({ level: 40, time: Date.now(), name: this.#name, leftOut: this.#leftOut, msg })}\n`,
      );
      this.#leftOut = 0;
    }
    stdout.write(line);
  }
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
