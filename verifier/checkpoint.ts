import { decodeHash, encodeBase64 } from "./base64.ts";
import type { Problem } from "./refusal.ts";
import { isNoteText } from "./signedNote.ts";

/** The state of a ledger at a moment. */
export interface Checkpoint {
  /** Names the ledger, for example `press.example/ledger`. */
  readonly origin: string;
  /** How many entries it had. */
  readonly size: number;
  /** The root of its Merkle tree, 32 bytes. */
  readonly root: Uint8Array;
}

/**
 * Writes the text of a checkpoint (c2sp.org/tlog-checkpoint), which is signed as a note: see `noteSignatureLine`.
 *
 * @param origin - names the ledger; equal to the name of the key that signs.
 * @param size - how many entries the ledger has.
 * @param root - the root of its Merkle tree, 32 bytes.
 * @returns three lines, each with its newline.
 * @throws RangeError when these are no checkpoint: a ledger must never sign something else.
 * @example
 * ```ts
 * import { checkpointBody, CompactTree } from "@golden-press/verifier";
 *
 * const body = checkpointBody("press.example/ledger", 0, new CompactTree().root());
 * console.log(body.split("\n")[2]); // 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
 * ```
 */
export function checkpointBody(origin: string, size: number, root: Uint8Array): string {
  const body = `${origin}\n${size}\n${encodeBase64(root)}\n`;
  const reading = readCheckpoint(body);
  if ("problem" in reading || reading.checkpoint.origin !== origin) {
    throw new RangeError("A checkpoint has an origin of one line, a size from 0 to 2^53 - 1 and a root of 32 bytes.");
  }
  return body;
}

/**
 * Reads the text of a checkpoint (c2sp.org/tlog-checkpoint), as `openNote` gives it. Extension lines are allowed and
 * ignored. Never throws.
 *
 * @param body - the signed text of the note.
 * @returns the checkpoint, or the problem as the predicate of a sentence about it.
 * @example
 * ```ts
 * import { readCheckpoint } from "@golden-press/verifier";
 *
 * const body = "go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n";
 * const reading = readCheckpoint(body);
 * if ("checkpoint" in reading) console.log(reading.checkpoint.size); // 35225469
 * ```
 */
export function readCheckpoint(body: string): { checkpoint: Checkpoint } | Problem {
  if (!isNoteText(body) || !body.endsWith("\n")) return { problem: "is not text that ends in a newline" };
  const lines = body.slice(0, -1).split("\n");
  const [origin = "", sizeLine = "", rootLine = ""] = lines;
  if (lines.includes("")) return { problem: "has an empty line" };
  const [size, root] = [parseDecimal(sizeLine), decodeHash(rootLine)];
  if (size === undefined || root === undefined) return { problem: "does not state an origin, a size and a root" };
  return { checkpoint: { origin, size, root } };
}

/** A whole number up to 2^53 - 1 as the formats of C2SP write it: decimal digits without leading zeros. */
export function parseDecimal(text: string): number | undefined {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= 0 && String(number) === text ? number : undefined;
}
