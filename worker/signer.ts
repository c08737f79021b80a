import { setImmediate as yieldToEvents } from "node:timers/promises";
import { inSpan } from "../tracing/spans.ts";
import type { Queryable } from "./guardedPool.ts";
import { inBackground } from "./inBackground.ts";
import type { SigningKey } from "./keys.ts";
import type { Log } from "./log.ts";
import { oneAtATime } from "./oneAtATime.ts";
import { payloadProblem } from "./payload.ts";

/** After which step of a batch the observer is called: the points at which a crash test kills the worker. */
export type Step = "claimed" | "signed" | "stored";

/** What a signer needs. The observer is awaited, so that a test can hold the worker exactly between two steps. */
export interface SignerOptions {
  readonly db: Queryable;
  readonly key: SigningKey;
  readonly log: Log;
  readonly observe?: ((step: Step) => unknown) | undefined;
  /** How many tickets are claimed at once. */
  readonly batchSize?: number | undefined;
  /** For how many seconds no other worker takes what this one has claimed: how long the tickets of a killed worker wait. */
  readonly leaseSeconds?: number | undefined;
}

/** What became of the tickets that a signer had in hand, since it was made. */
export interface SignerCounts {
  /** Envelopes that this worker stored. */
  readonly attached: number;
  /** The same signature was there already: another worker was quicker, or this one was killed or paused. */
  readonly repeated: number;
  /** The database has another signature, or gave the ticket to another key: each is an error in the log. */
  readonly refused: number;
  /** What the database handed out and is no ticket of this key: not signed, each an error in the log. */
  readonly unfit: number;
}

interface Claim {
  readonly ticket_id: string;
  readonly payload: string;
}

interface SignedTicket {
  readonly ticketId: string;
  readonly signature: string;
}

/** A batch of the signing pipeline is quick, but a signature takes a third of a millisecond: others get their turn in between. */
const SIGNATURES_BETWEEN_TURNS = 16;

/**
 * Signs pending tickets in batches: claim, sign, check, store. Nothing is lost when the process dies at any point: a claim ends with its
 * lease, the bytes to sign are fixed by the database, and Ed25519 gives the same signature for them whoever signs again.
 */
export class Signer {
  readonly #db: Queryable;
  readonly #key: SigningKey;
  readonly #log: Log;
  readonly #observe: (step: Step) => unknown;
  readonly #batchSize: number;
  readonly #leaseSeconds: number;
  readonly #counts = { attached: 0, repeated: 0, refused: 0, unfit: 0 };
  #isStopping = false;

  constructor(options: SignerOptions) {
    this.#db = options.db;
    this.#key = options.key;
    this.#log = options.log;
    this.#observe = options.observe ?? (() => undefined);
    this.#batchSize = options.batchSize ?? 250;
    this.#leaseSeconds = options.leaseSeconds ?? 5;
  }

  get counts(): SignerCounts {
    return { ...this.#counts };
  }

  /**
   * Signs until nothing is pending. There is one such loop at a time: a call while it runs makes it look once more and shares its promise,
   * so everything that was committed before the call is seen.
   */
  readonly drain = oneAtATime(() => this.#signPending());

  /** Takes no further batch, and returns when those in hand are stored. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.drain().catch(() => undefined); // Whoever asked for the drain hears of its failure.
  }

  /** While a batch is signed the one before is stored and the one after is claimed: at most three are in hand. */
  async #signPending(): Promise<void> {
    let ahead: Promise<Claim[]> | undefined;
    let storing: Promise<void> = Promise.resolve();
    try {
      // Of two workers that reach for the same tickets one gets nothing, although more may be pending: it asks once more.
      let attemptsLeft = 1;
      while (attemptsLeft > 0 && (ahead !== undefined || !this.#isStopping)) {
        const claims = await (ahead ?? this.#claim());
        ahead = undefined;
        attemptsLeft = claims.length > 0 ? 2 : attemptsLeft - 1;
        if (claims.length === 0) continue;
        await this.#observe("claimed");
        // A full batch is a sign of more. Behind the others a claim would only bring what was issued a moment ago.
        if (claims.length === this.#batchSize && !this.#isStopping) ahead = inBackground(this.#claim());
        const attributes = { "golden_press.tickets": claims.length };
        const signed = await inSpan("sign a batch", { isRoot: true, attributes }, () => this.#sign(claims));
        await this.#observe("signed");
        await storing;
        storing = inBackground(this.#store(signed));
      }
      await storing;
    } finally {
      await Promise.allSettled([ahead, storing]); // Nothing goes on behind the back of whoever awaits the drain.
    }
  }

  async #claim(): Promise<Claim[]> {
    const { rows } = await this.#db.query<Claim>({
      name: "tickets_to_sign",
      text: "select ticket_id, payload from press_worker.tickets_to_sign($1, $2, $3)",
      values: [this.#key.keyId, this.#batchSize, this.#leaseSeconds],
    });
    return rows;
  }

  async #sign(claims: readonly Claim[]): Promise<SignedTicket[]> {
    const signing: Promise<SignedTicket | undefined>[] = [];
    for (const [index, claim] of claims.entries()) {
      signing.push(this.#signOne(claim));
      if (index % SIGNATURES_BETWEEN_TURNS === SIGNATURES_BETWEEN_TURNS - 1) await yieldToEvents();
    }
    const signed = await Promise.all(signing);
    return signed.filter((ticket) => ticket !== undefined);
  }

  /** Signs at once; the check goes on while the next ticket is signed. */
  async #signOne({ ticket_id: ticketId, payload }: Claim): Promise<SignedTicket | undefined> {
    const message = Buffer.from(payload, "utf8");
    const problem = payloadProblem(payload, this.#key.keyId);
    const signature = problem === undefined ? this.#key.sign(message) : undefined;
    if (signature !== undefined && (await this.#key.checkMeanwhile(message, signature))) {
      return { ticketId, signature: Buffer.from(signature).toString("hex") };
    }
    this.#counts.unfit += 1;
    const reason = problem === undefined ? "its signature does not verify" : `the payload ${problem}`;
    this.#log.error({ ticketId, keyId: this.#key.keyId }, `Not signed: ${reason}.`);
    return undefined;
  }

  async #store(signed: readonly SignedTicket[]): Promise<void> {
    const attributes = { "golden_press.tickets": signed.length };
    if (signed.length > 0) await inSpan("store a batch", { isRoot: true, attributes }, () => this.#attach(signed));
    await this.#observe("stored");
  }

  async #attach(signed: readonly SignedTicket[]): Promise<void> {
    const { rows } = await this.#db.query<{ ticket_id: string; outcome: "attached" | "repeated" | "refused" }>({
      name: "attach_signatures",
      text: "select ticket_id, outcome from press_worker.attach_signatures($1, $2, $3)",
      values: [this.#key.keyId, signed.map((ticket) => ticket.ticketId), signed.map((ticket) => ticket.signature)],
    });
    for (const { ticket_id: ticketId, outcome } of rows) {
      this.#counts[outcome] += 1;
      if (outcome !== "refused") continue;
      const details = { ticketId, keyId: this.#key.keyId };
      this.#log.error(details, "The database refused a signature: the ticket is signed already, or another key's.");
    }
  }
}
