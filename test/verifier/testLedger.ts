import { createHash } from "node:crypto";
import { canonicalText, createIssuer, type Issuer } from "./issuer.ts";
import { NaiveTree } from "./naiveTree.ts";

/** A ledger for tests, made without the SDK from the texts of C2SP: node's crypto signs and hashes, `NaiveTree` proves. */
export interface TestLedger {
  readonly name: string;
  readonly vkey: string;
  readonly size: number;
  /** The signed note of any text, which ends in a newline; `signature` may replace the one over the text. */
  note(text: string, signature?: Buffer): string;
  /** A signature line over any text. */
  signatureLine(text: string): string;
  /** The checkpoint of the first `size` entries. */
  checkpoint(size?: number): string;
  /** The proof of the entry at a place; `parts` replaces lines of the document. */
  proof(place: number, size?: number, parts?: Partial<ProofParts>): string;
  /** A consistency proof, in Base64. */
  consistency(size1: number, size2: number): string[];
  /** What a cheat shows to others: other entries under the same key. */
  fork(entries: readonly (string | Buffer)[]): TestLedger;
}

export interface ProofParts {
  readonly header: string;
  readonly extra: string;
  readonly index: string;
  readonly path: readonly string[];
  readonly checkpoint: string;
}

export const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString("base64");

/** A ledger of these entries, with a key of its own from the seeded random numbers of this run. */
export function createLedger(
  name: string,
  entries: readonly (string | Buffer)[],
  key: Issuer = createIssuer(),
): TestLedger {
  const typed = Buffer.concat([Buffer.of(1), key.publicKey]);
  const keyId = createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4);
  const tree = NaiveTree.of(entries);
  const line = (signature: Buffer) => `— ${name} ${base64(Buffer.concat([keyId, signature]))}\n`;
  const signatureLine = (text: string) => line(key.sign(Buffer.from(text)));
  const note = (text: string, signature = key.sign(Buffer.from(text))) => `${text}\n${line(signature)}`;
  const checkpoint = (size = entries.length) => note(checkpointText(name, size, tree.root(size)));
  return {
    name,
    size: entries.length,
    vkey: `${name}+${keyId.toString("hex")}+${base64(typed)}`,
    note,
    signatureLine,
    checkpoint,
    proof(place, size = entries.length, parts = {}) {
      const path = tree.inclusion(place, size).map(base64);
      const extra = `extra ${base64(entries[place] ?? "")}`;
      return proofDocument({
        header: HEADER,
        extra,
        index: `index ${place}`,
        path,
        checkpoint: checkpoint(size),
        ...parts,
      });
    },
    consistency: (size1, size2) => tree.consistency(size1, size2).map(base64),
    fork: (others) => createLedger(name, others, key),
  };
}

export function checkpointText(origin: string, size: number | string, root: Buffer): string {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

const HEADER = "c2sp.org/tlog-proof@v1";

function proofDocument({ header, extra, index, path, checkpoint }: ProofParts): string {
  return [header, extra, index, ...path, "", checkpoint].join("\n");
}

/** The entry `ticket.issued` of an envelope; members replaced or (by undefined) removed as `changes` says. */
export function ticketEntry(envelope: string, changes: Record<string, unknown> = {}): string {
  const { edition, ticket_id, ticket_number, timestamp } = JSON.parse(envelope);
  return canonicalText({
    at: timestamp,
    edition,
    envelope_hash: createHash("sha256").update(envelope).digest("hex"),
    holder: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    ticket_id,
    ticket_number,
    type: "ticket.issued",
    ...changes,
  });
}
