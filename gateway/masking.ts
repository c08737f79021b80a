/**
 * What leaves this process when something fails: a refusal in its own words, or nothing of the inside.
 *
 * Every error passes here on its way out, on HTTP and WebSocket alike. A refusal keeps its words and gains its code; a value that the
 * database cannot read is INVALID_INPUT in words of ours; anything else is masked, with an id that finds it in the log.
 */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { SafeError } from "postgraphile/grafast";
import { GraphQLError, Kind, OperationTypeNode, parse } from "postgraphile/graphql";
import {
  errorAnswer,
  extensionsOf,
  outcomeUnknown,
  type RefusalExtensions,
  type RefusalName,
  refusal,
  refusalOfDatabase,
  TRY_AGAIN,
  type TransportCode,
} from "./refusals.ts";

/** The members that every error of the pg driver that came from the server has; the rest of it must not leave this process. */
export interface DatabaseError extends Error {
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** Whether the server, and not the network or our own code, raised the error. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && "severity" in error && "code" in error && typeof error.code === "string";
}

/** Whether the connection, and with it the answer, was lost or never had: what was asked may or may not have happened. */
export function isConnectionLost(error: unknown): boolean {
  // Also: too many connections, no such database any more, and a password that was changed.
  if (isDatabaseError(error)) return /^(08...|57P0[123]|53300|3D000|28...)$/.test(error.code);
  if (!(error instanceof Error)) return false;
  const isOfNetwork = "code" in error && /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET)/.test(String(error.code));
  return isOfNetwork || CONNECTION_MESSAGES.some((message) => error.message.includes(message));
}

/** Whether the server had no disk, memory or the like left for it: it rolled back what it had done, and there may be some again. */
export function lacksRoom(error: unknown): boolean {
  return isDatabaseError(error) && /^53(000|100|200|400)$/.test(error.code);
}

/** Whether the statement that ended so may have been committed all the same: its connection was lost, or it was stopped for its time. */
export function mayHaveBeenDone(error: unknown): boolean {
  if (isDatabaseError(error) && error.code === "57014") return true;
  return isConnectionLost(error) && !wasNeverSent(error as Error);
}

/** There was no connection to send anything over. */
function wasNeverSent(error: Error): boolean {
  if (isDatabaseError(error)) return /^(08001|57P03|53300|3D000|28...)$/.test(error.code);
  if ("code" in error && (error.code === "ECONNREFUSED" || error.code === "ENOTFOUND")) return true;
  return NEVER_SENT_MESSAGES.some((message) => error.message.includes(message));
}

/**
 * Whether something went before it that nobody hears of: where a commit has lost its answer PostGraphile rolls back, over the connection that is gone,
 * and what is said of that is all that comes here.
 */
function mayHideAnother(error: Error): boolean {
  return error.message.includes(CONNECTION_IS_GONE);
}

/** What the driver says of whatever is sent over a connection that it knows to be gone. */
const CONNECTION_IS_GONE = "Client has encountered a connection error";

const NEVER_SENT_MESSAGES = [
  "timeout exceeded when trying to connect",
  "Connection terminated due to connection timeout",
  CONNECTION_IS_GONE,
  "Cannot use a pool after calling end",
];

/** What the pg driver says of a lost or missing connection; it gives no codes. */
const CONNECTION_MESSAGES = ["Connection terminated", "Query read timeout", ...NEVER_SENT_MESSAGES];

/** What other people's modules say of wrong input without a code of their own. */
const INPUT_MESSAGES = new Set([
  "Null literals are forbidden in filter argument input.",
  "Empty objects are forbidden in filter argument input.",
  "Invalid cursor",
]);

/** Makes the function that every error of an operation passes on its way out. */
export function makeErrorMask(log: Logger): (error: GraphQLError) => GraphQLError {
  return (error) => {
    // Validation has given its errors their codes already.
    if (error.originalError === undefined && "code" in error.extensions) return error;
    const cause = deepestCause(error);
    const answer = answerTo(cause, error);
    if (lacksRoom(cause)) log.error({ err: cause }, "the database has no room left");
    if (answer !== null) return reworded(error, answer.message, answer.extensions ?? {});

    const { message, extensions } = masked(cause, log, error.path);
    return reworded(error, message, extensions);
  };
}

/** A fault of ours: the client learns only the id under which the log has the rest. */
function masked(cause: Error, log: Pick<Logger, "error">, path?: GraphQLError["path"]): SafeError<RefusalExtensions> {
  const errorId = randomUUID();
  log.error({ errorId, path, err: cause }, "a request failed in an unexpected way");
  const sentence = `Something went wrong here, not with your request; the log has it under ${errorId}.`;
  return new SafeError(`INTERNAL_ERROR: ${sentence}`, { ...extensionsOf("INTERNAL_ERROR"), errorId });
}

/** What the HTTP layer answers to an error that never reached GraphQL. */
export function httpRefusal(
  error: Error & { statusCode?: number },
  log: Pick<Logger, "error">,
): { status: number; answer: object } {
  if (error instanceof SafeError) {
    return { status: Number(error.extensions?.statusCode ?? 500), answer: errorAnswer(error) };
  }
  const refused = isDatabaseError(error) ? refusedByDatabase(error) : null;
  if (refused !== null) return { status: refused.extensions?.retryable ? 503 : 403, answer: errorAnswer(refused) };
  const status = error.statusCode ?? 500;
  if (status < 500) return { status, answer: errorAnswer(refusal(codeOfStatus(status), error.message)) };
  if (isConnectionLost(error)) return { status: 503, answer: errorAnswer(outOfReach()) };
  if (lacksRoom(error)) return { status: 503, answer: errorAnswer(outOfRoom()) };
  return { status: 500, answer: errorAnswer(masked(error, log)) };
}

function codeOfStatus(status: number): RefusalName | TransportCode {
  if (status === 413) return "REQUEST_TOO_LARGE";
  return status === 415 ? "UNSUPPORTED_MEDIA_TYPE" : "INVALID_INPUT";
}

/** Gives an error of parsing or validating its code; its words name only what the client sent and what the public schema has. */
export function invalidRequest(error: GraphQLError): GraphQLError {
  if ("code" in error.extensions) return error;
  return reworded(error, `INVALID_INPUT: ${error.message}`, extensionsOf("INVALID_INPUT"));
}

function answerTo(cause: Error, error: GraphQLError): SafeError | null {
  if (cause instanceof SafeError) return withCode(cause);
  const isUncertain = mayHaveBeenDone(cause) || mayHideAnother(cause);
  if (isUncertain && isConnectionLost(cause) && changesSomething(error)) return outcomeUnknown();
  if (isDatabaseError(cause)) return answerToDatabase(cause);
  if (isConnectionLost(cause)) return outOfReach();
  if (INPUT_MESSAGES.has(cause.message)) return refusal("INVALID_INPUT", cause.message);
  // Without a path nothing was executed: a variable did not fit its type, or an operation has no such name.
  if (cause instanceof GraphQLError && error.path === undefined) return refusal("INVALID_INPUT", cause.message);
  return null;
}

/** Whether the document of the error has a mutation in it: then a lost answer is no refusal. */
function changesSomething({ source }: GraphQLError): boolean {
  if (source === undefined) return false;
  return parse(source, { noLocation: true }).definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.MUTATION,
  );
}

function outOfReach(): SafeError<RefusalExtensions> {
  return refusal("OVERLOADED", "The database cannot be reached right now.", { hint: TRY_AGAIN });
}

function outOfRoom(): SafeError<RefusalExtensions> {
  return refusal("OVERLOADED", "The database has no room for this at the moment; nothing was done.", {
    hint: TRY_AGAIN,
  });
}

function answerToDatabase(error: DatabaseError): SafeError | null {
  const known = refusedByDatabase(error);
  if (known !== null) return known;
  if (isConnectionLost(error)) return outOfReach();
  if (lacksRoom(error)) return outOfRoom();
  switch (error.code) {
    case "40001":
    case "40P01":
      return refusal("RETRY", "Others were at work on the same rows; nothing was done.", { hint: TRY_AGAIN });
    case "55P03":
      return refusal("LOCK_TIMEOUT", "The rows were busy for too long; nothing was done.", { hint: TRY_AGAIN });
    case "25006":
      return refusal("OVERLOADED", "The database takes no writes right now: it is a standby; nothing was done.", {
        hint: TRY_AGAIN,
      });
    case "57014":
      return tookTooLong();
    case "42501":
      return refusal("NOT_ALLOWED", "Your role may not do this.", {
        hint: "Send a token in the Authorization header, or ask an operator.",
      });
    case "23514":
      return refusal("INVALID_INPUT", "A value is not acceptable here.");
    default:
      return error.code.startsWith("22") ? refusal("INVALID_INPUT", "A value has a form that cannot be read.") : null;
  }
}

function refusedByDatabase(error: DatabaseError): SafeError<RefusalExtensions> | null {
  return refusalOfDatabase({ ...error, message: error.message, sqlState: error.code });
}

/** The libraries below us throw safe errors without a code: about the request (a cursor, a page), or about the time it took. */
function withCode(error: SafeError): SafeError {
  const extensions: Record<string, unknown> = { ...error.extensions };
  if (typeof extensions.code === "string") return error;
  if (isTooLongToPlan(error)) return refusal("QUERY_TOO_COMPLEX", error.message);
  if (error.message.includes("timeout exceeded")) return tookTooLong();
  return refusal("INVALID_INPUT", error.message);
}

/** Whether the library that plans has given a document up. */
export function isTooLongToPlan(error: unknown): boolean {
  return error instanceof SafeError && error.message.includes("took too long to plan");
}

function tookTooLong(): SafeError<RefusalExtensions> {
  return refusal("TIMEOUT", "The request took too long.", {
    hint: "Ask for less at once. A mutation may have been done all the same: send it again with its request key, or ask requestOutcome.",
  });
}

/** What lies under the errors that GraphQL put around it. */
export function deepestCause(error: GraphQLError): Error {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError instanceof Error) cause = cause.originalError;
  return cause;
}

function reworded(error: GraphQLError, message: string, extensions: Readonly<object>): GraphQLError {
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { ...extensions } });
}
