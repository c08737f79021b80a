import { Point } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/** L of RFC 8032: the order of the base point B. */
const GROUP_ORDER = Point.CURVE().n;

/**
 * Verifies an Ed25519 signature by the one rule of Golden Press, which accepts only what every common library accepts:
 * S is below the group order; A (the key) and R are canonical encodings (y < p, no negative zero) of points that are
 * not of small order; and [S]B = R + [h]A holds without multiplying by the cofactor, where h = SHA-512(R || A || message)
 * modulo the group order, over the bytes as sent. (The `verify` of noble multiplies by the cofactor, also with
 * `zip215: false`, and therefore accepts a few signatures more.)
 *
 * @param publicKey - 32 bytes; any other length is answered with `false`.
 * @param message - the signed bytes.
 * @param signature - 64 bytes, R then S; any other length is answered with `false`.
 * @returns whether the signature is valid.
 * @example
 * ```ts
 * import { parsePublicKey, verifyEd25519 } from "@golden-press/verifier";
 *
 * const publicKey = parsePublicKey("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
 * console.log(verifyEd25519(publicKey, new TextEncoder().encode("message"), new Uint8Array(64))); // false
 * ```
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const encodedR = signature.subarray(0, 32);
  const S = readLittleEndian(signature.subarray(32));
  if (S >= GROUP_ORDER) return false;
  const A = decodePoint(publicKey);
  const R = decodePoint(encodedR);
  if (A === undefined || R === undefined) return false;
  const hash = sha512.create().update(encodedR).update(publicKey).update(message).digest();
  const h = readLittleEndian(hash) % GROUP_ORDER;
  // Nothing here is secret, so the faster multiplication, whose duration depends on its scalar, is the right one.
  return Point.BASE.multiplyUnsafe(S).equals(R.add(A.multiplyUnsafe(h)));
}

/**
 * Reads a public key from its hexadecimal text and refuses every key that libraries could disagree about.
 *
 * @param publicKeyHex - 64 lower-case hexadecimal characters: the 32 bytes of an Ed25519 public key.
 * @returns the 32 bytes.
 * @throws RangeError when the text has another form, or is no canonical point of the curve, or the point is not of
 * prime order (small and mixed order: no honest key is).
 * @example
 * ```ts
 * import { keyIdOf, parsePublicKey } from "@golden-press/verifier";
 *
 * const publicKey = parsePublicKey("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
 * console.log(keyIdOf(publicKey)); // 21fe31dfa154a261
 * ```
 */
export function parsePublicKey(publicKeyHex: string): Uint8Array {
  if (typeof publicKeyHex !== "string" || !/^[0-9a-f]{64}$/.test(publicKeyHex)) {
    throw new RangeError(
      "A public key is 64 lower-case hexadecimal characters; copy the key that the issuer publishes.",
    );
  }
  const publicKey = hexToBytes(publicKeyHex);
  if (!decodePoint(publicKey)?.isTorsionFree()) {
    throw new RangeError("This is not an Ed25519 public key; compare it with the key that the issuer publishes.");
  }
  return publicKey;
}

/**
 * Names a public key: the first 16 hexadecimal characters of the SHA-256 of its 32 bytes, as tickets carry it in
 * `key_id`.
 *
 * @param publicKey - the 32 bytes of an Ed25519 public key.
 * @returns 16 lower-case hexadecimal characters.
 * @example
 * ```ts
 * import { keyIdOf } from "@golden-press/verifier";
 *
 * console.log(keyIdOf(new Uint8Array(32))); // 66687aadf862bd77
 * ```
 */
export function keyIdOf(publicKey: Uint8Array): string {
  return bytesToHex(sha256(publicKey)).slice(0, 16);
}

/** The point of a canonical encoding, or undefined: also for a point of small order, whose signatures prove nothing. */
function decodePoint(encoded: Uint8Array): Point | undefined {
  try {
    const point = Point.fromBytes(encoded);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined; // noble throws for a wrong length, y >= p, negative zero and a y that is on no point of the curve.
  }
}

function readLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.toReversed())}`);
}
