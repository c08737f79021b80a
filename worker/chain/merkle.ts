/** What proves that a transaction is in a block: made of the txids of the block, or read from a node's `merkleblock` or the BUMP (BRC-74) of an ARC endpoint. */
import { hash } from "node:crypto";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { MerklePath } from "./broadcaster.ts";
import { readCount, reversed } from "./transaction.ts";

const HEADER_BYTES = 80;
const HASH_BYTES = 32;
/** Where the root is in a header. */
const ROOT_START = 36;

/** What a header says of its block. */
export function rootOf(header: string): string {
  return reversed(header.slice(ROOT_START * 2, (ROOT_START + HASH_BYTES) * 2));
}

/** The root that a path leads to, as people write it. */
export function rootOfPath(txid: string, { index, hashes }: MerklePath): string {
  let node: Buffer = Buffer.from(txid, "hex").reverse();
  hashes.forEach((other, level) => {
    const sibling = Buffer.from(other, "hex").reverse();
    const pair = Math.floor(index / 2 ** level) % 2 === 0 ? [node, sibling] : [sibling, node];
    node = hash256(Buffer.concat(pair));
  });
  return node.reverse().toString("hex");
}

/** The hash of the block that has a header of 80 bytes, as people write it. */
export function hashOfHeader(header: string): string {
  return hash256(Buffer.from(header, "hex")).reverse().toString("hex");
}

/** Hashes between which others get their turn: some milliseconds. */
const HASHES_BETWEEN_TURNS = 5_000;

/** The tree over all transactions of a block, from which each has its path. */
export class MerkleTree {
  /** The hashes of each level one behind the other, the leaves first. */
  readonly #levels: readonly Buffer[];
  readonly #places: ReadonlyMap<string, number>;

  private constructor(levels: readonly Buffer[], places: ReadonlyMap<string, number>) {
    this.#levels = levels;
    this.#places = places;
  }

  /** @param txids all of a block, in its order, as people write them: at least one */
  static async over(txids: readonly string[]): Promise<MerkleTree> {
    let level = Buffer.concat(txids.map((txid) => Buffer.from(txid, "hex").reverse()));
    const levels = [level];
    while (level.length > HASH_BYTES) {
      const next = Buffer.alloc(Math.ceil(level.length / (2 * HASH_BYTES)) * HASH_BYTES);
      for (let place = 0; place * HASH_BYTES < next.length; place += 1) {
        const pair = level.subarray(2 * place * HASH_BYTES, 2 * (place + 1) * HASH_BYTES);
        // The last of an odd number is paired with itself.
        hash256(pair.length === HASH_BYTES ? Buffer.concat([pair, pair]) : pair).copy(next, place * HASH_BYTES);
        if (place % HASHES_BETWEEN_TURNS === HASHES_BETWEEN_TURNS - 1) await yieldToEvents();
      }
      levels.push(next);
      level = next;
    }
    // Of one that is named twice the first place counts: at the end of a list it may be the pair of itself.
    return new MerkleTree(levels, new Map(txids.map((txid, place) => [txid, place] as const).reverse()));
  }

  /** As people write it. */
  get root(): string {
    return this.#hashAt(this.#levels.length - 1, 0);
  }

  /** @returns undefined when the block does not have the transaction */
  pathOf(txid: string): MerklePath | undefined {
    const index = this.#places.get(txid);
    if (index === undefined) return undefined;
    const hashes = this.#levels.slice(0, -1).map((_, level) => this.#hashAt(level, Math.floor(index / 2 ** level) ^ 1));
    return { index, hashes };
  }

  /** Beside the last of an odd number stands that one itself. */
  #hashAt(level: number, place: number): string {
    const hashes = this.#levels[level] as Buffer;
    const start = Math.min(place * HASH_BYTES, hashes.length - HASH_BYTES);
    return Buffer.from(hashes.subarray(start, start + HASH_BYTES))
      .reverse()
      .toString("hex");
  }
}

/**
 * Reads a proof that a node made for one transaction.
 *
 * @param proof what `gettxoutproof` answers: hexadecimal
 * @returns the header of the block and the path; undefined when it does not prove that this transaction is in it
 */
export function readMerkleBlock(proof: string, txid: string): { header: string; path: MerklePath } | undefined {
  try {
    const bytes = Buffer.from(proof, "hex");
    const header = bytes.toString("hex", 0, HEADER_BYTES);
    const path = new PartialTree(bytes).pathTo(txid);
    return path !== undefined && rootOfPath(txid, path) === rootOf(header) ? { header, path } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a BUMP.
 *
 * @param bump hexadecimal
 * @returns the path; undefined when it has none for this transaction. Which root it leads to only a header could say
 */
export function readBump(bump: string, txid: string): MerklePath | undefined {
  try {
    const levels = readLevels(Buffer.from(bump, "hex"));
    const leaf = levels[0]?.find((node) => node.hash === txid);
    if (leaf === undefined || leaf.offset >= 2 ** levels.length) return undefined;
    const hashes: string[] = [];
    for (const [level, nodes] of levels.entries()) {
      const place = Math.floor(leaf.offset / 2 ** level);
      const sibling = nodes.find(({ offset }) => offset === (place % 2 === 0 ? place + 1 : place - 1));
      if (sibling === undefined) return undefined;
      // One without a hash stands for the node beside it.
      hashes.push(sibling.hash ?? rootOfPath(txid, { index: leaf.offset, hashes }));
    }
    return { index: leaf.offset, hashes };
  } catch {
    return undefined;
  }
}

/** BIP37: the hashes that are needed, and which of them are on the way to what was asked for, from the root on. */
class PartialTree {
  readonly #count: number;
  readonly #hashes: Buffer[] = [];
  readonly #flags: Buffer;
  #hashesUsed = 0;
  #flagsUsed = 0;
  #path: { index: number; hashes: string[] } | undefined;

  constructor(bytes: Buffer) {
    this.#count = bytes.readUInt32LE(HEADER_BYTES);
    const hashes = readCount(bytes, HEADER_BYTES + 4);
    let position = hashes.end;
    for (let index = 0; index < hashes.value; index += 1, position += HASH_BYTES) {
      if (position + HASH_BYTES > bytes.length) throw new RangeError("The bytes end too early.");
      this.#hashes.push(bytes.subarray(position, position + HASH_BYTES));
    }
    const flags = readCount(bytes, position);
    this.#flags = bytes.subarray(flags.end, flags.end + flags.value);
  }

  pathTo(txid: string): MerklePath | undefined {
    const leaf = reversed(txid);
    const height = Math.ceil(Math.log2(Math.max(this.#count, 1)));
    this.#walk(height, 0, leaf);
    return this.#path;
  }

  /** The hash of a node; the path is gathered on the way back from the leaf. */
  #walk(height: number, place: number, leaf: string): Buffer {
    const isOnTheWay = this.#flag();
    if (height === 0 || !isOnTheWay) {
      const node = this.#hashes[this.#hashesUsed++];
      if (node === undefined) throw new RangeError("The bytes end too early.");
      if (height === 0 && isOnTheWay && node.toString("hex") === leaf) this.#path = { index: place, hashes: [] };
      return node;
    }
    const left = this.#walk(height - 1, place * 2, leaf);
    const isLeft = this.#path !== undefined && this.#path.hashes.length === height - 1;
    const hasRight = place * 2 + 1 < Math.ceil(this.#count / 2 ** (height - 1));
    const right = hasRight ? this.#walk(height - 1, place * 2 + 1, leaf) : left;
    if (this.#path !== undefined && this.#path.hashes.length === height - 1) {
      this.#path.hashes.push(
        Buffer.from(isLeft ? right : left)
          .reverse()
          .toString("hex"),
      );
    }
    return hash256(Buffer.concat([left, right]));
  }

  #flag(): boolean {
    const bit = this.#flagsUsed++;
    return (this.#flags.readUInt8(bit >> 3) & (1 << (bit & 7))) !== 0;
  }
}

interface BumpNode {
  readonly offset: number;
  readonly hash: string | undefined;
}

const IS_DUPLICATE = 1;
const HEIGHT_MAX = 32;

function readLevels(bytes: Buffer): BumpNode[][] {
  const { end } = readCount(bytes, 0);
  const height = bytes.readUInt8(end);
  if (height > HEIGHT_MAX) throw new RangeError("No block has so many transactions.");
  let position = end + 1;
  const levels: BumpNode[][] = [];
  for (let level = 0; level < height; level += 1) {
    const count = readCount(bytes, position);
    position = count.end;
    const nodes: BumpNode[] = [];
    for (let index = 0; index < count.value; index += 1) {
      const offset = readCount(bytes, position);
      const flag = bytes.readUInt8(offset.end);
      position = offset.end + 1;
      const isDuplicate = (flag & IS_DUPLICATE) !== 0;
      nodes.push({
        offset: offset.value,
        hash: isDuplicate ? undefined : readHash(bytes, position),
      });
      if (!isDuplicate) position += HASH_BYTES;
    }
    levels.push(nodes);
  }
  return levels;
}

/** @throws {RangeError} where the bytes end before it does: a shorter one would be refused with everything that is told beside it */
function readHash(bytes: Buffer, position: number): string {
  if (position + HASH_BYTES > bytes.length) throw new RangeError("The bytes end too early.");
  return reversed(bytes.toString("hex", position, position + HASH_BYTES));
}

function hash256(bytes: Buffer): Buffer {
  return hash("sha256", hash("sha256", bytes, "buffer"), "buffer");
}
