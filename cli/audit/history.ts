import {
  type Checkpoint,
  CompactTree,
  equalHashes,
  formatVkey,
  LedgerVerifier,
  leafHash,
  verifyConsistency,
} from "../../verifier/index.ts";
import { type Look, pages } from "./look.ts";

/** The checkpoint that is kept outside the database. */
export interface Kept {
  readonly name: string;
  readonly checkpoint: Checkpoint;
}

export interface HistoryOptions {
  readonly kept: Kept | undefined;
  /** How many entries the ledger has. */
  readonly entries: number;
  readonly checkSignatures: boolean;
}

const ENTRIES_PAGE = 5_000;
const CHECKPOINTS_PAGE = 1_000;

/** Computes the tree from the entries alone, and holds every checkpoint to it: those in the database, and the one that is kept outside. */
export async function auditHistory({ client, report, steps, step }: Look, options: HistoryOptions): Promise<void> {
  const { kept, entries, checkSignatures } = options;
  steps(Math.ceil(entries / ENTRIES_PAGE));
  const leaves = pages(async (last: { place: string; leaf: string } | undefined) => {
    const text = `select place, leaf from press.ledger_entries where place > $1 order by place limit ${ENTRIES_PAGE}`;
    return (await client.query<{ place: string; leaf: string }>(text, [last?.place ?? -1])).rows;
  });
  const checkpoints = pages(async (last: CheckpointRow | undefined) => {
    return (await client.query<CheckpointRow>(CHECKPOINTS, [last?.tree_size ?? 0, entries])).rows;
  });
  const reader = new CheckpointReader(report, checkSignatures);
  const tree = new CompactTree();
  let next = await checkpoints.next();
  for await (const { leaf } of leaves) {
    if (tree.size % ENTRIES_PAGE === 0) step(`${tree.size} entries`);
    tree.append(leafHash(Buffer.from(leaf)));
    if (kept?.checkpoint.size === tree.size) compareKept(kept, tree.root(), report);
    for (; Number(next.value?.tree_size) === tree.size; next = await checkpoints.next()) {
      reader.read(next.value as CheckpointRow, tree.root());
    }
  }
  for (; next.value !== undefined; next = await checkpoints.next()) reader.read(next.value, undefined);
  if (kept !== undefined && kept.checkpoint.size > tree.size) compareKept(kept, undefined, report);
}

function compareKept({ name, checkpoint }: Kept, root: Uint8Array | undefined, report: Look["report"]): void {
  if (root !== undefined && equalHashes(root, checkpoint.root)) return;
  const lack = root === undefined ? "does not have" : "does not begin with";
  report({
    check: "the ledger is the one that was published",
    subject: name,
    finding: `The database ${lack} the ${checkpoint.size} entries of ${checkpoint.origin} whose checkpoint is kept there: it may be an older backup.`,
  });
}

interface CheckpointRow {
  readonly tree_size: string;
  readonly root_hash: Buffer;
  readonly note: string;
  readonly public_key: string | null;
  /** The proof that it continues the one before it; null for the first. */
  readonly path: string[] | null;
}

const CHECKPOINTS = `
  select c.tree_size, c.root_hash, c.note, k.public_key,
    case when c.size_before > 0 and c.tree_size <= $2 then press.ledger_consistency_proof(c.size_before, c.tree_size) end as path
  from (select *, lag(tree_size, 1, $1::bigint) over (order by tree_size) as size_before
        from press.checkpoints where tree_size > $1 order by tree_size limit ${CHECKPOINTS_PAGE}) c
  left join press.signing_keys k on k.key_id = c.key_id and k.purpose = 'checkpoint'
  order by c.tree_size`;

/** A ledger at some size. */
interface Tree {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Holds one checkpoint after the other to the tree, to the one before, and to its note. */
class CheckpointReader {
  readonly #report: Look["report"];
  readonly #checkSignatures: boolean;
  readonly #ledgers = new Map<string, LedgerVerifier>();
  #before: Tree | undefined;

  constructor(report: Look["report"], checkSignatures: boolean) {
    this.#report = report;
    this.#checkSignatures = checkSignatures;
  }

  /** @param computed - the root of the tree of its size; undefined where there are not so many entries. */
  read(row: CheckpointRow, computed: Uint8Array | undefined): void {
    const tree = { size: Number(row.tree_size), root: row.root_hash };
    const report = (check: string, finding: string) =>
      this.#report({ subject: `press.checkpoints (${tree.size})`, check, finding });
    if (computed === undefined) {
      report("its root is that of the entries", "There are fewer.");
    } else if (!equalHashes(computed, tree.root)) {
      report("its root is that of the entries", `That is ${Buffer.from(computed).toString("base64")}.`);
    } else if (this.#before !== undefined && !continues(this.#before, tree, row.path)) {
      report("it continues the one before, by the proof that is served", `That is of size ${this.#before.size}.`);
    }
    this.#before = tree;
    const problem = this.#checkSignatures ? this.#noteProblem(row, tree) : undefined;
    if (problem !== undefined) report("its note says the same, signed", problem);
  }

  #noteProblem({ note, public_key: hex }: CheckpointRow, { size, root }: Tree): string | undefined {
    const ledger = this.#ledgerOf(note.split("\n", 1)[0] ?? "", hex ?? "");
    if (ledger === undefined) return "Its origin or its key is none.";
    const verdict = ledger.verifyCheckpoint(note);
    if (!verdict.isValid) return verdict.message;
    const isSame = verdict.checkpoint.size === size && equalHashes(verdict.checkpoint.root, root);
    return isSame ? undefined : "It is of another size or root.";
  }

  /** Undefined where there is no vkey of such a name and key. */
  #ledgerOf(origin: string, hex: string): LedgerVerifier | undefined {
    const name = `${origin}\n${hex}`;
    try {
      const ledger = this.#ledgers.get(name) ?? new LedgerVerifier(formatVkey(origin, Buffer.from(hex, "hex")));
      this.#ledgers.set(name, ledger);
      return ledger;
    } catch {
      return undefined;
    }
  }
}

function continues(older: Tree, newer: Tree, path: readonly string[] | null): boolean {
  const hashes = (path ?? []).map((hash) => Buffer.from(hash, "base64"));
  return verifyConsistency(older.size, newer.size, older.root, newer.root, hashes);
}
