/** What went wrong with a request, as a person should hear it. */
import type { CombinedError } from "urql";

/** A "no", or a request without an answer. */
export interface Problem {
  /** The name of the refusal (db/ERRORS.md), or UNREACHABLE. */
  readonly code: string;
  readonly sentence: string;
  readonly detail?: string | undefined;
  /** What to do next. */
  readonly hint?: string | undefined;
  /** The same request may succeed later, under the same request key. */
  readonly isRetryable: boolean;
  /** Finds it in the log of the press. */
  readonly errorId?: string | undefined;
}

/** Each refusal and each answer of the gateway, in words for where the press itself said none. */
export const SENTENCES: Readonly<Record<string, string>> = {
  PRESS_STOPPED: "The press is stopped, and changes nothing until an operator starts it again.",
  NOT_SIGNED_IN: "You are not signed in.",
  NOT_ALLOWED: "You may not do this.",
  HOLDER_INACTIVE: "This holder has been deactivated.",
  INVALID_INPUT: "Something that was entered is not as it should be.",
  EDITION_NOT_FOUND: "There is no such edition.",
  REQUEST_KEY_REUSED: "This request was already used for something else.",
  EDITION_NOT_OPEN: "This edition is not open.",
  NOT_ELIGIBLE: "This edition is for people of whom more is known.",
  RATE_LIMITED: "That is more than one person may ask for at this moment.",
  HOLDER_LIMIT_REACHED: "That would be more tickets than one person can have of this edition.",
  CAP_REACHED: "There are not so many tickets left in this edition.",
  LOCK_TIMEOUT: "Many people want this edition at this moment.",
  OVERLOADED: "The press has more to do than it can at this moment.",
  RETRY: "Somebody else changed this at the same moment.",
  TICKET_NOT_FOUND: "The press knows no such ticket.",
  TICKET_NOT_SIGNED: "The ticket is not ready: it is still being signed and recorded. Try again in a moment.",
  NOT_CANONICAL: "This is no ticket of the press, or not exactly as it was issued.",
  UNKNOWN_KEY: "The key that this ticket names never signed tickets of this press.",
  KEY_REVOKED: "The key that signed this ticket was stolen: the signature alone says nothing. Its proof does.",
  SIGNATURE_INVALID: "The signature is wrong: this ticket was changed or forged.",
  PROOF_INVALID: "The proof does not show that this ticket is in the ledger.",
  NOT_THE_HOLDER: "This ticket belongs to somebody else.",
  TICKET_REVOKED: "This ticket was revoked by an operator.",
  ALREADY_REDEEMED: "This ticket was used already.",
  ALREADY_DRAWN: "The draw of this edition was made already.",
  DRAW_NOT_READY: "The draw cannot be made yet.",
  ALREADY_VERIFIED: "This was verified already, or is being checked.",
  EVIDENCE_REJECTED: "The evidence does not hold.",
  NONCE_REUSED: "The key has signed another record with this nonce.",
  EXPIRED: "The record was to be sent until a time that has passed.",
  UNAUTHENTICATED: "Your session has ended.",
  ORIGIN_NOT_ALLOWED: "The press does not accept requests from this page.",
  NOT_FOUND: "There is no such thing here.",
  METHOD_NOT_ALLOWED: "The press does not accept this kind of request.",
  NOT_ACCEPTABLE: "The press has no answer of the kind that was asked for.",
  REQUEST_TOO_LARGE: "That is more than the press accepts at once.",
  UNSUPPORTED_MEDIA_TYPE: "The press does not accept this kind of request.",
  OPERATION_NOT_PERSISTED: "The press no longer answers this page: load it again.",
  QUERY_TOO_COMPLEX: "That is more than the press answers at once.",
  TIMEOUT: "The press took too long to answer.",
  OUTCOME_UNKNOWN: "The answer of the press was lost.",
  INTERNAL_ERROR: "Something went wrong in the press.",
  UNREACHABLE: "The press cannot be reached.",
};

const UNREACHABLE: Problem = {
  code: "UNREACHABLE",
  sentence: "The press cannot be reached.",
  hint: "It is tried again by itself; nothing is lost.",
  isRetryable: true,
};

/** The problem of an answer, in words; one that did not arrive is UNREACHABLE. */
export function problemOf(error: Pick<CombinedError, "graphQLErrors" | "networkError">): Problem {
  const first = error.graphQLErrors[0];
  if (first === undefined) return UNREACHABLE;
  const { code, detail, hint, retryable, errorId } = first.extensions ?? {};
  const name = typeof code === "string" ? code : "INTERNAL_ERROR";
  // The press says what is particular to this case; its words come first.
  const said = first.message.replace(/^[A-Z0-9_]+: /, "").trim();
  return {
    code: name,
    sentence: said === "" ? sentenceOf(name) : said,
    detail: textOf(detail),
    hint: textOf(hint),
    isRetryable: retryable === true,
    errorId: textOf(errorId),
  };
}

/** What a refusal means, where only its name is known. */
export function sentenceOf(code: string): string {
  return (Object.hasOwn(SENTENCES, code) ? SENTENCES[code] : undefined) ?? "The press refuses this.";
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
