import { createPublicKey, verify } from "node:crypto";
import { Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { random } from "../random.ts";

/** Hand-made keys and signatures at the edges of Ed25519, for tests of the verification rule. */

export const L = Point.CURVE().n;

/** A point of order 8. Its multiples are the eight points of small order. */
export const T8 = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");

/** Every encoding of a point of small order: the eight canonical ones, then y >= p and negative zeros. */
export const smallOrderEncodings: readonly string[] = [
  ...Array.from({ length: 8 }, (_, k) => T8.multiplyUnsafe(BigInt(k)).toHex()),
  `01${"00".repeat(30)}80`, // y = 1, negative zero
  `ec${"ff".repeat(31)}`, // y = -1, negative zero
  `ed${"ff".repeat(30)}7f`, // y = p
  `ed${"ff".repeat(31)}`, // y = p, odd x
  `ee${"ff".repeat(30)}7f`, // y = p + 1
  `ee${"ff".repeat(31)}`, // y = p + 1, negative zero
];

export interface Signed {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Signs with A and R as given, whatever they are: S = r + h·a, where A = aB + (torsion) and R = rB + (torsion). */
export function forge(a: bigint, A: Uint8Array, r: bigint, R: Uint8Array, message: Uint8Array): Signed {
  const S = (r + challenge(A, R, message) * a) % L;
  return { publicKey: A, message, signature: Buffer.concat([R, littleEndian(S)]) };
}

/** h of the verification equation. */
export function challenge(A: Uint8Array, R: Uint8Array, message: Uint8Array): bigint {
  const digest = sha512(Buffer.concat([R, A, message]));
  return BigInt(`0x${Buffer.from(digest).reverse().toString("hex")}`) % L;
}

export function littleEndian(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, "0"), "hex").reverse();
}

/** A key with a component of small order: its owner knows `a` and could make libraries disagree. */
export function mixedOrderKey(): string {
  return Point.BASE.multiplyUnsafe(12345n).add(T8).toHex();
}

/** The verdict of OpenSSL, through node's crypto. A key or signature that it cannot read is not valid. */
export function opensslVerify({ publicKey, message, signature }: Signed): boolean {
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]);
  try {
    return verify(null, message, createPublicKey({ key: spki, format: "der", type: "spki" }), signature);
  } catch {
    return false;
  }
}

/** Flips one to three bits of one part; never none, so that a signature cannot stay valid. */
export function flipSome({ publicKey, message, signature }: Signed): void {
  const part = random.pick([publicKey, message, signature].filter(({ length }) => length > 0));
  const bits = new Set(Array.from({ length: 1 + random.integer(3) }, () => random.integer(part.length * 8)));
  for (const bit of bits) flip(part, bit);
}

export function flip(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
}
