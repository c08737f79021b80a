import pg from "pg";
import { describeDatabaseError } from "../db/databaseError.ts";
import { CommandError } from "./commandError.ts";

/** What PostgreSQL answers to a login that may not: the press refuses with PRDEN, the server itself with 42501. */
const NOT_ALLOWED = new Set(["PRDEN", "42501"]);

/** What an operator is told about an error of the database: sentence, detail, and what to do. */
export function explainRefusal(error: pg.DatabaseError): CommandError {
  const toDo = NOT_ALLOWED.has(error.code ?? "") ? "grant press_operator to the login of the URL" : error.hint;
  return new CommandError(
    [describeDatabaseError(error), error.detail, toDo].filter((part) => part !== undefined).join("\n"),
  );
}

/** Awaits an answer of the database, whose refusal comes with its detail and with what to do. */
export async function explaining<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof pg.DatabaseError ? explainRefusal(error) : error;
  }
}
