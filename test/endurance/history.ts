/* What clients of an endurance run asked for and what they were told: the only ones who can know whether what was acknowledged is there. */

/** What a request is for. Each of these has an effect that its key finds. */
export type Kind = "issue" | "redeem" | "revoke" | "create" | "close" | "draw" | "attest" | "record";

/** How it was asked for. */
export type Way = "GraphQL" | "HTTP" | "READ COMMITTED" | "REPEATABLE READ" | "SERIALIZABLE";

/**
 * What its client knows of a request: `acknowledged` with an answer; `refused` by a name, which promises that nothing is there; or `unknown`, because no
 * answer came.
 */
export type Outcome = "acknowledged" | "refused" | "unknown";

/** A request under its key, with all attempts at it. Times are those of `performance.now()`. */
export interface Operation {
  readonly kind: Kind;
  readonly way: Way;
  /** By which its effect is found: a request key, or what stands for one. */
  readonly key: string;
  /** What it is about: of a ticket the slug of the edition. */
  readonly edition?: string;
  readonly holder?: string;
  readonly quantity?: number;
  /** Before the first attempt was sent. */
  readonly beganAt: number;
  /** When the outcome was known. */
  endedAt: number;
  attempts: number;
  outcome: Outcome;
  /** The name of the refusal. */
  refusal?: string;
  /** What it was told that its effect is, in the words of {@link Facts.effects}. */
  effect?: string;
  /** Whether an attempt at it was ever left without an answer. */
  wasUnknown: boolean;
  /** How it was found out what became of it, where an attempt had no answer. */
  resolvedBy?: "sending it again" | "asking by its key";
}

/** The same request, sent again after it was answered, or another one under its key. */
export interface Replay {
  readonly kind: Kind;
  readonly key: string;
  /** Of the same request: whether the answer was the first one, to the byte. */
  readonly is: "the same answer" | "another answer" | "refused" | "granted";
  readonly asked: "the same" | "something else";
  readonly detail: string;
}

/** What a request did, as the rows tell it. */
export interface Effect {
  readonly kind: Kind;
  readonly key: string;
  /** What it is, in words that a client can make of its answer, too. */
  readonly effect: string;
}

/** How an edition stands in the end. */
export interface EditionFact {
  readonly slug: string;
  readonly cap: number;
  readonly perHolderLimit: number;
  /** When its window ends, as `performance.now()` has it; undefined: it has none. */
  readonly closesAt?: number | undefined;
  /** The numbers of its tickets. */
  readonly numbers: readonly number[];
  readonly numbersByHolder: ReadonlyMap<string, readonly number[]>;
}

/** What there is in the end, by the raw rows. */
export interface Facts {
  readonly effects: readonly Effect[];
  readonly editions: readonly EditionFact[];
}

/** Something that the press has promised and that is not so. */
export interface Finding {
  readonly what:
    | "acknowledged and lost"
    | "refused but there"
    | "never asked for but there"
    | "done twice"
    | "another effect than acknowledged"
    | "unknown for ever"
    | "another answer to the same request"
    | "granted under a used key"
    | "numbers out of order"
    | "numbers not dense"
    | "beyond the cap"
    | "beyond the limit of a holder"
    | "refused without a reason"
    | "issued after the closing"
    | "ledger"
    | "events"
    | "envelope"
    | "invariant"
    | "audit"
    | "not alive"
    | "process"
    | "not served";
  readonly detail: string;
}
