import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** A source of numbers that are as good as random, each of the same width. */
export interface Words {
  /** The width: each number is from 0 to below 2^bits. */
  readonly bits: number;
  next(): bigint;
}

/** What a draw is made of: whoever has it can make the draw again. */
export interface DrawInputs {
  /** `sealed` or `beacon`. */
  readonly mode: string;
  /** The slug of the edition. */
  readonly edition: string;
  /** The `entries_hash` of its `edition.closed`, 64 lower-case hexadecimal characters. */
  readonly entriesHash: string;
  /** Lower-case hexadecimal: the secret of a sealed draw, the signature of the round of a beacon. */
  readonly entropy: string;
  /** 1 for the draw, 2 and more for the replacements of its winner. */
  readonly attempt: number;
}

/** The first line of what the seed of a draw is the hash of: no other hash can serve as one. */
const SEED_DOMAIN = "golden-press/draw/v1";

/**
 * Chooses one of `count` things by rejection sampling, so that each is exactly as likely as the others: words beyond the
 * largest multiple of `count` are thrown away, because the remainder alone would favour the first things.
 *
 * @param count - of how many, from 1 to 2^bits.
 * @param words - the source; more than one is taken from it where one does not decide.
 * @returns which one, from 0 to below `count`.
 * @throws RangeError when there is nothing to choose from, or more than a word can tell apart.
 * @example
 * ```ts
 * import { sampleIndex } from "@golden-press/verifier";
 *
 * const dice = [3n, 2n]; // Words of two bits.
 * console.log(sampleIndex(3, { bits: 2, next: () => dice.shift() ?? 0n })); // 2
 * ```
 */
export function sampleIndex(count: number, words: Words): number {
  const range = 1n << BigInt(words.bits);
  if (!Number.isSafeInteger(count) || count < 1 || BigInt(count) > range) {
    throw new RangeError(`One of ${count} cannot be chosen by words of ${words.bits} bits.`);
  }
  const limit = range - (range % BigInt(count));
  for (;;) {
    const word = words.next();
    if (word < limit) return Number(word % BigInt(count));
  }
}

/**
 * The words of a draw: the first 8 bytes of SHA-256 over the seed and a counter of 8 bytes, all with the high byte first.
 *
 * @param seed - 32 bytes, as `drawSeed` makes them.
 * @returns words of 64 bits, the same ones for the same seed.
 * @example
 * ```ts
 * import { drawWords } from "@golden-press/verifier";
 *
 * console.log(drawWords(new Uint8Array(32)).next()); // 3185397464471143308n
 * ```
 */
export function drawWords(seed: Uint8Array): Words {
  let counter = 0n;
  const next = () => {
    const hash = sha256.create().update(seed).update(bigEndian(counter)).digest();
    counter++;
    return new DataView(hash.buffer, hash.byteOffset).getBigUint64(0);
  };
  return { bits: 64, next };
}

/**
 * The seed of a draw: SHA-256 over a line that names the method, and a line for each input in this order.
 *
 * @param inputs - mode, edition, entriesHash, entropy, attempt; their values are not checked.
 * @returns 32 bytes.
 * @example
 * ```ts
 * import { drawSeed, drawWords, sampleIndex } from "@golden-press/verifier";
 *
 * const [entriesHash, entropy] = ["e".repeat(64), "0".repeat(64)];
 * const seed = drawSeed({ mode: "sealed", edition: "summer-raffle", entriesHash, entropy, attempt: 1 });
 * console.log(sampleIndex(100, drawWords(seed))); // 35
 * ```
 */
export function drawSeed({ mode, edition, entriesHash, entropy, attempt }: DrawInputs): Uint8Array {
  const lines = [SEED_DOMAIN, mode, edition, entriesHash, entropy, attempt];
  return sha256(utf8ToBytes(lines.map((line) => `${line}\n`).join("")));
}

/** A number from 0 to 2^64 - 1 as 8 bytes, the high one first. */
export function bigEndian(number: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, number);
  return bytes;
}
