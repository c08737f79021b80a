import { kindOf, type Leaf, readLeaf } from "./leaf.ts";
import { schemaUri, sourceOf } from "./schemas.ts";

/** An entry of the ledger as an event. */
export interface LedgerEvent {
  /** The entry's place, from 0. */
  readonly place: number;
  /** The type of the leaf, and of the event. */
  readonly type: string;
  /** The event, byte for byte what everybody is sent. */
  readonly json: string;
}

/** As many digits as a bigint has: events sorted by this text are sorted by their places. */
const SEQUENCE_DIGITS = 20;

/**
 * An entry of the ledger as a CloudEvents 1.0 event in structured mode: canonical JSON (RFC 8785), with the leaf itself, verbatim, as `data`. It
 * depends on nothing but origin, place and leaf, so whoever makes it again makes the same bytes.
 *
 * @param origin the name of the ledger, as its checkpoints have it
 * @param place of the entry, from 0
 * @param about the same leaf, for whoever has read it already
 * @throws {Error} when the leaf is none
 */
export function ledgerEvent(origin: string, place: number, leaf: string, about: Leaf = readLeaf(leaf)): LedgerEvent {
  const { at, type } = about;
  const subject = subjectOf(about);
  const attributes = {
    datacontenttype: "application/json",
    dataschema: schemaUri(origin, type),
    id: String(place),
    sequence: String(place).padStart(SEQUENCE_DIGITS, "0"),
    source: sourceOf(origin),
    specversion: "1.0",
    ...(subject === undefined ? {} : { subject }),
    time: at,
    type,
  };
  // The names are in order as they stand, and "data" comes before them all.
  return { place, type, json: `{"data":${leaf},${JSON.stringify(attributes).slice(1)}` };
}

/** What an event is about: an edition, a ticket of it, a key, an attestation, a credential. */
function subjectOf(leaf: Leaf): string | undefined {
  if (kindOf(leaf).noun === "ticket") return `${leaf.edition}/${leaf.ticket_number}`;
  return leaf.edition ?? leaf.key_id ?? leaf.attestation_id ?? leaf.credential_id;
}
