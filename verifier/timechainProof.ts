import { decodeBase64, decodeHash, encodeBase64 } from "./base64.ts";
import { parseDecimal } from "./checkpoint.ts";
import { isTextUpTo, type Problem } from "./refusal.ts";

/** The longest proof that is read, in UTF-16 code units: the longest note after an entry of 65,535 bytes and its way. */
const PROOF_LENGTH_MAX = 360_448;
const HEADER = "c2sp.org/tlog-proof@v1";
const FORM = /^c2sp\.org\/tlog-proof@v1\n(?:extra (\S+)\n)?index (\d+)\n((?:\S{44}\n)*)\n/;

/** What a C2SP tlog-proof says, before anything of it was verified. */
export interface TimechainProof {
  /** What is needed to compute the leaf: in this ledger the whole entry. */
  readonly extra?: Uint8Array | undefined;
  /** The place of the entry in the ledger, from 0. */
  readonly index: number;
  /** The siblings on the way from the leaf to the root of the tree, 32 bytes each. */
  readonly path: readonly Uint8Array[];
  /** The checkpoint of the tree: a signed note. */
  readonly checkpoint: string;
}

/**
 * Writes a proof as a document that its holder keeps (c2sp.org/tlog-proof@v1, files `.tlog-proof`).
 *
 * @throws RangeError when its parts are of another form.
 * @example
 * ```ts
 * import { formatProof } from "@golden-press/verifier";
 *
 * const extra = new TextEncoder().encode("an entry");
 * const document = formatProof({ extra, index: 0, path: [], checkpoint: "(a signed note)\n" });
 * console.log(document.split("\n")[1]); // extra YW4gZW50cnk=
 * ```
 */
export function formatProof({ extra, index, path, checkpoint }: TimechainProof): string {
  const extraLine = extra === undefined ? "" : `extra ${encodeBase64(extra)}\n`;
  const pathLines = path.map((hash) => `${encodeBase64(hash)}\n`).join("");
  const document = `${HEADER}\n${extraLine}index ${index}\n${pathLines}\n${checkpoint}`;
  const reading = readProof(document);
  if ("problem" in reading) throw new RangeError(`This is no proof: it ${reading.problem}.`);
  return document;
}

/**
 * Reads a proof document (c2sp.org/tlog-proof@v1). Nothing of it is verified; never throws.
 *
 * @param document - the whole text.
 * @returns the proof, or the problem as the predicate of a sentence about the document.
 * @example
 * ```ts
 * import { readProof } from "@golden-press/verifier";
 *
 * console.log(readProof("c2sp.org/tlog-proof@v1\nindex 07\n\n")); // { problem: 'has an index that is no place of a ledger' }
 * ```
 */
export function readProof(document: string): { proof: TimechainProof } | Problem {
  if (!isTextUpTo(PROOF_LENGTH_MAX, document)) return { problem: `is no text, or longer than ${PROOF_LENGTH_MAX}` };
  const [head, extraText, indexText = "", pathText = ""] = FORM.exec(document) ?? [];
  if (head === undefined) return { problem: `is not of the form ${HEADER}` };
  const extra = extraText === undefined ? undefined : decodeBase64(extraText);
  const index = parseDecimal(indexText);
  const path = pathText.split("\n").slice(0, -1).map(decodeHash);
  if (extra === undefined && extraText !== undefined) return { problem: "has an extra line that is not Base64" };
  if (index === undefined) return { problem: "has an index that is no place of a ledger" };
  if (!path.every((hash) => hash !== undefined)) return { problem: "has a line that is not a hash in Base64" };
  return { proof: { extra, index, path, checkpoint: document.slice(head.length) } };
}
