import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  type ClosedEntry,
  type DrawEntry,
  type EditionEntry,
  type OpenedEntry,
  readEditionEntry,
  type TicketChangeEntry,
} from "./editionEntries.ts";
import { isTextUpTo, type Refusal, refuse } from "./refusal.ts";
import type { TicketEntry } from "./ticketEntry.ts";

/** An entry of a ledger is no longer than what a bundle of entries has room for. */
const ENTRY_LENGTH_MAX = 65_535;

/** What the entries of an edition say together, as far as draws depend on it. */
export interface EditionHistory {
  readonly opened: OpenedEntry;
  readonly closed: ClosedEntry;
  /** The numbers of the tickets that were not revoked when the edition closed, in their order. */
  readonly entries: readonly number[];
  /** In their order: the draw, then the replacements of its winner. */
  readonly draws: readonly DrawEntry[];
}

/**
 * Replays the entries of an edition up to what they say of its draws.
 *
 * @returns the history; undefined where nothing was drawn yet; or why these are not all entries of one edition in order.
 */
export function readEditionHistory(leaves: readonly string[]): EditionHistory | undefined | Refusal {
  if (!Array.isArray(leaves))
    return refuse("INVALID_INPUT", "The entries are a list of texts; pass those of one edition.");
  const reader = new EditionReader();
  for (const [, leaf] of leaves.entries()) {
    const refusal = reader.read(leaf);
    if (refusal !== undefined) return refusal;
  }
  return reader.history();
}

/** Reads the entries of an edition one after the other, and keeps of each only what draws depend on. */
export class EditionReader {
  readonly #replay = new Replay();
  #count = 0;

  /** Takes the next entry in; answers why it is not that, after which nothing more can be read. */
  read(leaf: string): Refusal | undefined {
    const index = this.#count++;
    if (!isTextUpTo(ENTRY_LENGTH_MAX, leaf)) {
      const form = `well-formed text of at most ${ENTRY_LENGTH_MAX} characters`;
      return refuse("INVALID_INPUT", `Entry ${index} is not ${form}; pass it as the ledger has it.`);
    }
    const reading = readEditionEntry(leaf);
    if ("problem" in reading) {
      return refuse("NOT_CANONICAL", `Entry ${index} ${reading.problem}; pass it byte for byte as the ledger has it.`);
    }
    const problem = this.#replay.add(reading.entry);
    return problem === undefined ? undefined : incomplete(`Entry ${index} (${reading.entry.type}) ${problem}`);
  }

  /** What all of them say; undefined where nothing was drawn yet. */
  history(): EditionHistory | undefined | Refusal {
    return this.#count === 0 ? incomplete("There are no entries") : this.#replay.history();
  }
}

function incomplete(problem: string): Refusal {
  return refuse("PROOF_INVALID", `${problem}; pass every entry of the edition, each once, in the order of the ledger.`);
}

class Replay {
  #opened: OpenedEntry | undefined;
  #closed: ClosedEntry | undefined;
  readonly #draws: DrawEntry[] = [];
  /** The id of each ticket and the hash of its envelope, by its number. */
  readonly #issued = new Map<number, Pick<TicketEntry, "ticket_id" | "envelope_hash">>();
  readonly #revoked = new Set<number>();

  history(): EditionHistory | undefined {
    if (this.#opened === undefined || this.#closed === undefined || this.#draws.length === 0) return undefined;
    const entries = this.#numbers().filter((number) => !this.#revoked.has(number));
    return { opened: this.#opened, closed: this.#closed, entries, draws: this.#draws };
  }

  /** Takes the next entry in; answers what is wrong with it after the earlier ones, as the predicate of a sentence. */
  add(entry: EditionEntry): string | undefined {
    if (entry.type === "edition.opened") return this.#open(entry);
    if (this.#opened === undefined) return "comes before its edition.opened";
    if (entry.edition !== this.#opened.edition) return `is about ${entry.edition}, not about ${this.#opened.edition}`;
    switch (entry.type) {
      case "ticket.issued":
        if (this.#closed !== undefined) return "comes after its edition.closed";
        if (this.#issued.has(entry.ticket_number)) return `issues ticket ${entry.ticket_number} again`;
        this.#issued.set(entry.ticket_number, { ticket_id: entry.ticket_id, envelope_hash: entry.envelope_hash });
        return undefined;
      case "ticket.redeemed":
      case "ticket.revoked":
        return this.#change(entry);
      case "edition.closed":
        return this.#close(entry);
      default:
        return this.#draw(entry);
    }
  }

  #open(entry: OpenedEntry): string | undefined {
    if (this.#opened !== undefined) return "opens an edition again";
    this.#opened = entry;
    return undefined;
  }

  #change({ type, ticket_id, ticket_number }: TicketChangeEntry): string | undefined {
    const issued = this.#issued.get(ticket_number);
    if (issued === undefined) return `comes before the ticket.issued of ${ticket_number}`;
    // The entries_hash does not say who was revoked: without this, a revocation could be passed off as another ticket's.
    if (ticket_id !== issued.ticket_id) return `is about another ticket than the ticket.issued of ${ticket_number}`;
    if (type === "ticket.revoked" && this.#closed === undefined) this.#revoked.add(ticket_number);
    return undefined;
  }

  #close(entry: ClosedEntry): string | undefined {
    if (this.#closed !== undefined) return "closes the edition again";
    const count = this.#issued.size;
    if (entry.issued_count !== count) return `counts ${entry.issued_count} tickets, and ${count} come before it`;
    if (entry.entries_hash !== this.#entriesHash()) return "has another entries_hash than the tickets before it give";
    this.#closed = entry;
    return undefined;
  }

  #draw(entry: DrawEntry): string | undefined {
    if (this.#closed === undefined) return "comes before its edition.closed";
    const before = this.#draws.at(-1);
    if (entry.type === "edition.drawn") {
      if (before !== undefined) return "draws the edition again";
    } else {
      if (before === undefined) return "comes before its edition.drawn";
      if (entry.attempt !== this.#draws.length + 1) return `is attempt ${entry.attempt} after ${this.#draws.length}`;
      if (entry.replaced_number !== before.ticket_number) {
        return `replaces ticket ${entry.replaced_number}, and the winner was ${before.ticket_number ?? "nobody"}`;
      }
    }
    this.#draws.push(entry);
    return undefined;
  }

  /** SHA-256 of a line for each ticket, by number. */
  #entriesHash(): string {
    const hash = sha256.create();
    for (const number of this.#numbers())
      hash.update(utf8ToBytes(`${number} ${this.#issued.get(number)?.envelope_hash}\n`));
    return bytesToHex(hash.digest());
  }

  #numbers(): number[] {
    return [...this.#issued.keys()].sort((a, b) => a - b);
  }
}
