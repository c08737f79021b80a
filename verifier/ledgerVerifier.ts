import { bytesToHex } from "@noble/hashes/utils.js";
import { decodeHash } from "./base64.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";
import { equalHashes, leafHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
import { type Problem, type Refusal, refuse } from "./refusal.ts";
import { type NoteKey, openNote, parseVkey } from "./signedNote.ts";
import { readProof } from "./timechainProof.ts";

/** `published`: the key of the ledger signed this checkpoint. */
export type CheckpointVerdict =
  | { readonly isValid: true; readonly verdict: "published"; readonly checkpoint: Checkpoint }
  | Refusal;

/** `included`: the entry is at this place (from 0) of the ledger, under a checkpoint that its key signed. */
export type EntryVerdict =
  | {
      readonly isValid: true;
      readonly verdict: "included";
      readonly entry: string;
      readonly place: number;
      readonly checkpoint: Checkpoint;
    }
  | Refusal;

/** `consistent`: the newer checkpoint holds everything that the older one holds, unchanged and in the same places. */
export type ConsistencyVerdict =
  | { readonly isValid: true; readonly verdict: "consistent"; readonly older: Checkpoint; readonly newer: Checkpoint }
  | Refusal;

/**
 * Verifies what a ledger publishes, offline, with its vkey. The methods never throw; each refusal is PROOF_INVALID with
 * a sentence that says why.
 *
 * @example
 * ```ts
 * import { LedgerVerifier } from "@golden-press/verifier";
 *
 * const ledger = new LedgerVerifier("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
 * const answer = ledger.verifyCheckpoint("example.com/foo\n20852163\n");
 * if (!answer.isValid) console.log(answer.reason); // PROOF_INVALID
 * ```
 */
export class LedgerVerifier {
  readonly #key: NoteKey;

  /**
   * @param vkey - the key of the ledger, as the press publishes it at /ledger/vkey.
   * @throws RangeError when it is no usable vkey: see `parseVkey`.
   */
  constructor(vkey: string) {
    this.#key = parseVkey(vkey);
  }

  /** Names the ledger: the origin of its checkpoints and the name of its key. */
  get origin(): string {
    return this.#key.name;
  }

  /** Says whether a signed note is a checkpoint of this ledger. */
  verifyCheckpoint(note: string): CheckpointVerdict {
    const opening = this.#open(note);
    if ("problem" in opening) return invalid(`The checkpoint ${opening.problem}`);
    return { isValid: true, verdict: "published", checkpoint: opening.checkpoint };
  }

  /**
   * Says whether a proof (c2sp.org/tlog-proof@v1) shows that the entry in its `extra` line is in the ledger.
   *
   * @param proof - the document, byte for byte as the press gave it.
   */
  verifyEntry(proof: string): EntryVerdict {
    const reading = readProof(proof);
    if ("problem" in reading) return invalid(`The proof ${reading.problem}`);
    const { extra, index: place, path, checkpoint: note } = reading.proof;
    const entry = extra && decodeUtf8(extra);
    if (extra === undefined || entry === undefined) return invalid("The proof has no entry in an extra line");
    const opening = this.#open(note);
    if ("problem" in opening) return invalid(`The checkpoint of the proof ${opening.problem}`);
    const { checkpoint } = opening;
    if (!verifyInclusion(place, checkpoint.size, leafHash(extra), path, checkpoint.root)) {
      return invalid(`The proof does not lead from its entry at place ${place} to the root of its checkpoint`);
    }
    return { isValid: true, verdict: "included", entry, place, checkpoint };
  }

  /**
   * Says whether two checkpoints show the same history. A press that cannot prove it has rewritten its ledger, or shows
   * different readers different ledgers, and its two signatures are the evidence.
   *
   * @param older - a signed note that you kept, or got from another reader.
   * @param newer - a signed note of the same or a larger size.
   * @param hashes - the consistency proof, each hash in Base64; empty for equal sizes.
   */
  verifyConsistency(older: string, newer: string, hashes: readonly string[]): ConsistencyVerdict {
    const [first, second] = [this.#open(older), this.#open(newer)];
    if ("problem" in first) return invalid(`The older checkpoint ${first.problem}`);
    if ("problem" in second) return invalid(`The newer checkpoint ${second.problem}`);
    const path = Array.isArray(hashes) ? hashes.map(decodeHash) : [undefined];
    if (!path.every((hash) => hash !== undefined)) return invalid("The proof is no list of hashes in Base64");
    const [a, b] = [first.checkpoint, second.checkpoint];
    if (a.size === b.size && !equalHashes(a.root, b.root)) {
      const fork = `The ledger signed two histories of ${a.size} entries`;
      return refuse("PROOF_INVALID", `${fork}; keep both checkpoints, they are the evidence.`);
    }
    if (!verifyConsistency(a.size, b.size, a.root, b.root, path)) {
      const claim = `that the ledger of ${b.size} entries begins with the one of ${a.size}`;
      return refuse("PROOF_INVALID", `This does not prove ${claim}; ask the press for the proof between these sizes.`);
    }
    return { isValid: true, verdict: "consistent", older: a, newer: b };
  }

  #open(note: string): { checkpoint: Checkpoint } | Problem {
    const opening = openNote(note, this.#key);
    const reading = "problem" in opening ? opening : readCheckpoint(opening.text);
    if ("problem" in reading || reading.checkpoint.origin === this.origin) return reading;
    return { problem: `is of the ledger ${reading.checkpoint.origin}, not of ${this.origin}` };
  }
}

function invalid(problem: string): Refusal {
  return refuse("PROOF_INVALID", `${problem}; pass it byte for byte as the press gave it.`);
}

/** The text of UTF-8 bytes, or undefined: decodeURIComponent is the only strict decoder that JavaScript itself has. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decodeURIComponent(bytesToHex(bytes).replace(/../g, "%$&"));
  } catch {
    return undefined;
  }
}
