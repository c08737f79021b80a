/**
 * Every "no" that a client can hear, with its name in `errors[].extensions.code`.
 *
 * `refusals` is the engine's register (db/ERRORS.md), in its order of precedence; a test holds the two together. `transportCodes` are the
 * few answers about a request that never reached a rule. Everything else is masked: masking.ts.
 */

import { SafeError } from "postgraphile/grafast";
import { GraphQLError } from "postgraphile/graphql";

/** An expected "no" of the engine. */
export interface Refusal {
  /** The stable upper-case name; the message begins with it. */
  readonly name: string;
  readonly sqlState: string;
  /** The same request may succeed later, unchanged and under the same request key. */
  readonly isRetryable: boolean;
  /** Who says it: the database, or this process before the database is asked. */
  readonly raisedBy: "database" | "gateway";
}

/** The register, in order of precedence. */
export const refusals = [
  { name: "PRESS_STOPPED", sqlState: "PRSTO", isRetryable: false, raisedBy: "database" },
  { name: "NOT_SIGNED_IN", sqlState: "PRANO", isRetryable: false, raisedBy: "database" },
  { name: "NOT_ALLOWED", sqlState: "PRDEN", isRetryable: false, raisedBy: "database" },
  { name: "HOLDER_INACTIVE", sqlState: "PRINA", isRetryable: false, raisedBy: "database" },
  { name: "INVALID_INPUT", sqlState: "PRINV", isRetryable: false, raisedBy: "database" },
  { name: "EDITION_NOT_FOUND", sqlState: "PRNOE", isRetryable: false, raisedBy: "database" },
  { name: "REQUEST_KEY_REUSED", sqlState: "PRIDM", isRetryable: false, raisedBy: "database" },
  { name: "EDITION_NOT_OPEN", sqlState: "PRCLS", isRetryable: false, raisedBy: "database" },
  { name: "NOT_ELIGIBLE", sqlState: "PRELG", isRetryable: false, raisedBy: "database" },
  { name: "RATE_LIMITED", sqlState: "PRRAT", isRetryable: false, raisedBy: "database" },
  { name: "HOLDER_LIMIT_REACHED", sqlState: "PRLIM", isRetryable: false, raisedBy: "database" },
  { name: "CAP_REACHED", sqlState: "PRCAP", isRetryable: false, raisedBy: "database" },
  { name: "LOCK_TIMEOUT", sqlState: "PRBSY", isRetryable: true, raisedBy: "database" },
  { name: "OVERLOADED", sqlState: "PROVL", isRetryable: true, raisedBy: "gateway" },
  { name: "RETRY", sqlState: "40001", isRetryable: true, raisedBy: "database" },
  { name: "TICKET_NOT_FOUND", sqlState: "PRNOT", isRetryable: false, raisedBy: "database" },
  { name: "TICKET_NOT_SIGNED", sqlState: "PRUNS", isRetryable: false, raisedBy: "database" },
  { name: "NOT_CANONICAL", sqlState: "PRCAN", isRetryable: false, raisedBy: "database" },
  { name: "UNKNOWN_KEY", sqlState: "PRKEY", isRetryable: false, raisedBy: "database" },
  { name: "SIGNATURE_INVALID", sqlState: "PRSIG", isRetryable: false, raisedBy: "database" },
  { name: "PROOF_INVALID", sqlState: "PRMRK", isRetryable: false, raisedBy: "database" },
  { name: "NOT_THE_HOLDER", sqlState: "PROWN", isRetryable: false, raisedBy: "database" },
  { name: "TICKET_REVOKED", sqlState: "PRREV", isRetryable: false, raisedBy: "database" },
  { name: "ALREADY_REDEEMED", sqlState: "PRRED", isRetryable: false, raisedBy: "database" },
  { name: "ALREADY_DRAWN", sqlState: "PRDRN", isRetryable: false, raisedBy: "database" },
  { name: "DRAW_NOT_READY", sqlState: "PRNDR", isRetryable: false, raisedBy: "database" },
  { name: "ALREADY_VERIFIED", sqlState: "PRVRF", isRetryable: false, raisedBy: "database" },
  { name: "EVIDENCE_REJECTED", sqlState: "PREVD", isRetryable: false, raisedBy: "database" },
  { name: "NONCE_REUSED", sqlState: "PRNON", isRetryable: false, raisedBy: "database" },
  { name: "EXPIRED", sqlState: "PREXP", isRetryable: false, raisedBy: "database" },
] as const satisfies readonly Refusal[];

export type RefusalName = (typeof refusals)[number]["name"];

/** Answers about a request that never reached a rule, and whether the same request may succeed later. */
export const transportCodes = {
  UNAUTHENTICATED: { isRetryable: false },
  ORIGIN_NOT_ALLOWED: { isRetryable: false },
  NOT_FOUND: { isRetryable: false },
  METHOD_NOT_ALLOWED: { isRetryable: false },
  NOT_ACCEPTABLE: { isRetryable: false },
  REQUEST_TOO_LARGE: { isRetryable: false },
  UNSUPPORTED_MEDIA_TYPE: { isRetryable: false },
  OPERATION_NOT_PERSISTED: { isRetryable: false },
  QUERY_TOO_COMPLEX: { isRetryable: false },
  TIMEOUT: { isRetryable: true },
  OUTCOME_UNKNOWN: { isRetryable: true },
  INTERNAL_ERROR: { isRetryable: false },
} as const;

export type TransportCode = keyof typeof transportCodes;

/** What a client finds in `errors[].extensions`. */
export interface RefusalExtensions {
  readonly code: RefusalName | TransportCode;
  readonly retryable: boolean;
  readonly detail?: string;
  readonly hint?: string;
  /** Of INTERNAL_ERROR: finds it in the log. */
  readonly errorId?: string;
  /** Of OUTCOME_UNKNOWN: the key to send the request again with, the client's own or one that was made for it. */
  readonly requestKey?: string;
  /** Only where the request as a whole is refused. */
  readonly statusCode?: number;
}

const bySqlState = new Map<string, Refusal & { name: RefusalName }>(
  refusals.map((refusal) => [refusal.sqlState, refusal]),
);
const byName = new Map<string, Refusal>(refusals.map((refusal) => [refusal.name, refusal]));

/**
 * A refusal to throw: it reaches the client as it is.
 *
 * @param sentence what is wrong, for people
 * @param more `hint` says what to do next, `detail` what is particular to this case; `statusCode` refuses the whole HTTP request
 */
export function refusal(
  code: RefusalName | TransportCode,
  sentence: string,
  more: { detail?: string | null; hint?: string | null; statusCode?: number } = {},
): SafeError<RefusalExtensions> {
  return new SafeError<RefusalExtensions>(`${code}: ${sentence}`, extensionsOf(code, more));
}

/** A "no" in the database's words: raised, or one row of a batch. */
export interface DatabaseAnswer {
  readonly sqlState: string;
  readonly message: string;
  readonly detail?: string | null | undefined;
  readonly hint?: string | null | undefined;
}

/** The refusal that the database worded; null when the words are not those of a refusal, and hence not for clients. */
export function refusalOfDatabase(answer: DatabaseAnswer): SafeError<RefusalExtensions> | null {
  const known = bySqlState.get(answer.sqlState);
  if (known === undefined || !answer.message.startsWith(`${known.name}: `)) return null;
  return new SafeError(answer.message, extensionsOf(known.name, answer));
}

/**
 * The answer to a request that may have been carried out; under its key, asking again does no harm.
 *
 * @param requestKey of a request for tickets, which has one whether its client sent one or not
 */
export function outcomeUnknown(requestKey?: string): SafeError<RefusalExtensions> {
  const hint =
    requestKey === undefined
      ? "Send the same request again, with its request key if it has one: what was done is not done twice. Or read whether it was."
      : "Send the same request again with this requestKey, or ask requestOutcome.";
  return new SafeError("OUTCOME_UNKNOWN: The answer was lost, so the request may or may not have been carried out.", {
    ...extensionsOf("OUTCOME_UNKNOWN", { hint }),
    ...(requestKey === undefined ? null : { requestKey }),
  });
}

/** The hint where nothing was wrong with the request. */
export const TRY_AGAIN = "Send the same request again in a moment, with the same request key.";

/** The same as {@link refusal}, for validation rules, which report rather than throw. */
export function refusedRequest(
  code: RefusalName | TransportCode,
  sentence: string,
  more: { hint?: string; nodes?: GraphQLError["nodes"] } = {},
): GraphQLError {
  return new GraphQLError(`${code}: ${sentence}`, {
    nodes: more.nodes,
    extensions: extensionsOf(code, { hint: more.hint }),
  });
}

/** The body of an HTTP answer that is one error, of the same form as GraphQL's. */
export function errorAnswer({ message, extensions }: SafeError): { errors: readonly object[] } {
  return { errors: [{ message, extensions }] };
}

export function extensionsOf(
  code: RefusalName | TransportCode,
  more: { detail?: string | null | undefined; hint?: string | null | undefined; statusCode?: number } = {},
): RefusalExtensions & Record<string, unknown> {
  const retryable = byName.get(code)?.isRetryable ?? transportCodes[code as TransportCode].isRetryable;
  return {
    code,
    retryable,
    ...(more.detail == null ? null : { detail: more.detail }),
    ...(more.hint == null ? null : { hint: more.hint }),
    ...(more.statusCode === undefined ? null : { statusCode: more.statusCode }),
  };
}
