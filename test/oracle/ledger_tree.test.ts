/* The tree that the database keeps, against the definitions of RFC 6962 and the vectors of others: every root, every inclusion proof and
   every consistency proof up to a size, grown in batches of random sizes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { NaiveTree } from "../verifier/naiveTree.ts";

const SIZE_MAX = rounds(150, 300);
const SIZES = Array.from({ length: SIZE_MAX + 1 }, (_, size) => size);
const leaves = Array.from({ length: SIZE_MAX }, (_, n) => `{"n":${n},"random":"${random.bytes(8).toString("hex")}"}`);
const tree = NaiveTree.of(leaves);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database
    .pool("superuser")
    .query(
      "select press_private.append_entry('edition.drawn', null, null, leaf) from unnest($1::text[]) with ordinality l (leaf, n) order by n",
      [leaves],
    );
  for (let size = 0; size < SIZE_MAX; ) {
    const { rows } = await database
      .pool("press_worker")
      .query<{ count: string }>("select press_worker.integrate_ledger($1) as count", [1 + random.integer(40)]);
    size += Number(rows[0]?.count);
  }
});
afterAll(() => database.drop());

/** One row for each size, as the database computes it. */
async function ofEachSize<Value>(expression: string): Promise<Value[]> {
  const { rows } = await database
    .pool("superuser")
    .query<{ value: Value }>(`select ${expression} as value from generate_series(0, $1::bigint) size order by size`, [
      SIZE_MAX,
    ]);
  return rows.map(({ value }) => value);
}

const hex = (hash: Buffer) => hash.toString("hex");
const joined = (path: readonly Buffer[]) => path.map(hex).join(" ");
/** A path as the database writes it, so that one comparison says which of many differs. */
const joinedInSql = (path: string) =>
  `(select coalesce(string_agg(encode(h, 'hex'), ' ' order by n), '') from unnest(${path}) with ordinality p (h, n))`;

test(`the root of every size up to ${SIZE_MAX} (seed ${seed})`, async () => {
  const roots = await ofEachSize<Buffer>("press_private.tree_root(size)");
  expect(roots.map(hex)).toEqual(SIZES.map((size) => hex(tree.root(size))));
});

test(`the inclusion proof of every entry in every size up to ${SIZE_MAX}, and that it leads to the root`, async () => {
  const proofs = await ofEachSize<string[]>(`(
    select array(
      select case when press_private.root_of_inclusion(e.leaf_hash, e.place, size, p.path) = t.root then '' else 'leads astray: ' end || ${joinedInSql("p.path")}
      from press.ledger_entries e cross join lateral (select press_private.inclusion_path(e.place, size) as path offset 0) p
      where e.place < size order by e.place)
    from (select press_private.tree_root(size) as root offset 0) t)`);
  for (const size of SIZES) {
    const expected = SIZES.slice(0, size).map((place) => joined(tree.inclusion(place, size)));
    expect(proofs[size], `size ${size}, seed ${seed}`).toEqual(expected);
  }
});

test(`the consistency proof of every pair of sizes up to ${SIZE_MAX}`, async () => {
  const proofs = await ofEachSize<string[]>(
    `array(select ${joinedInSql("press_private.consistency_path(old_size, size)")} from generate_series(1, size) old_size order by old_size)`,
  );
  for (const size of SIZES) {
    const expected = SIZES.slice(1, size + 1).map((oldSize) => joined(tree.consistency(oldSize, size)));
    expect(proofs[size], `size ${size}, seed ${seed}`).toEqual(expected);
  }
});

async function rootOfInclusion(
  leaf: Buffer,
  place: number | string,
  size: number | string,
  path: Buffer[],
): Promise<Buffer | null> {
  const { rows } = await database
    .pool("superuser")
    .query<{ root: Buffer | null }>("select press_private.root_of_inclusion($1, $2, $3, $4) as root", [
      leaf,
      place,
      size,
      path,
    ]);
  return rows[0]?.root ?? null;
}

test("a damaged proof leads elsewhere or nowhere", async () => {
  const count = rounds(500, 20_000);
  for (let round = 0; round < count; round++) {
    const size = 2 + random.integer(SIZE_MAX - 1);
    const place = random.integer(size);
    const [leaf, path] = [tree.leaf(place), tree.inclusion(place, size)];
    const at = random.integer(path.length);
    const flipped = Buffer.from(path[at] as Buffer);
    const byte = random.integer(32);
    flipped.writeUInt8(flipped.readUInt8(byte) ^ (1 << random.integer(8)), byte);
    const [changedPlace, changedPath] = random.pick<[number, Buffer[]]>([
      [place, path.toSpliced(at, 1, flipped)],
      [place, path.toSpliced(at, 1)],
      [place, path.toSpliced(at, 0, random.bytes(32))],
      [place, path.toSpliced(at, 1, (path[at] as Buffer).subarray(1))],
      [(place + 1 + random.integer(size - 1)) % size, path],
    ]);
    const root = await rootOfInclusion(leaf, changedPlace, size, changedPath);
    expect(root?.equals(tree.root(size)) ?? false, `${place} of ${size}, round ${round}, seed ${seed}`).toBe(false);
  }
});

const readVectors = (name: string) =>
  JSON.parse(readFileSync(join(process.env.VECTORS_DIR ?? "", "merkle", name), "utf8"));
const base64 = (text: string | null) => Buffer.from(text ?? "", "base64");

testRequiring("VECTORS_DIR")("the roots of the reference leaves of Certificate Transparency", async () => {
  const vectors: { leaves: string[]; roots: string[] } = readVectors("rfc6962-reference-roots.json");
  const own = await createTestDatabase();
  const superuser = own.pool("superuser");
  // Its leaves are bytes that a text of ours could not have; the tree is made of their hashes.
  await superuser.query("alter table press.ledger_entries drop constraint ledger_entries_leaf_hash_is_the_leafs");
  await superuser.query(
    `insert into press.ledger_entries (place, type, leaf, leaf_hash)
     select n - 1, 'reference', '', sha256('\\x00'::bytea || decode(leaf, 'hex')) from unnest($1::text[]) with ordinality l (leaf, n)`,
    [vectors.leaves],
  );
  await superuser.query("select press_private.extend_tree(0, $1)", [vectors.leaves.length]);
  const { rows } = await superuser.query<{ root: string }>(
    "select encode(press_private.tree_root(n), 'hex') as root from generate_series(0, $1) n order by n",
    [vectors.leaves.length],
  );
  await own.drop();
  expect(rows.map(({ root }) => root)).toEqual(vectors.roots);
});

interface InclusionVector {
  leafIdx: number;
  treeSize: number;
  leafHash: string | null;
  proof: (string | null)[] | null;
  root: string | null;
  wantErr: boolean;
}

testRequiring("VECTORS_DIR")(
  "transparency-dev/merkle: the right verdict on each of its 98 inclusion proofs",
  async () => {
    const vectors: InclusionVector[] = readVectors("inclusion.json");
    expect(vectors).toHaveLength(98);
    for (const vector of vectors) {
      const path = (vector.proof ?? []).map(base64);
      // A number that no bigint holds is an error, and so a refusal as well.
      const root = await rootOfInclusion(base64(vector.leafHash), vector.leafIdx, vector.treeSize, path).catch(
        () => null,
      );
      expect(root?.equals(base64(vector.root)) ?? false, JSON.stringify(vector)).toBe(!vector.wantErr);
    }
  },
);
