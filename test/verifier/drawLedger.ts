import { random } from "../random.ts";
import { leaf, type Members, naiveEntries, naiveEntriesHash, naiveRound, naiveWinner, sha256Hex } from "./naiveDraw.ts";
import { createBeacon, type TestBeacon } from "./testBeacon.ts";

export type Mode = "none" | "random_int" | "sealed" | "beacon";

const OPERATOR = "operator:7c9e6679-7425-40de-944b-e07fc1f90ae7";
const GENESIS_AT = "2026-01-01T00:00:00.000Z";
const OPENED_AT = Date.parse("2026-03-01T09:00:00.000Z");
const CLOSES_AT = "2026-03-01T10:00:00.000Z";

/** An edition as the ledger tells it, written step by step without the SDK; every draw is what the description says it is. */
export class DrawLedger {
  /** The entries, parsed; a test that changes one writes it again with `leaves`. */
  readonly entries: Members[] = [];
  readonly beacon: TestBeacon = createBeacon();
  readonly secret: string = random.bytes(32).toString("hex");
  readonly mode: Mode;
  /** From the closing until the checkpoint that a draw by beacon counts from. */
  checkpointMilliseconds = 1234;
  readonly #delaySeconds = 60;
  readonly #periodSeconds: number = random.pick([1, 3, 30]);
  #moment = OPENED_AT;
  #replaced: number[] = [];

  constructor(mode: Mode) {
    this.mode = mode;
    this.#add("edition.opened", {
      cap: 1000,
      closes_at: mode === "beacon" ? CLOSES_AT : null,
      draw_mode: mode,
      opens_at: null,
      per_holder_limit: 2,
      rule_set_hash: null,
      ...(mode === "sealed" && { draw_commitment: sha256Hex(Buffer.from(this.secret, "hex")) }),
      ...(mode === "beacon" && {
        beacon_chain_hash: random.bytes(32).toString("hex"),
        beacon_genesis_at: GENESIS_AT,
        beacon_period_seconds: this.#periodSeconds,
        beacon_public_key: this.beacon.publicKey,
        draw_delay_seconds: this.#delaySeconds,
      }),
    });
  }

  /** The entries as the ledger has them. */
  get leaves(): string[] {
    return this.entries.map(leaf);
  }

  /** The place of the first entry of a type among the edition's. */
  index(type: string): number {
    return this.entries.findIndex((entry) => entry.type === type);
  }

  /** Signs so many tickets, in an order that is not that of their numbers. */
  issue(count: number): this {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    while (numbers.length > 0) {
      const [number] = numbers.splice(random.integer(Math.min(numbers.length, 5)), 1);
      this.#add("ticket.issued", {
        envelope_hash: random.bytes(32).toString("hex"),
        holder: uuid(),
        ticket_id: uuid(),
        ticket_number: number,
      });
    }
    return this;
  }

  revoke(...numbers: number[]): this {
    for (const number of numbers)
      this.#change("ticket.revoked", number, { reason: random.pick([null, "Bought by a bot"]) });
    return this;
  }

  redeem(number: number): this {
    this.#change("ticket.redeemed", number, {});
    return this;
  }

  close(): this {
    this.#moment = Math.max(this.#moment, Date.parse(CLOSES_AT));
    const issued_count = this.entries.filter(({ type }) => type === "ticket.issued").length;
    this.#add("edition.closed", { entries_hash: naiveEntriesHash(this.entries), issued_count });
    return this;
  }

  /** The first draw; `winner` where the mode leaves the choice to the press. */
  draw(winner?: number | null): this {
    this.#draw("edition.drawn", 1, null, winner);
    return this;
  }

  /** Disqualifies the last winner, and draws again. */
  replace(reason = "Did not come to collect the prize", winner?: number | null): this {
    const replaced_number = Number(this.entries.findLast(({ mode }) => mode !== undefined)?.ticket_number);
    this.#replaced = [...this.#replaced, replaced_number];
    const attempt = this.#replaced.length + 1;
    this.#draw("winner.replaced", attempt, reason, winner, { attempt, replaced_number });
    return this;
  }

  void(reason = "The secret is lost"): this {
    this.#add("edition.drawn", { inputs: this.#entriesOf(), mode: this.mode, reason, ticket_number: null });
    return this;
  }

  #draw(
    type: string,
    attempt: number,
    reason: string | null,
    winner: number | null | undefined,
    more: Members = {},
  ): void {
    const left = naiveEntries(this.entries, this.#replaced);
    const { inputs, entropy } = this.#inputs();
    const entriesHash = String(this.entries[this.index("edition.closed")]?.entries_hash);
    const drawn =
      winner ??
      (entropy === ""
        ? (left[0] ?? null)
        : naiveWinner(left, { mode: this.mode, edition: EDITION, entriesHash, entropy, attempt }));
    this.#add(type, { inputs, mode: this.mode, reason, ticket_number: drawn, ...more });
  }

  #inputs(): { inputs: Members; entropy: string } {
    const entries = this.#entriesOf();
    if (this.mode === "sealed") return { inputs: { ...entries, secret: this.secret }, entropy: this.secret };
    if (this.mode !== "beacon") return { inputs: entries, entropy: "" };
    const checkpoint_at = new Date(
      Date.parse(String(this.entries[this.index("edition.closed")]?.at)) + this.checkpointMilliseconds,
    ).toISOString();
    const round = naiveRound(GENESIS_AT, this.#periodSeconds, checkpoint_at, this.#delaySeconds);
    const signature = this.beacon.sign(round);
    return { inputs: { ...entries, checkpoint_at, round, signature, tree_size: 5000 }, entropy: signature };
  }

  #entriesOf(): Members {
    return {
      entries_count: naiveEntries(this.entries, this.#replaced).length,
      entries_hash: this.entries[this.index("edition.closed")]?.entries_hash,
    };
  }

  #change(type: string, number: number, more: Members): void {
    const issued = this.entries.find((entry) => entry.type === "ticket.issued" && entry.ticket_number === number);
    this.#add(type, { by: OPERATOR, ticket_id: issued?.ticket_id, ticket_number: number, ...more });
  }

  #add(type: string, members: Members): void {
    this.#moment += 1 + random.integer(5000);
    this.entries.push({ at: new Date(this.#moment).toISOString(), edition: EDITION, type, ...members });
  }
}

export const EDITION = "summer-raffle";

function uuid(): string {
  return random
    .bytes(16)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
