/** What the publisher asks of those who bring transactions to the chain: a node, or an ARC endpoint. */

/** A transaction as it is sent, for the first time or again. */
export interface SignedTransaction {
  /** 64 hexadecimal characters, as people write it. */
  readonly txid: string;
  /** Hexadecimal. */
  readonly raw: string;
  /** Which other one was said to spend a coin of it, when it was sent before. */
  readonly competingTxid?: string | undefined;
}

/**
 * What an answer says became of a transaction. Nothing but `accepted` is certain: whoever has a transaction may refuse it, and whoever refuses it may
 * have it.
 */
export type Outcome =
  | { readonly kind: "accepted" }
  /** Nobody has said. The same bytes are to be sent again. */
  | Unknown
  /** Another transaction spends a coin of it. */
  | Conflict
  /** A coin of it is not there: its parent is not known, or it is spent. */
  | { readonly kind: "missingInputs"; readonly detail: string }
  | { readonly kind: "feeTooLow"; readonly detail: string }
  | { readonly kind: "rejected"; readonly detail: string };

export interface Conflict {
  readonly kind: "conflict";
  readonly detail: string;
  readonly competingTxid?: string | undefined;
  /** Whether the other one was seen in a block. */
  readonly isFinal: boolean;
  /** Which coins it spends, as `txid:index`; any of them when it was not said. */
  readonly outpoints?: readonly string[] | undefined;
}

/** What is known of a transaction that was looked for by its txid. */
export type Sighting =
  | Mined
  | { readonly kind: "mempool" }
  /** They say that they do not have it. */
  | { readonly kind: "unseen" }
  | { readonly kind: "conflicted"; readonly competingTxid?: string | undefined; readonly isFinal: boolean }
  /** They did not say. */
  | Unknown;

export interface Unknown {
  readonly kind: "unknown";
  readonly detail: string;
  /** Whoever was asked has answered nothing at all: it is away, or does not let the worker in. */
  readonly isUnanswered?: boolean | undefined;
}

export interface Mined {
  readonly kind: "mined";
  readonly blockHash: string;
  readonly blockHeight: number;
  /** Of the block: 160 hexadecimal characters. */
  readonly header?: string | undefined;
  /** From the transaction to the root in the header. */
  readonly merklePath?: MerklePath | undefined;
  /** Why there is no path, when what they tell of the block contradicts itself. */
  readonly problem?: string | undefined;
}

/** Where a transaction is in its block, and what it is hashed with on the way up; hashes as people write them. */
export interface MerklePath {
  readonly index: number;
  readonly hashes: readonly string[];
}

/** Any that a block can have. */
export function isHeight(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= HEIGHT_MAX;
}

const HEIGHT_MAX = 2 ** 31 - 1;

/** The newest block. */
export interface ChainTip {
  readonly height: number;
  readonly hash: string;
}

/** Who brings transactions to the chain. It answers within its own time limits, also when whoever it asks does not. */
export interface Broadcaster {
  /** For the log, without a password. */
  readonly name: string;
  /** Sends them in this order, parents first; an outcome for each, in the same order. It does not throw. */
  send(transactions: readonly SignedTransaction[], signal: AbortSignal): Promise<Outcome[]>;
  /** A sighting for each, in the same order. It does not throw. */
  look(txids: readonly string[], signal: AbortSignal): Promise<Sighting[]>;
  /**
   * The newest block; undefined when nobody has told of one.
   *
   * @throws when it cannot be asked
   */
  tip(signal: AbortSignal): Promise<ChainTip | undefined>;
  /** Closes its connections. */
  close(): void;
}
