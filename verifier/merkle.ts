import { sha256 } from "@noble/hashes/sha2.js";
import { isBytes } from "@noble/hashes/utils.js";

// The prefixes keep a node from being taken for an entry, and an entry for a node (RFC 6962, section 2.1).
const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

/**
 * The hash of an entry as a leaf of the tree: SHA-256 of a zero byte and the entry (RFC 6962 and 9162, section 2.1).
 *
 * @param entry - the bytes of the entry; of a text its UTF-8 bytes.
 * @returns 32 bytes.
 * @example
 * ```ts
 * import { leafHash } from "@golden-press/verifier";
 *
 * console.log(leafHash(new Uint8Array())[0]); // 110
 * ```
 */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256.create().update(LEAF_PREFIX).update(entry).digest();
}

/**
 * The hash of an inner node: SHA-256 of a one byte and the hashes of its two children (RFC 6962 and 9162, section 2.1).
 *
 * @param left - 32 bytes.
 * @param right - 32 bytes.
 * @returns 32 bytes.
 * @example
 * ```ts
 * import { CompactTree, equalHashes, leafHash, nodeHash } from "@golden-press/verifier";
 *
 * const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
 * const tree = new CompactTree();
 * tree.append(left);
 * tree.append(right);
 * console.log(equalHashes(tree.root(), nodeHash(left, right))); // true
 * ```
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256.create().update(NODE_PREFIX).update(left).update(right).digest();
}

/**
 * A tree that grows and keeps only what its root needs: the roots of its complete subtrees from left to right, one for
 * each binary 1 of its size. So the root of a ledger of any length can be computed from its entries, one after another.
 *
 * @example
 * ```ts
 * import { CompactTree, leafHash } from "@golden-press/verifier";
 *
 * const tree = new CompactTree();
 * for (const entry of ["a", "b", "c"]) tree.append(leafHash(new TextEncoder().encode(entry)));
 * console.log(tree.size, tree.root().length); // 3 32
 * ```
 */
export class CompactTree {
  #size = 0;
  readonly #peaks: Uint8Array[] = [];

  /** How many leaves the tree has. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf at the right end, by its hash of 32 bytes. */
  append(hash: Uint8Array): void {
    let node = hash;
    // As in binary addition: each 1 at the end of the size is a complete subtree that the new one merges with.
    for (let rest = this.#size; rest % 2 === 1; rest = half(rest)) {
      node = nodeHash(this.#peaks.pop() as Uint8Array, node);
    }
    this.#peaks.push(node);
    this.#size++;
  }

  /** The root over all leaves so far, 32 bytes; of an empty tree the SHA-256 of nothing. */
  root(): Uint8Array {
    if (this.#size === 0) return sha256(new Uint8Array());
    return this.#peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/**
 * Whether a tree contains a leaf at a place: the algorithm of RFC 9162, section 2.1.3.2. Never throws.
 *
 * @param index - the place of the leaf, from 0.
 * @param size - how many leaves the tree has, up to 2^53 - 1.
 * @param leaf - the hash of the leaf: see `leafHash`.
 * @param path - the proof: the siblings on the way from the leaf to the root, 32 bytes each.
 * @param root - the root of the tree.
 * @example
 * ```ts
 * import { leafHash, nodeHash, verifyInclusion } from "@golden-press/verifier";
 *
 * const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
 * console.log(verifyInclusion(1, 2, right, [left], nodeHash(left, right))); // true
 * console.log(verifyInclusion(0, 2, right, [left], nodeHash(left, right))); // false
 * ```
 */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leaf, root]) || !areHashes(path)) return false;
  let [place, last] = [index, size - 1]; // Of the node that was reached and of the last one, on the same level.
  let node = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      node = nodeHash(sibling, node);
      while (place % 2 === 0 && place > 0) [place, last] = [half(place), half(last)]; // The last node moves up alone.
    } else {
      node = nodeHash(node, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && equalHashes(node, root);
}

/**
 * Whether a tree is the beginning of a larger one, or equal to it: the algorithm of RFC 9162, section 2.1.4.2. Never
 * throws. Nothing is consistent with an empty tree, because nothing could be inconsistent with it.
 *
 * @param size1 - how many leaves the older tree has, from 1.
 * @param size2 - how many leaves the newer tree has, up to 2^53 - 1.
 * @param root1 - the root of the older tree.
 * @param root2 - the root of the newer tree.
 * @param path - the proof, 32 bytes each; empty for trees of the same size.
 * @example
 * ```ts
 * import { leafHash, nodeHash, verifyConsistency } from "@golden-press/verifier";
 *
 * const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
 * console.log(verifyConsistency(1, 2, left, nodeHash(left, right), [right])); // true
 * console.log(verifyConsistency(1, 2, right, nodeHash(left, right), [left])); // false
 * ```
 */
export function verifyConsistency(
  size1: number,
  size2: number,
  root1: Uint8Array,
  root2: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (!isCount(size1) || !isCount(size2) || !isBytes(root1) || !isBytes(root2) || !areHashes(path)) return false;
  if (size1 === 0 || size1 > size2) return false;
  if (size1 === size2) return path.length === 0 && equalHashes(root1, root2);
  let [place, last] = [size1 - 1, size2 - 1]; // Of the last node of the older and of the newer tree, on the same level.
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  // Where the older tree is complete, its root is the first node of the way and the proof leaves it out.
  const [start, ...siblings] = place === 0 ? [root1, ...path] : path;
  if (start === undefined) return false;
  let [older, newer] = [start, start];
  for (const sibling of siblings) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      [older, newer] = [nodeHash(sibling, older), nodeHash(sibling, newer)];
      while (place % 2 === 0 && place > 0) [place, last] = [half(place), half(last)];
    } else {
      newer = nodeHash(newer, sibling); // The sibling is to the right, where the older tree has nothing.
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && equalHashes(older, root1) && equalHashes(newer, root2);
}

/**
 * Whether two hashes are the same, for example the root that you computed and the root of a checkpoint.
 *
 * @example
 * ```ts
 * import { CompactTree, equalHashes } from "@golden-press/verifier";
 *
 * console.log(equalHashes(new CompactTree().root(), new Uint8Array(32))); // false
 * ```
 */
export function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

/** Numbers beyond 2^31 forbid the operators on bits, which would cut them off. */
function half(count: number): number {
  return Math.floor(count / 2);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return Array.isArray(values) && values.every((value) => isBytes(value) && value.length === 32);
}
