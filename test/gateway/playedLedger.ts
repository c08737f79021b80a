/* A ledger that is played: what a database would answer about it, from memory, and the hints that it would give. */
import type { Pool, QueryConfig } from "pg";
import { sourceOf } from "../../events/schemas.ts";
import { LedgerReader } from "../../gateway/ledger.ts";
import type { Listener } from "../../gateway/listener.ts";

export class PlayedLedger {
  origin = "press.test/ledger";
  readonly leaves: string[] = [];
  /** How many of them a checkpoint covers. */
  published = 0;
  /** Out of reach: every question fails. */
  isAway = false;
  /** The names of the questions that were asked. */
  readonly asked: string[] = [];
  readonly listener: Pick<Listener, "on"> = { on: (_channel, look) => void this.#looks.push(look) };
  readonly #looks: (() => void)[] = [];

  /** A reader of it, as a gateway has one. */
  makeReader(): LedgerReader {
    const query = async ({ name = "", values = [] }: QueryConfig) => ({ rows: await this.#answer(name, values) });
    return new LedgerReader({ pool: { query } as unknown as Pick<Pool, "query"> });
  }

  /** The note of its checkpoint, as far as it goes: nobody signed it. */
  get note(): string {
    return `${this.origin}\n${this.published}\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— ${this.origin} Uw2QOkn8\n`;
  }

  get source(): string {
    return sourceOf(this.origin);
  }

  /** Adds entries, each of about so many bytes; publishes a checkpoint over all; and hints at it, unless that goes astray. */
  grow(count: number, { bytes = 0, isHinted = true } = {}): void {
    for (let place = this.leaves.length, end = place + count; place < end; place += 1) {
      this.leaves.push(
        `{"at":"2026-11-21T20:00:00.000Z","edition":"played","reason":"${"é".repeat(bytes / 2)}","ticket_number":${place + 1},"type":"ticket.revoked"}`,
      );
    }
    this.published = this.leaves.length;
    if (isHinted) this.hint();
  }

  hint(): void {
    for (const look of this.#looks) look();
  }

  /** How often bundles of entries were asked for. */
  get bundlesAsked(): number {
    return this.asked.filter((name) => name === "ledger_entries").length;
  }

  async #answer(name: string, [index, width]: readonly unknown[]): Promise<object[]> {
    this.asked.push(name);
    if (this.isAway) throw new Error("Connection terminated unexpectedly");
    if (name === "ledger_checkpoint") return this.published === 0 ? [] : [{ note: this.note, publicKey: "00" }];
    const first = Number(index) * 256;
    const end = first + Number(width);
    if (end > this.published) return [{ answer: null, origin: this.origin }];
    return [{ answer: bundleOf(this.leaves.slice(first, end)), origin: this.origin }];
  }
}

/** Each after its length in two bytes (C2SP tlog-tiles). */
function bundleOf(leaves: readonly string[]): Buffer {
  return Buffer.concat(
    leaves.flatMap((leaf) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Buffer.byteLength(leaf));
      return [length, Buffer.from(leaf)];
    }),
  );
}
