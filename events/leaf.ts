/** What a leaf of the ledger says that its event repeats outside of `data`. */
export interface Leaf {
  /** When it happened: RFC 3339, UTC, milliseconds. */
  readonly at: string;
  /** `<noun>.<participle>`, like `ticket.issued`. */
  readonly type: string;
  /** The slug of the edition, where it is about one. */
  readonly edition?: string;
  readonly ticket_number?: number;
  readonly key_id?: string;
  readonly attestation_id?: string;
  readonly credential_id?: string;
}

/** The halves of a leaf's type. */
export interface LeafKind {
  readonly noun: string;
  readonly verb: string;
}

/**
 * Reads a leaf as the ledger has it.
 *
 * @throws {Error} when it is none: no entry of a ledger that was published is such
 */
export function readLeaf(text: string): Leaf {
  const leaf: Partial<Leaf> = JSON.parse(text);
  if (typeof leaf?.at === "string" && /^\w+\.\w+$/.test(leaf.type ?? "")) return leaf as Leaf;
  throw new Error("An entry of the ledger has no moment or no type, so it is no event: run `golden-press audit`.");
}

/** The noun and the verb of a leaf. */
export function kindOf({ type }: Leaf): LeafKind {
  const [noun = "", verb = ""] = type.split(".");
  return { noun, verb };
}
