import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { equalHashes } from "./merkle.ts";
import type { Problem } from "./refusal.ts";

/** What a header says of its block, once its proof of work was checked. */
export interface BlockHeader {
  /** As people write it: lower-case hexadecimal, the last byte first. */
  readonly hash: string;
  /** The root of its Merkle tree, 32 bytes as they are in the header. */
  readonly root: Uint8Array;
  /** When its miner says that it was mined: UTC. Nodes accept a time up to two hours ahead. */
  readonly time: string;
  /** How many hashes somebody had to try for it, on average: what it costs to make one up. */
  readonly work: number;
}

/** A place in the Merkle tree of a block, and the way from there to its root. */
export interface MerklePath {
  /** The place of the transaction in the block, from 0. */
  readonly index: number;
  /** The other hash of each pair, from the leaves up, as people write them. Of a node without a neighbour it is the node's own. */
  readonly hashes: readonly string[];
}

const HEADER_LENGTH = 80;
const NODE_LENGTH = 64;
/** More than a block has levels. */
export const PATH_LENGTH_MAX = 32;
const OP_FALSE_RETURN = Uint8Array.of(0x00, 0x6a);

/**
 * Reads a transaction, whole.
 *
 * @returns its txid as people write it, and the scripts of its outputs; or the problem as the predicate of a sentence about it
 */
export function readTransaction(bytes: Uint8Array): { txid: string; scripts: Uint8Array[] } | Problem {
  // The two hashes of an inner node of a block's tree are as long, and can be made to look like a transaction (CVE-2017-12842).
  if (bytes.length === NODE_LENGTH) return { problem: "has 64 bytes, as a node of a block's tree has" };
  const scripts = outputScripts(bytes);
  if (scripts === undefined) return { problem: "is no transaction" };
  return { txid: reversedHex(hash256(bytes)), scripts };
}

/** The script of an output that publishes these bytes: `OP_FALSE OP_RETURN`, and each part pushed. */
export function publishingScript(...parts: readonly Uint8Array[]): Uint8Array {
  return concatenated([OP_FALSE_RETURN, ...parts.flatMap((part) => [pushOf(part.length), part])]);
}

/**
 * Reads the header of a block and checks its proof of work against the target that it names itself. Whether that is the target of the chain only its other
 * headers tell.
 *
 * @returns the header, or the problem as the predicate of a sentence about it
 */
export function readHeader(bytes: Uint8Array): { header: BlockHeader } | Problem {
  if (bytes.length !== HEADER_LENGTH) return { problem: `has not ${HEADER_LENGTH} bytes` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const target = targetOf(view.getUint32(72, true));
  if (target === undefined) return { problem: "names no target" };
  const hash = reversedHex(hash256(bytes));
  if (BigInt(`0x${hash}`) > target) return { problem: "does not meet the target that it names" };
  const time = new Date(view.getUint32(68, true) * 1000).toISOString();
  return { header: { hash, root: bytes.slice(36, 68), time, work: Number(2n ** 256n / (target + 1n)) } };
}

/**
 * Says whether a path leads from a transaction to the root of a block's tree (SHA-256 twice, the last node of an odd row doubled).
 *
 * @returns undefined where it does, or the problem as the predicate of a sentence about the path
 */
export function pathProblem(txid: string, { index, hashes }: MerklePath, root: Uint8Array): Problem | undefined {
  if (hashes.length > PATH_LENGTH_MAX || index >= 2 ** hashes.length)
    return { problem: "has a place that is in no tree" };
  let node: Uint8Array = hexToBytes(txid).reverse();
  let place = index;
  for (const text of hashes) {
    const sibling = hexToBytes(text).reverse();
    const isRight = place % 2 === 1;
    // Only what has no neighbour is doubled, and that is on the left: a place beyond it is none (CVE-2012-2459).
    if (isRight && equalHashes(node, sibling)) return { problem: "has a place beyond the end of its tree" };
    const pair = concatenated(isRight ? [sibling, node] : [node, sibling]);
    // Who publishes a transaction of 64 bytes could hang any other below it. By chance a node is one about once in 10^9.
    if (outputScripts(pair) !== undefined) return { problem: "goes through a node that is a transaction" };
    node = hash256(pair);
    place = Math.floor(place / 2);
  }
  return equalHashes(node, root)
    ? undefined
    : { problem: "does not lead from the transaction to the root of the block" };
}

/** The scripts of the outputs, in their order; undefined where the bytes are not one transaction and nothing else. */
function outputScripts(bytes: Uint8Array): Uint8Array[] | undefined {
  const reader = new Reader(bytes);
  reader.skip(4); // Its version.
  const inputCount = reader.count();
  for (let index = 0; index < inputCount && !reader.isBroken; index++) {
    reader.skip(36); // Which output it spends.
    reader.take(reader.count());
    reader.skip(4);
  }
  const outputCount = reader.count();
  const scripts: Uint8Array[] = [];
  for (let index = 0; index < outputCount && !reader.isBroken; index++) {
    reader.skip(8); // What it pays.
    scripts.push(reader.take(reader.count()));
  }
  reader.skip(4); // From when on it may be mined.
  const isWhole = reader.isAtEnd && inputCount > 0 && outputCount > 0;
  return isWhole ? scripts : undefined;
}

/** Reads from left to right. What is not there breaks it for good, and is read as nothing. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;
  isBroken = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return !this.isBroken && this.#position === this.#bytes.length;
  }

  skip(length: number): void {
    this.take(length);
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#position) this.isBroken = true;
    if (this.isBroken) return new Uint8Array();
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  /** A number in 1, 3 or 5 bytes; a longer form than it needs is none, and what needs 9 bytes is longer than any transaction. */
  count(): number {
    const [first = 0] = this.take(1);
    const at = this.#position;
    if (first < 0xfd) return first;
    if (first === 0xfd && this.take(2).length === 2) return this.#atLeast(0xfd, this.#view.getUint16(at, true));
    if (first === 0xfe && this.take(4).length === 4) return this.#atLeast(0x1_0000, this.#view.getUint32(at, true));
    return this.#atLeast(1, 0);
  }

  #atLeast(min: number, value: number): number {
    if (value < min) this.isBroken = true;
    return value;
  }
}

/** How a script says that so many bytes follow; in the shortest form, which is the only one that the press writes. */
function pushOf(length: number): Uint8Array {
  if (length <= 0x4b) return Uint8Array.of(length);
  const low = [length & 0xff, (length >> 8) & 0xff];
  if (length <= 0xff) return Uint8Array.of(0x4c, length);
  if (length <= 0xffff) return Uint8Array.of(0x4d, ...low);
  return Uint8Array.of(0x4e, ...low, (length >> 16) & 0xff, (length >> 24) & 0xff);
}

/** A target as a header has it: three bytes, and how many there are in all. Undefined for zero, a negative one and one that no hash could miss. */
function targetOf(compact: number): bigint | undefined {
  const [length, mantissa] = [compact >>> 24, compact & 0x7f_ffff];
  const isNegative = (compact & 0x80_0000) !== 0;
  const target = length >= 3 ? BigInt(mantissa) << BigInt(8 * (length - 3)) : BigInt(mantissa >> (8 * (3 - length)));
  return isNegative || target === 0n || target >= 2n ** 256n ? undefined : target;
}

function hash256(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes));
}

function reversedHex(bytes: Uint8Array): string {
  return bytesToHex(bytes.toReversed());
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
