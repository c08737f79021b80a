import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  CompactTree,
  equalHashes,
  leafHash,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
} from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { NaiveTree } from "./naiveTree.ts";

const SIZE_MAX = 130;
const entries = Array.from({ length: SIZE_MAX }, (_, index) => `entry ${index}`);
const tree = NaiveTree.of(entries);
const sizes = entries.map((_, index) => index + 1);
const LARGEST = Number.MAX_SAFE_INTEGER;

const readVectors = (name: string) =>
  JSON.parse(readFileSync(join(process.env.VECTORS_DIR ?? "", "merkle", name), "utf8"));
const base64 = (text: string | null) => Buffer.from(text ?? "", "base64");

function compactRoot(hashes: readonly Uint8Array[]): Uint8Array {
  const compact = new CompactTree();
  for (const hash of hashes) compact.append(hash);
  expect(compact.size).toBe(hashes.length);
  return compact.root();
}

describe("vectors of others", () => {
  testRequiring("VECTORS_DIR")(
    "the roots of the reference leaves of Certificate Transparency, of none up to all 8",
    () => {
      const { leaves, roots }: { leaves: string[]; roots: string[] } = readVectors("rfc6962-reference-roots.json");
      const hashes = leaves.map((leaf) => leafHash(Buffer.from(leaf, "hex")));
      expect(roots).toHaveLength(9);
      for (const [size, root] of roots.entries()) {
        expect(Buffer.from(compactRoot(hashes.slice(0, size))).toString("hex")).toBe(root);
      }
    },
  );

  testRequiring("VECTORS_DIR")("transparency-dev/merkle: the right verdict on each of its 98 inclusion proofs", () => {
    const vectors: InclusionVector[] = readVectors("inclusion.json");
    expect(vectors).toHaveLength(98);
    const wrong = vectors.filter(({ leafIdx, treeSize, leafHash: leaf, proof, root, wantErr }) => {
      const path = (proof ?? []).map(base64);
      return verifyInclusion(leafIdx, treeSize, base64(leaf), path, base64(root)) === wantErr;
    });
    expect(wrong).toEqual([]);
  });
});

interface InclusionVector {
  leafIdx: number;
  treeSize: number;
  leafHash: string | null;
  proof: (string | null)[] | null;
  root: string | null;
  wantErr: boolean;
}

describe("CompactTree", () => {
  it(`has the root of the definition at every size up to ${SIZE_MAX}`, () => {
    const compact = new CompactTree();
    expect(Buffer.from(compact.root())).toEqual(tree.root(0));
    for (const size of sizes) {
      compact.append(leafHash(Buffer.from(entries[size - 1] ?? "")));
      expect([compact.size, Buffer.from(compact.root())]).toEqual([size, tree.root(size)]);
    }
  });
});

describe("verifyInclusion", () => {
  it(`accepts every leaf of every size up to ${SIZE_MAX}, by the proof of the definition`, () => {
    for (const size of sizes) {
      for (let index = 0; index < size; index++) {
        const isIncluded = verifyInclusion(index, size, tree.leaf(index), tree.inclusion(index, size), tree.root(size));
        expect(isIncluded, `${index} of ${size}`).toBe(true);
      }
    }
  });

  it("accepts a proof for its own place alone", () => {
    for (const size of sizes.slice(0, 40)) {
      for (let index = 0; index < size; index++) {
        const path = tree.inclusion(index, size);
        const places = sizes.filter((place) => verifyInclusion(place, size, tree.leaf(index), path, tree.root(size)));
        expect(places, `${index} of ${size}`).toEqual(index === 0 ? [] : [index]); // `sizes` begins with 1.
      }
    }
  });

  it("takes no node for a leaf and no leaf for a node", () => {
    const children = Buffer.concat([tree.leaf(0), tree.leaf(1)]);
    const above = tree.inclusion(0, 4).slice(1);
    expect(verifyInclusion(0, 2, nodeHash(tree.leaf(0), tree.leaf(1)), above, tree.root(4))).toBe(true);
    expect(verifyInclusion(0, 2, leafHash(children), above, tree.root(4))).toBe(false);
    const forged = nodeHash(leafHash(children), tree.leaf(2));
    expect(verifyInclusion(0, 3, tree.leaf(0), [tree.leaf(1), tree.leaf(2)], forged)).toBe(false);
  });

  it("follows no path that is longer than the tree is deep, though it leads to the root", () => {
    for (const size of [1, 2, 3, 8]) {
      const above = random.bytes(32);
      for (const root of [nodeHash(above, tree.root(size)), nodeHash(tree.root(size), above)]) {
        expect(verifyInclusion(0, size, tree.leaf(0), [...tree.inclusion(0, size), above], root)).toBe(false);
      }
    }
  });

  it("counts beyond 32 bits, up to 2^53 - 1", () => {
    const uniform = NaiveTree.uniform();
    for (const size of [2 ** 31, 2 ** 31 + 1, 2 ** 32 + 5, 2 ** 52, LARGEST - 1, LARGEST]) {
      for (const index of [0, 1, 2 ** 31 - 1, 2 ** 31, size - 2, size - 1].filter((place) => place < size)) {
        const path = uniform.inclusion(index, size);
        expect(verifyInclusion(index, size, uniform.leaf(0), path, uniform.root(size)), `${index} of ${size}`).toBe(
          true,
        );
        expect(verifyInclusion(index, size, uniform.leaf(0), path.slice(1), uniform.root(size))).toBe(false);
        expect(verifyInclusion(index, size, uniform.leaf(0), damagePath(path), uniform.root(size))).toBe(false);
      }
    }
  });
});

describe("verifyConsistency", () => {
  it(`accepts every pair of sizes up to ${SIZE_MAX}, by the proof of the definition`, () => {
    for (const size2 of sizes) {
      for (let size1 = 1; size1 <= size2; size1++) {
        const path = tree.consistency(size1, size2);
        const isConsistent = verifyConsistency(size1, size2, tree.root(size1), tree.root(size2), path);
        expect(isConsistent, `${size1} and ${size2}`).toBe(true);
      }
    }
  });

  it("accepts a proof for its own older size alone", () => {
    for (const size2 of sizes.slice(0, 40)) {
      for (let size1 = 1; size1 <= size2; size1++) {
        const path = tree.consistency(size1, size2);
        const accepted = [0, ...sizes].filter((size) => {
          return verifyConsistency(size, size2, tree.root(size1), tree.root(size2), path);
        });
        expect(accepted, `${size1} and ${size2}`).toEqual([size1]);
      }
    }
  });

  it("refuses another history of any length", () => {
    const rewritten = NaiveTree.of(["another entry", ...entries.slice(1)]);
    for (const size2 of sizes.slice(1)) {
      const size1 = 1 + random.integer(size2 - 1);
      const [before, after] = [tree.root(size1), rewritten.root(size2)];
      for (const path of [tree.consistency(size1, size2), rewritten.consistency(size1, size2), []]) {
        expect(verifyConsistency(size1, size2, before, after, path), `${size1}, ${size2}, seed ${seed}`).toBe(false);
      }
    }
  });

  it("follows no path that is longer than the tree is deep, though it leads to the roots", () => {
    for (const [size1, size2] of [
      [1, 2],
      [2, 3],
      [3, 4],
      [5, 7],
    ] as const) {
      const [path, above] = [tree.consistency(size1, size2), random.bytes(32)];
      const [root1, root2] = [tree.root(size1), tree.root(size2)];
      const [raised1, raised2] = [nodeHash(above, root1), nodeHash(above, root2)];
      expect(verifyConsistency(size1, size2, raised1, raised2, [...path, above])).toBe(false);
      expect(verifyConsistency(size1, size2, root1, nodeHash(root2, above), [...path, above])).toBe(false);
    }
  });

  it("compares the roots of trees of the same size, and takes no proof for them", () => {
    const [root, other] = [tree.root(7), tree.root(8)];
    expect(verifyConsistency(7, 7, root, root, [])).toBe(true);
    expect(verifyConsistency(7, 7, root, other, [])).toBe(false);
    expect(verifyConsistency(7, 7, root, root, [root])).toBe(false);
  });

  it("refuses an empty tree and a newer tree that is smaller", () => {
    expect(verifyConsistency(0, 0, tree.root(0), tree.root(0), [])).toBe(false);
    expect(verifyConsistency(0, 8, tree.root(0), tree.root(8), [])).toBe(false);
    expect(verifyConsistency(8, 7, tree.root(8), tree.root(7), tree.consistency(7, 8))).toBe(false);
  });

  it("counts beyond 32 bits, up to 2^53 - 1", () => {
    const uniform = NaiveTree.uniform();
    for (const size2 of [2 ** 32 + 5, 2 ** 52, LARGEST]) {
      for (const size1 of [1, 2, 2 ** 31, 2 ** 31 + 1, 2 ** 32, size2 - 1]) {
        const [path, root1, root2] = [uniform.consistency(size1, size2), uniform.root(size1), uniform.root(size2)];
        expect(verifyConsistency(size1, size2, root1, root2, path), `${size1} and ${size2}`).toBe(true);
        expect(verifyConsistency(size1, size2, root1, root2, damagePath(path))).toBe(false);
      }
    }
  });
});

describe("tampering", () => {
  const count = rounds(20_000, 500_000);

  it(`refuses ${count} damaged inclusion proofs (seed ${seed})`, { timeout: 300_000 }, () => {
    for (let round = 0; round < count; round++) {
      const size = random.pick(sizes.slice(1));
      const index = random.integer(size);
      const [leaf, path, root] = [tree.leaf(index), tree.inclusion(index, size), tree.root(size)];
      const isAccepted = random.pick([
        () => verifyInclusion(index, size, leaf, damagePath(path), root),
        () => verifyInclusion(index, size, damageHash(leaf), path, root),
        () => verifyInclusion(index, size, leaf, path, damageHash(root)),
        () => verifyInclusion((index + 1 + random.integer(size - 1)) % size, size, leaf, path, root),
      ])();
      expect(isAccepted, `${index} of ${size}, round ${round}, seed ${seed}`).toBe(false);
    }
  });

  it(`refuses ${count} damaged consistency proofs (seed ${seed})`, { timeout: 300_000 }, () => {
    for (let round = 0; round < count; round++) {
      const size2 = random.pick(sizes.slice(1));
      const size1 = 1 + random.integer(size2 - 1);
      const [root1, root2, path] = [tree.root(size1), tree.root(size2), tree.consistency(size1, size2)];
      const isAccepted = random.pick([
        () => verifyConsistency(size1, size2, root1, root2, damagePath(path)),
        () => verifyConsistency(size1, size2, damageHash(root1), root2, path),
        () => verifyConsistency(size1, size2, root1, damageHash(root2), path),
        () => verifyConsistency(size1, size2, root2, root1, path),
      ])();
      expect(isAccepted, `${size1} and ${size2}, round ${round}, seed ${seed}`).toBe(false);
    }
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "root"],
    ["a list", [1, 2]],
    ["31 bytes", new Uint8Array(31)],
    ["33 bytes", new Uint8Array(33)],
    ["32 words", new Uint16Array(32)],
  ])("answers false where a hash is %s, and throws for nothing", (_, value) => {
    const [wrong, leaf, root] = [value as Uint8Array, tree.leaf(0), tree.root(2)];
    expect(verifyInclusion(0, 2, wrong, [tree.leaf(1)], root)).toBe(false);
    expect(verifyInclusion(0, 2, leaf, [wrong], root)).toBe(false);
    expect(verifyInclusion(0, 2, leaf, [tree.leaf(1)], wrong)).toBe(false);
    expect(verifyInclusion(0, 2, leaf, wrong as unknown as Uint8Array[], root)).toBe(false);
    expect(verifyConsistency(1, 2, wrong, root, [tree.leaf(1)])).toBe(false);
    expect(verifyConsistency(1, 2, leaf, wrong, [tree.leaf(1)])).toBe(false);
    expect(verifyConsistency(1, 2, leaf, root, [wrong])).toBe(false);
    expect(verifyConsistency(1, 2, leaf, root, wrong as unknown as Uint8Array[])).toBe(false);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", 1n, null, undefined, Symbol("1")])(
    "answers false where a number is %s, and throws for nothing",
    (value) => {
      const number = value as number;
      const [left, right, root] = [tree.leaf(0), tree.leaf(1), tree.root(2)];
      expect(verifyInclusion(number, 2, right, [left], root)).toBe(false);
      expect(verifyInclusion(1, number, right, [left], root)).toBe(false);
      expect(verifyConsistency(number, 2, left, root, [right])).toBe(false);
      expect(verifyConsistency(1, number, left, root, [right])).toBe(false);
    },
  );

  it("does not stop at a common beginning when it compares hashes", () => {
    expect(equalHashes(tree.root(3), Buffer.from(tree.root(3)))).toBe(true);
    expect(equalHashes(tree.root(3), tree.root(3).subarray(0, 31))).toBe(false);
    expect(equalHashes(tree.root(3).subarray(0, 31), tree.root(3))).toBe(false);
  });
});

function damageHash(hash: Buffer): Buffer {
  const changed = Buffer.from(hash);
  const place = random.integer(32);
  changed.writeUInt8(changed.readUInt8(place) ^ (1 << random.integer(8)), place);
  return changed;
}

/** A bit flipped, a hash left out, put in or doubled, two hashes exchanged, or bytes moved over the border of two. */
function damagePath(path: readonly Buffer[]): Buffer[] {
  const place = random.integer(path.length);
  const [before, hash, after] = [path.slice(0, place), path[place] as Buffer, path.slice(place + 1)];
  const next = after[0] ?? hash;
  return random.pick([
    () => [...before, damageHash(hash), ...after],
    () => [...before, ...after],
    () => [...before, random.bytes(32), hash, ...after],
    () => [...path, random.pick([hash, random.bytes(32)])],
    () => [...before, Buffer.concat([hash, next.subarray(0, 1)]), next.subarray(1), ...after.slice(1)],
    () => (next.equals(hash) ? [] : [...before, next, hash, ...after.slice(1)]),
  ])();
}
