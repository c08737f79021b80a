import { exactly, FORMS, hex, type Rules, readCanonical, writeCanonical } from "./canonicalJson.ts";

/** The `type` of every ticket: it keeps a signature on a ticket from serving for anything else. */
export const TICKET_TYPE = "golden-press/ticket/v1";

/** What is signed: the members of a ticket, named as in its text. */
export interface Envelope {
  /** The slug of the edition, for example `golden-ticket`. */
  readonly edition: string;
  /** Names the key that signed: see `keyIdOf`. */
  readonly key_id: string;
  /** Whom the ticket belongs to: the `sub` by which the issuer knows its holder. */
  readonly recipient: string;
  /** A lower-case UUID. */
  readonly ticket_id: string;
  /** The place of the ticket in its edition, from 1. */
  readonly ticket_number: number;
  /** When the ticket was issued: RFC 3339, UTC, milliseconds, for example `2026-11-21T15:09:26.535Z`. */
  readonly timestamp: string;
  /** Always `golden-press/ticket/v1`. */
  readonly type: typeof TICKET_TYPE;
}

/** A ticket with its signature: what a holder keeps. */
export interface SignedEnvelope extends Envelope {
  /** 128 lower-case hexadecimal characters: Ed25519 over the canonical text of the other members. */
  readonly signature: string;
}

/** Every member of a signed envelope with the one form that its value may have. */
const RULES: Rules<SignedEnvelope> = {
  edition: FORMS.slug,
  key_id: hex(16),
  recipient: [isRecipient, "well-formed text, not empty, without the character U+0000"],
  signature: hex(128),
  ticket_id: FORMS.uuid,
  ticket_number: FORMS.ticketNumber,
  timestamp: FORMS.time,
  type: exactly(TICKET_TYPE),
};

/**
 * Writes an envelope, with or without its signature, as canonical JSON (RFC 8785): members in the order of their
 * names, no spaces, the fewest escapes. The signature is made over the UTF-8 bytes of this text without `signature`.
 *
 * @param envelope - the members; their values are not checked.
 * @returns the only text of this envelope that a verifier accepts.
 * @example
 * ```ts
 * import { canonicalEnvelope } from "@golden-press/verifier";
 *
 * const text = canonicalEnvelope({
 *   type: "golden-press/ticket/v1", edition: "golden-ticket", ticket_number: 1, recipient: "charlie",
 *   ticket_id: "0d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11", timestamp: "2026-11-21T15:09:26.535Z", key_id: "21fe31dfa154a261",
 * });
 * console.log(text); // {"edition":"golden-ticket","key_id":"21fe31dfa154a261","recipient":"charlie",…
 * ```
 */
export function canonicalEnvelope(envelope: Envelope | SignedEnvelope): string {
  return writeCanonical(envelope);
}

/**
 * Reads the text of a signed envelope and refuses, never repairs, what is not canonical to the byte: other members,
 * other forms of their values, duplicate names, spaces, other escapes, another order.
 *
 * @param text - what claims to be a signed envelope.
 * @returns the envelope, or the problem as the predicate of a sentence about the text.
 * @example
 * ```ts
 * import { readEnvelope } from "@golden-press/verifier";
 *
 * console.log(readEnvelope("{}")); // { problem: 'lacks the member "edition"' }
 * ```
 */
export function readEnvelope(text: string): { envelope: SignedEnvelope } | { problem: string } {
  const reading = readCanonical(text, RULES);
  return "problem" in reading ? reading : { envelope: reading.members };
}

/** A lone surrogate has no UTF-8 bytes and U+0000 cannot be stored by PostgreSQL: neither can have been signed. */
function isRecipient(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.isWellFormed() && !value.includes("\0");
}
