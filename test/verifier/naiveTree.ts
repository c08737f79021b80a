import { createHash } from "node:crypto";

/** Merkle trees as the definitions of RFC 6962, section 2.1, write them down: recursive, over ranges of leaves. */
export class NaiveTree {
  readonly #leafOf: (index: number) => Buffer;
  readonly #nameOf: (start: number, end: number) => string;
  readonly #roots = new Map<string, Buffer>();

  private constructor(leafOf: (index: number) => Buffer, nameOf: (start: number, end: number) => string) {
    this.#leafOf = leafOf;
    this.#nameOf = nameOf;
  }

  static of(entries: readonly (string | Buffer)[]): NaiveTree {
    const leaves = entries.map((entry) => sha256(Buffer.of(0), Buffer.from(entry)));
    return new NaiveTree(
      (index) => leaves[index] as Buffer,
      (start, end) => `${start}:${end}`,
    );
  }

  /** A tree of any size whose entries are all empty: the root of a range depends on its length alone. */
  static uniform(): NaiveTree {
    const leaf = sha256(Buffer.of(0));
    return new NaiveTree(
      () => leaf,
      (start, end) => String(end - start),
    );
  }

  /** MTH(D[0:size]). */
  root(size: number): Buffer {
    return this.#range(0, size);
  }

  leaf(index: number): Buffer {
    return this.#leafOf(index);
  }

  /** PATH(index, D[start:end]). */
  inclusion(index: number, end: number, start = 0): Buffer[] {
    if (end - start === 1) return [];
    const middle = start + largestPowerBelow(end - start);
    return index < middle
      ? [...this.inclusion(index, middle, start), this.#range(middle, end)]
      : [...this.inclusion(index, end, middle), this.#range(start, middle)];
  }

  /** PROOF(size1, D[0:size2]). */
  consistency(size1: number, size2: number): Buffer[] {
    return this.#subproof(size1, 0, size2, true);
  }

  /** SUBPROOF: `isOldRoot` says that the older tree ends where D[start:end] does, and its verifier knows that root. */
  #subproof(size1: number, start: number, end: number, isOldRoot: boolean): Buffer[] {
    if (size1 === end) return isOldRoot ? [] : [this.#range(start, end)];
    const middle = start + largestPowerBelow(end - start);
    return size1 <= middle
      ? [...this.#subproof(size1, start, middle, isOldRoot), this.#range(middle, end)]
      : [...this.#subproof(size1, middle, end, false), this.#range(start, middle)];
  }

  /** MTH(D[start:end]), computed once for each name. */
  #range(start: number, end: number): Buffer {
    const name = this.#nameOf(start, end);
    const known = this.#roots.get(name);
    if (known !== undefined) return known;
    const root = this.#compute(start, end);
    this.#roots.set(name, root);
    return root;
  }

  #compute(start: number, end: number): Buffer {
    if (start === end) return sha256();
    if (end - start === 1) return this.#leafOf(start);
    const middle = start + largestPowerBelow(end - start);
    return sha256(Buffer.of(1), this.#range(start, middle), this.#range(middle, end));
  }
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
