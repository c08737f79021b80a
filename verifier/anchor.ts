import { hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import {
  type BlockHeader,
  type MerklePath,
  PATH_LENGTH_MAX,
  pathProblem,
  publishingScript,
  readHeader,
  readTransaction,
} from "./blockchain.ts";
import { exactly, hex, integer, object, orNull, type Rule, type Rules, readCanonical } from "./canonicalJson.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { LedgerVerifier } from "./ledgerVerifier.ts";
import { equalHashes } from "./merkle.ts";
import { isTextUpTo, type Problem, type Refusal, refuse } from "./refusal.ts";
import { readProof } from "./timechainProof.ts";

/** The longest document that is read, in UTF-16 code units: a transaction of ten million bytes, and the rest. */
const ANCHOR_LENGTH_MAX = 21_000_000;
const TAG = "golden-press";

/** What says that an entry is in the ledger under a checkpoint that is on a public chain. Nothing of it is verified. */
export interface Anchor {
  readonly block: {
    readonly hash: string;
    readonly header: string | null;
    readonly height: number;
    readonly merkle_path: MerklePath | null;
  } | null;
  /** A signed note, as it was published. */
  readonly checkpoint: string;
  /** That the entry is under this checkpoint: c2sp.org/tlog-proof@v1. */
  readonly proof: string;
  /** The bytes of the transaction that published it, in hexadecimal. */
  readonly transaction: string;
  readonly txid: string;
  readonly type: "golden-press/anchor/v1";
}

/** The form of a block's tree: so few hashes that looking at it costs little. */
const HASHES: Rule = [
  (value) => Array.isArray(value) && value.length <= PATH_LENGTH_MAX && value.every(hex(64)[0]),
  `a list of at most ${PATH_LENGTH_MAX} hashes of 64 lower-case hexadecimal characters`,
];
const BYTES: Rule = [
  (value) => typeof value === "string" && value.length % 2 === 0 && /^[0-9a-f]*$/.test(value),
  "bytes in lower-case hexadecimal",
];
const TEXT: Rule = [(value) => typeof value === "string" && value !== "" && value.isWellFormed(), "well-formed text"];

/** Every member of the document with the one form that its value may have. */
const RULES: Rules<Anchor> = {
  block: orNull(
    object<NonNullable<Anchor["block"]>>({
      hash: hex(64),
      header: orNull(hex(160)),
      height: integer(0),
      merkle_path: orNull(object<MerklePath>({ hashes: HASHES, index: integer(0) })),
    }),
  ),
  checkpoint: TEXT,
  proof: TEXT,
  transaction: BYTES,
  txid: hex(64),
  type: exactly("golden-press/anchor/v1"),
};

/** What every anchor that holds has: all of it is verified, but what is under `claimed`. */
interface Verified {
  readonly isValid: true;
  /** The entry of the ledger, and its place, from 0. */
  readonly entry: string;
  readonly place: number;
  /** The proof of the entry, for `Verifier.verifyRecorded` or `LedgerVerifier.verifyEntry`. */
  readonly proof: string;
  readonly checkpoint: Checkpoint;
  /** The transaction that has the checkpoint, and in which of its outputs, from 0. */
  readonly txid: string;
  readonly outputIndex: number;
}

/**
 * What `verifyAnchor` answers.
 *
 * `carried`: the entry is under the checkpoint, the key of the ledger signed that, and this transaction carries it. That the transaction is on the chain
 * is the press's word: `claimed` is the block that it names, or null. `mined`: and the transaction is in this block, whose header has the proof of work
 * that it names; only the height is the press's word. Whether the block is one of the chain, only the chain says: look there for `block.hash`, or at
 * `block.work`.
 */
export type AnchorVerdict =
  | (Verified & {
      readonly verdict: "carried";
      readonly claimed: { readonly blockHash: string; readonly blockHeight: number } | null;
    })
  | (Verified & {
      readonly verdict: "mined";
      readonly block: Omit<BlockHeader, "root">;
      readonly claimed: { readonly blockHeight: number };
    })
  | Refusal;

/**
 * Reads the document of an anchor (`golden-press/anchor/v1`) and refuses, never repairs, what is not canonical JSON (RFC 8785) of its form to the byte.
 * Nothing of it is verified; never throws.
 *
 * @returns the members, or the problem as the predicate of a sentence about the text.
 * @example
 * ```ts
 * import { readAnchor } from "@golden-press/verifier";
 *
 * console.log(readAnchor("{}")); // { problem: 'lacks the member "block"' }
 * ```
 */
export function readAnchor(text: string): { anchor: Anchor } | Problem {
  const reading = readCanonical(text, RULES);
  return "problem" in reading ? reading : { anchor: reading.members };
}

/**
 * Says whether a document shows that an entry of the ledger is under a checkpoint that was published on a public chain: so that not even the press can
 * write that part of its history anew. Never throws, whatever the document is.
 *
 * @param document - as the press gave it (`press.anchored_proof`), byte for byte.
 * @param options - `ledger`: the vkey of the ledger, as the press publishes it at /ledger/vkey.
 * @returns what was verified and what is only claimed, or the first reason in the order of `Reason` with a sentence that says what to do.
 * @throws RangeError when the vkey is unusable: see `parseVkey`.
 * @example
 * ```ts
 * import { verifyAnchor } from "@golden-press/verifier";
 *
 * const ledger = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
 * const answer = verifyAnchor("{}", { ledger });
 * console.log(answer.isValid ? answer.txid : answer.reason); // NOT_CANONICAL
 * ```
 */
export function verifyAnchor(document: string, { ledger }: { readonly ledger: string }): AnchorVerdict {
  const verifier = new LedgerVerifier(ledger);
  if (!isTextUpTo(ANCHOR_LENGTH_MAX, document)) {
    const form = `well-formed text of at most ${ANCHOR_LENGTH_MAX} characters`;
    return refuse("INVALID_INPUT", `An anchor is ${form}; pass it as the press gave it.`);
  }
  const reading = readAnchor(document);
  if ("problem" in reading) {
    return refuse("NOT_CANONICAL", `The anchor ${reading.problem}; pass it byte for byte as the press gave it.`);
  }
  const { anchor } = reading;
  const included = verifier.verifyEntry(anchor.proof);
  if (!included.isValid) return included;
  const proven = readProof(anchor.proof);
  if (!("proof" in proven) || proven.proof.checkpoint !== anchor.checkpoint) {
    return invalid("The proof is under another checkpoint than the one that was published");
  }
  const transaction = readTransaction(hexToBytes(anchor.transaction));
  if ("problem" in transaction) return invalid(`The transaction ${transaction.problem}`);
  const { txid } = transaction;
  if (txid !== anchor.txid) return invalid(`The transaction is ${txid}, not the one that the anchor names`);
  const script = publishingScript(utf8ToBytes(TAG), utf8ToBytes(anchor.checkpoint));
  const outputIndex = transaction.scripts.findIndex((output) => equalHashes(output, script));
  if (outputIndex === -1) return invalid("No output of the transaction is this checkpoint");

  const { entry, place, checkpoint } = included;
  const verified: Verified = { isValid: true, entry, place, proof: anchor.proof, checkpoint, txid, outputIndex };
  return verifyBlock(anchor, verified);
}

function verifyBlock({ block }: Anchor, verified: Verified): AnchorVerdict {
  if (block === null) return { ...verified, verdict: "carried", claimed: null };
  const { hash: blockHash, height: blockHeight, header: headerText, merkle_path: path } = block;
  const carried: AnchorVerdict = { ...verified, verdict: "carried", claimed: { blockHash, blockHeight } };
  if (headerText === null) return carried;
  const reading = readHeader(hexToBytes(headerText));
  if ("problem" in reading) return invalid(`The header of the block ${reading.problem}`);
  const { root, ...header } = reading.header;
  if (header.hash !== blockHash)
    return invalid(`The header is that of the block ${header.hash}, not of the one that is named`);
  if (path === null) return carried; // Nothing shows that the transaction is in that block.
  const problem = pathProblem(verified.txid, path, root);
  if (problem !== undefined) return invalid(`The path in the block ${problem.problem}`);
  return { ...verified, verdict: "mined", block: header, claimed: { blockHeight } };
}

function invalid(problem: string): Refusal {
  return refuse("PROOF_INVALID", `${problem}; ask the press for the anchor again.`);
}
