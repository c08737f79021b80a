/** What the worker asks the database about the ledger, and tells it: calls of functions in press_worker, and nothing else. */
import type { Queryable } from "./guardedPool.ts";

/** A ledger at some size. */
export interface Tree {
  readonly size: number;
  readonly root: Uint8Array;
}

/** A ledger as a checkpoint has it. */
export interface PublishedTree extends Tree {
  /** Its name in that checkpoint. */
  readonly origin: string;
}

/** The ledger beside a size that is known. */
export interface LedgerView {
  /** The root at the known size; undefined when the ledger is smaller. */
  readonly knownRoot: Uint8Array | undefined;
  /** What is to be signed: undefined when the ledger has not grown since its last checkpoint, or the press is stopped. */
  readonly next: Tree | undefined;
  /** The latest checkpoint, whichever worker signed it. */
  readonly latest: Tree | undefined;
  /** The proof that the known tree is the beginning of the next one, or of the latest where there is no next one. */
  readonly path: readonly Uint8Array[];
}

interface ViewRow {
  readonly known_root: Buffer | null;
  readonly next_size: string | null;
  readonly next_root: Buffer | null;
  readonly latest_size: string | null;
  readonly latest_root: Buffer | null;
  readonly path: readonly Buffer[] | null;
}

/** All of it in one statement, which sees one moment; where there is something to sign, the synchronous standbys have all of it by then. */
export async function viewLedger(db: Queryable, knownSize: number): Promise<LedgerView> {
  const { rows } = await db.query<ViewRow>({
    name: "view_ledger",
    text: `select press_worker.ledger_root($1) as known_root, n.tree_size as next_size, n.root_hash as next_root,
                  l.tree_size as latest_size, l.root_hash as latest_root,
                  press_worker.consistency_path($1, coalesce(n.tree_size, l.tree_size)) as path,
                  case when n.tree_size is not null then press_worker.await_standbys() end
           from press_worker.latest_checkpoint() l left join press_worker.checkpoint_to_sign() n on true`,
    values: [knownSize],
  });
  const [row] = rows;
  return {
    knownRoot: row?.known_root ?? undefined,
    next: toTree(row?.next_size, row?.next_root),
    latest: toTree(row?.latest_size, row?.latest_root),
    path: row?.path ?? [],
  };
}

/** The root of the first so many entries, or undefined when the ledger has fewer. */
export async function ledgerRoot(db: Queryable, size: number): Promise<Uint8Array | undefined> {
  const { rows } = await db.query<{ root: Buffer | null }>({
    name: "ledger_root",
    text: "select press_worker.ledger_root($1) as root",
    values: [size],
  });
  return rows[0]?.root ?? undefined;
}

/** The latest checkpoint, whichever worker signed it. */
export async function latestCheckpoint(db: Queryable): Promise<PublishedTree | undefined> {
  const { rows } = await db.query<{ tree_size: string | null; root_hash: Buffer | null; origin: string | null }>({
    name: "latest_checkpoint",
    text: "select tree_size, root_hash, split_part(note, E'\\n', 1) as origin from press_worker.latest_checkpoint()",
  });
  const tree = toTree(rows[0]?.tree_size, rows[0]?.root_hash);
  return tree && { ...tree, origin: rows[0]?.origin ?? "" };
}

/** For how many milliseconds the latest checkpoint has been there, whichever worker signed it; Infinity before the first. */
export async function checkpointAge(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ age: number | null }>({
    name: "checkpoint_age",
    text: "select (extract(epoch from clock_timestamp() - signed_at) * 1000)::float8 as age from press_worker.latest_checkpoint()",
  });
  return rows[0]?.age ?? Number.POSITIVE_INFINITY;
}

/** Gives places to about so many entries, and says to how many. */
export async function integrateLedger(db: Queryable, batchSize: number): Promise<number> {
  const { rows } = await db.query<{ count: string }>({
    name: "integrate_ledger",
    text: "select press_worker.integrate_ledger($1) as count",
    values: [batchSize],
  });
  return Number(rows[0]?.count);
}

/** Publishes a signed checkpoint. */
export async function publishCheckpoint(db: Queryable, keyId: string, tree: Tree, note: string): Promise<void> {
  await db.query({
    name: "publish_checkpoint",
    text: "select from press_worker.publish_checkpoint($1, $2, $3, $4)",
    values: [keyId, tree.size, tree.root, note],
  });
}

/** Stops the press, and tells whether it ran. */
export async function stopPress(db: Queryable, reason: string): Promise<boolean> {
  const text = "select press_worker.stop_press($1) as has_run";
  const { rows } = await db.query<{ has_run: boolean }>({ text, values: [reason] });
  return rows[0]?.has_run ?? false;
}

/** From now on the ledger's checkpoints have this name. */
export async function adoptLedger(db: Queryable, origin: string, reason: string): Promise<void> {
  await db.query({ text: "select press_worker.adopt_ledger($1, $2)", values: [origin, reason] });
}

function toTree(size: string | null | undefined, root: Buffer | null | undefined): Tree | undefined {
  return size == null || root == null ? undefined : { size: Number(size), root };
}
