import {
  exactly,
  FORMS,
  hex,
  integer,
  object,
  oneOf,
  orNull,
  parseJson,
  type Rule,
  readCanonical,
} from "./canonicalJson.ts";
import type { Problem } from "./refusal.ts";
import { RULES as ISSUED, type TicketEntry } from "./ticketEntry.ts";

/** What every entry about an edition says. */
interface About {
  /** UTC, milliseconds. */
  readonly at: string;
  readonly edition: string;
}

/** `edition.opened`: the terms, which do not change from here on. */
export type OpenedEntry = Manifest & (PlainTerms | SealedTerms | BeaconTerms);

interface Manifest extends About {
  readonly type: "edition.opened";
  readonly cap: number;
  readonly closes_at: string | null;
  readonly opens_at: string | null;
  readonly per_holder_limit: number;
  readonly rule_set_hash: string | null;
}

/** Nothing is promised of how the winner is chosen. */
interface PlainTerms {
  readonly draw_mode: "none" | "random_int";
}

/** How a sealed edition is drawn. */
interface SealedTerms {
  readonly draw_mode: "sealed";
  /** The SHA-256 of the 32 bytes of the secret. */
  readonly draw_commitment: string;
}

/** How an edition is drawn by a beacon. */
export interface BeaconTerms {
  readonly draw_mode: "beacon";
  readonly closes_at: string;
  readonly beacon_chain_hash: string;
  readonly beacon_genesis_at: string;
  readonly beacon_period_seconds: number;
  readonly beacon_public_key: string;
  readonly draw_delay_seconds: number;
}

/** `edition.closed`: from here on nothing changes what is drawn from. */
export interface ClosedEntry extends About {
  readonly type: "edition.closed";
  readonly entries_hash: string;
  readonly issued_count: number;
}

/** `ticket.redeemed` and `ticket.revoked`. */
export interface TicketChangeEntry extends About {
  readonly type: "ticket.redeemed" | "ticket.revoked";
  readonly by: string;
  readonly ticket_id: string;
  readonly ticket_number: number;
}

/** `edition.drawn` and `winner.replaced`. */
export type DrawEntry = Draw & (First | Replacement) & (PlainDraw | SealedDraw | BeaconDraw);

interface Draw extends About {
  /** The winner; null: nobody won. */
  readonly ticket_number: number | null;
  /**
   * Why a winner was replaced; of the first draw null, or why it is void: then it has neither a winner nor inputs beyond
   * the entries.
   */
  readonly reason: string | null;
}

interface First {
  readonly type: "edition.drawn";
}

interface Replacement {
  readonly type: "winner.replaced";
  readonly attempt: number;
  readonly replaced_number: number;
}

/** What every draw says of what it was made of. */
interface Entries {
  readonly entries_count: number;
  readonly entries_hash: string;
}

interface PlainDraw {
  readonly mode: "random_int";
  readonly inputs: Entries;
}

interface SealedDraw {
  readonly mode: "sealed";
  readonly inputs: Entries & { readonly secret: string };
}

interface BeaconDraw {
  readonly mode: "beacon";
  readonly inputs: Entries & {
    readonly checkpoint_at: string;
    readonly round: number;
    readonly signature: string;
    readonly tree_size: number;
  };
}

/** An entry of the ledger that is about an edition. */
export type EditionEntry = OpenedEntry | TicketEntry | TicketChangeEntry | ClosedEntry | DrawEntry;

/** The largest integer of PostgreSQL, which caps and counts are. */
const INTEGER_MAX = 2_147_483_647;

const ABOUT = { at: FORMS.time, edition: FORMS.slug };

const OPENED = {
  ...ABOUT,
  type: exactly("edition.opened"),
  draw_mode: oneOf("none", "random_int", "sealed", "beacon"),
  cap: integer(1, INTEGER_MAX),
  closes_at: orNull(FORMS.time),
  opens_at: orNull(FORMS.time),
  per_holder_limit: integer(1, INTEGER_MAX),
  rule_set_hash: orNull(hex(64)),
};

/** What the manifest says beyond that, by mode. */
const TERMS = new Map<unknown, Readonly<Record<string, Rule>>>([
  ["sealed", { draw_commitment: hex(64) }],
  [
    "beacon",
    {
      closes_at: FORMS.time,
      beacon_chain_hash: hex(64),
      beacon_genesis_at: FORMS.time,
      beacon_period_seconds: integer(1, INTEGER_MAX),
      beacon_public_key: hex(192),
      draw_delay_seconds: integer(1, 604_800),
    },
  ],
]);

const CLOSED = {
  ...ABOUT,
  type: exactly("edition.closed"),
  entries_hash: hex(64),
  issued_count: integer(0, INTEGER_MAX),
};

const REASON: Rule = [isReason, "a reason of 1 to 500 characters"];

const REDEEMED = {
  ...ABOUT,
  type: exactly("ticket.redeemed"),
  by: [isLabel, "holder or operator with a UUID, or a login"] as Rule,
  ticket_id: FORMS.uuid,
  ticket_number: FORMS.ticketNumber,
};
const REVOKED = { ...REDEEMED, type: exactly("ticket.revoked"), reason: orNull(REASON) };

const ENTRIES = { entries_count: integer(0, INTEGER_MAX), entries_hash: hex(64) };

/** What a draw was made of, by mode. */
const INPUTS = new Map<unknown, Readonly<Record<string, Rule>>>([
  ["sealed", { ...ENTRIES, secret: hex(64) }],
  ["beacon", { ...ENTRIES, checkpoint_at: FORMS.time, round: integer(1), signature: hex(96), tree_size: integer(1) }],
]);

/**
 * Reads an entry of the ledger that is about an edition, which is canonical JSON as a ticket is: exactly the members of its
 * type, each in its one form.
 *
 * @returns the entry, or the problem as the predicate of a sentence about it.
 */
export function readEditionEntry(text: string): { entry: EditionEntry } | Problem {
  const rules = rulesOf((parseJson(text) ?? {}) as Readonly<Record<string, unknown>>);
  if (rules === undefined) return { problem: "is of no type that an edition has entries of" };
  const reading = readCanonical<EditionEntry>(text, rules);
  return "problem" in reading ? reading : { entry: reading.members };
}

/** The rules of what these members claim to be. What they claim is not checked here, but by the rules. */
function rulesOf({ type, draw_mode, mode, reason }: Readonly<Record<string, unknown>>) {
  switch (type) {
    case "edition.opened":
      return { ...OPENED, ...TERMS.get(draw_mode) };
    case "ticket.issued":
      return ISSUED;
    case "ticket.redeemed":
      return REDEEMED;
    case "ticket.revoked":
      return REVOKED;
    case "edition.closed":
      return CLOSED;
    case "edition.drawn":
      return reason === null ? { ...drawn(mode), type: exactly(type) } : { ...VOID, type: exactly(type) };
    case "winner.replaced":
      return {
        ...drawn(mode),
        type: exactly(type),
        attempt: integer(2, INTEGER_MAX),
        reason: REASON,
        replaced_number: FORMS.ticketNumber,
      };
    default:
      return undefined;
  }
}

const NULL: Rule = [(value) => value === null, "null"];

function drawn(mode: unknown) {
  return {
    ...ABOUT,
    mode: oneOf("random_int", "sealed", "beacon"),
    inputs: object(INPUTS.get(mode) ?? ENTRIES),
    reason: NULL,
    ticket_number: orNull(FORMS.ticketNumber),
  };
}

/** A draw that is void says why, and has no winner. */
const VOID = { ...drawn(undefined), reason: REASON, ticket_number: NULL };

function isReason(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed() && value.length >= 1 && [...value].length <= 500;
}

/** As the press names who did something: `press_private.ledger_label` of its database. */
function isLabel(value: unknown): boolean {
  if (typeof value !== "string" || !value.isWellFormed()) return false;
  return /^(holder|operator):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^login:[\s\S]{1,63}$/.test(value);
}
