/* What must hold for a ledger, checked by the SDK from what the press shows: its entries, its checkpoints, its proofs, its tickets. */
import type pg from "pg";
import { expect } from "vitest";
import {
  type Checkpoint,
  CompactTree,
  envelopeHash,
  equalHashes,
  LedgerVerifier,
  leafHash,
  readTicketEntry,
  verifyConsistency,
} from "../../verifier/index.ts";
import { random } from "../random.ts";

type Queryable = Pick<pg.ClientBase, "query">;

/** So many pairs of checkpoints are all asked for; of more, the neighbours and as many at random. */
const PAIRS_MAX = 2_000;

/**
 * Holds the ledger to its promises: places without a gap; every checkpoint signed by one of the keys, over the tree of the entries; every two
 * consistent; every signed ticket recorded once, by the hash of its envelope.
 *
 * @returns how many checkpoints there are
 */
export async function checkLedger(db: Queryable, vkeys: readonly string[]): Promise<number> {
  const entries = await db.query<{ place: string; leaf: string }>(
    "select place, leaf from press.ledger_entries order by place",
  );
  expect(entries.rows.map(({ place }) => Number(place))).toEqual(entries.rows.map((_, index) => index));
  const checkpoints = await readCheckpoints(db, vkeys);
  checkRoots(
    checkpoints,
    entries.rows.map(({ leaf }) => leaf),
  );
  await checkPairs(db, checkpoints);
  await checkTickets(
    db,
    entries.rows.map(({ leaf }) => leaf),
  );
  return checkpoints.length;
}

/** The published checkpoints by size, each verified under the key of its name. */
export async function readCheckpoints(db: Queryable, vkeys: readonly string[]): Promise<Checkpoint[]> {
  const verifiers = vkeys.map((vkey) => new LedgerVerifier(vkey));
  const { rows } = await db.query<{ tree_size: string; note: string }>(
    "select tree_size, note from press.checkpoints order by tree_size",
  );
  return rows.map(({ tree_size: size, note }) => {
    const verdict = verifiers.map((verifier) => verifier.verifyCheckpoint(note)).find(({ isValid }) => isValid);
    if (!verdict?.isValid) throw new Error(`No key has signed this checkpoint:\n${note}`);
    expect(verdict.checkpoint.size).toBe(Number(size));
    return verdict.checkpoint;
  });
}

function checkRoots(checkpoints: readonly Checkpoint[], leaves: readonly string[]): void {
  const tree = new CompactTree();
  for (const { size, root } of checkpoints) {
    while (tree.size < size) tree.append(leafHash(Buffer.from(leaves[tree.size] ?? "")));
    expect(equalHashes(tree.root(), root), `the root of the checkpoint over ${size} entries`).toBe(true);
  }
}

async function checkPairs(db: Queryable, checkpoints: readonly Checkpoint[]): Promise<void> {
  const pairs = pairsOf(checkpoints);
  const { rows } = await db.query<{ proof: string[] }>(
    `select press.ledger_consistency_proof(a.older, a.newer) as proof
     from unnest($1::bigint[], $2::bigint[]) with ordinality as a (older, newer, index) order by a.index`,
    [pairs.map(([older]) => older.size), pairs.map(([, newer]) => newer.size)],
  );
  for (const [index, [older, newer]] of pairs.entries()) {
    const path = rows[index]?.proof.map((hash) => Buffer.from(hash, "base64")) ?? [];
    const isConsistent = verifyConsistency(older.size, newer.size, older.root, newer.root, path);
    expect(isConsistent, `the checkpoints over ${older.size} and ${newer.size} entries are consistent`).toBe(true);
  }
}

/** All pairs, the older one first; of many, the neighbours and some at random. */
function pairsOf(checkpoints: readonly Checkpoint[]): (readonly [older: Checkpoint, newer: Checkpoint])[] {
  const count = (checkpoints.length * (checkpoints.length - 1)) / 2;
  return checkpoints.flatMap((newer, index) =>
    checkpoints
      .slice(0, index)
      .filter((_, place) => place === index - 1 || count <= PAIRS_MAX || random.integer(count) < PAIRS_MAX)
      .map((older) => [older, newer] as const),
  );
}

async function checkTickets(db: Queryable, leaves: readonly string[]): Promise<void> {
  const { rows } = await db.query<{ id: string; envelope: string }>(
    "select id, envelope from press.tickets where envelope is not null order by id",
  );
  const recorded = leaves.map(readTicketEntry).flatMap((reading) => ("entry" in reading ? [reading.entry] : []));
  const hashes = recorded.map((entry) => ({ id: entry.ticket_id, hash: entry.envelope_hash }));
  expect(hashes.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(
    rows.map(({ id, envelope }) => ({ id, hash: envelopeHash(envelope) })),
  );
}
