import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { exactly, FORMS, hex, type Rules, readCanonical } from "./canonicalJson.ts";
import type { SignedEnvelope } from "./envelope.ts";
import type { Problem } from "./refusal.ts";

/** What the ledger says of a ticket: an entry `ticket.issued`. It names no person. */
export interface TicketEntry {
  /** When the entry was made: UTC, milliseconds. */
  readonly at: string;
  readonly edition: string;
  /** The SHA-256 of the signed envelope: whoever has the envelope can compute it, and nobody else can guess it. */
  readonly envelope_hash: string;
  /** The issuer's opaque id of the holder, a UUID. */
  readonly holder: string;
  readonly ticket_id: string;
  readonly ticket_number: number;
  readonly type: "ticket.issued";
}

/** Every member of the entry with the one form that its value may have. */
export const RULES: Rules<TicketEntry> = {
  at: FORMS.time,
  edition: FORMS.slug,
  envelope_hash: hex(64),
  holder: FORMS.uuid,
  ticket_id: FORMS.uuid,
  ticket_number: FORMS.ticketNumber,
  type: exactly("ticket.issued"),
};

/**
 * Reads an entry `ticket.issued` of the ledger, which is canonical JSON as an envelope is.
 *
 * @param text - the entry.
 * @returns the entry, or the problem as the predicate of a sentence about it.
 * @example
 * ```ts
 * import { readTicketEntry } from "@golden-press/verifier";
 *
 * console.log(readTicketEntry("{}")); // { problem: 'lacks the member "at"' }
 * ```
 */
export function readTicketEntry(text: string): { entry: TicketEntry } | Problem {
  const reading = readCanonical(text, RULES);
  return "problem" in reading ? reading : { entry: reading.members };
}

/**
 * The hash by which the ledger knows an envelope: SHA-256 of its UTF-8 bytes, signature included.
 *
 * @returns 64 lower-case hexadecimal characters.
 * @example
 * ```ts
 * import { envelopeHash } from "@golden-press/verifier";
 *
 * console.log(envelopeHash("{}")); // 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
 * ```
 */
export function envelopeHash(envelope: string): string {
  return bytesToHex(sha256(utf8ToBytes(envelope)));
}

/** Why an entry is not the one of this ticket, or undefined where it is. */
export function mismatch(entry: TicketEntry, envelope: string, ticket: SignedEnvelope): string | undefined {
  const members = ["edition", "ticket_number", "ticket_id"] as const;
  const differing = members.find((name) => entry[name] !== ticket[name]);
  if (differing !== undefined) return `has another "${differing}" than the ticket`;
  return entry.envelope_hash === envelopeHash(envelope) ? undefined : "is of another envelope";
}
