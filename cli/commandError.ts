import { ConfigurationError } from "../configuration.ts";
import { describeDatabaseError } from "../db/databaseError.ts";

/** How a command ends: 0 it did what it was asked, 1 the answer is no or it failed, 2 it was asked wrongly. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** A command cannot do what it was asked. The message is one sentence for the person who typed it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What a person is told about any error, and with which exit code the command ends. */
export function explainError(error: unknown): { message: string; exitCode: number } {
  if (error instanceof CommandError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof ConfigurationError) return { message: error.message, exitCode: EXIT.usage };
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    const advice = "another program listens there; set PORT to another number, or to 0 for any.";
    return { message: `${message}: ${advice}`, exitCode: EXIT.failed };
  }
  return { message: describeDatabaseError(error), exitCode: EXIT.failed };
}
