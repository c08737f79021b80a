import { bytesToHex, isBytes } from "@noble/hashes/utils.js";
import { parsePublicKey } from "./ed25519.ts";

const DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** What base58btc is read of here is a key or a signature: this many digits are 93 bytes, and the arithmetic is quadratic. */
const LENGTH_MAX = 128;

/** The multicodec `ed25519-pub`, 0xed, as a varint. */
const ED25519_PUB = [0xed, 0x01];

/**
 * Writes bytes in base58btc: the number that they are, the high byte first, in base 58; each zero byte before it is a `1`.
 *
 * @example
 * ```ts
 * import { encodeBase58btc } from "@golden-press/verifier";
 *
 * console.log(encodeBase58btc(Uint8Array.of(0, 1, 0))); // 15R
 * ```
 */
export function encodeBase58btc(bytes: Uint8Array): string {
  let number = bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`);
  let text = "";
  for (; number > 0n; number /= 58n) text = DIGITS.charAt(Number(number % 58n)) + text;
  const first = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(first === -1 ? bytes.length : first) + text;
}

/**
 * Reads base58btc of at most 128 digits. Never throws; every text but the one that `encodeBase58btc` writes is refused.
 *
 * @returns the bytes; undefined for what is no such text.
 * @example
 * ```ts
 * import { decodeBase58btc } from "@golden-press/verifier";
 *
 * console.log(decodeBase58btc("15R")?.join()); // 0,1,0
 * console.log(decodeBase58btc("0OIl")); // undefined
 * ```
 */
export function decodeBase58btc(text: string): Uint8Array | undefined {
  if (typeof text !== "string" || text.length > LENGTH_MAX) return undefined;
  let number = 0n;
  for (const digit of text) {
    const value = DIGITS.indexOf(digit);
    if (value === -1) return undefined;
    number = number * 58n + BigInt(value);
  }
  const bytes = [];
  for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 0xffn));
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  return Uint8Array.from([...Array<number>(zeros).fill(0), ...bytes]);
}

/**
 * Writes a public key as a Multikey (W3C Controlled Identifiers): `z` and base58btc of 0xed, 0x01 and the key.
 *
 * @param publicKey - the 32 bytes of an Ed25519 public key.
 * @returns text that begins with `z6Mk`.
 * @throws RangeError when these are not 32 bytes.
 * @example
 * ```ts
 * import { formatMultikey, parsePublicKey } from "@golden-press/verifier";
 *
 * const publicKey = parsePublicKey("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
 * console.log(formatMultikey(publicKey)); // z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw
 * ```
 */
export function formatMultikey(publicKey: Uint8Array): string {
  if (!isBytes(publicKey) || publicKey.length !== 32) throw new RangeError("An Ed25519 public key has 32 bytes.");
  return `z${encodeBase58btc(Uint8Array.of(...ED25519_PUB, ...publicKey))}`;
}

/**
 * Reads the Multikey of an Ed25519 public key, and refuses what `parsePublicKey` refuses.
 *
 * @param multikey - text that begins with `z6Mk`, as a DID document has it in `publicKeyMultibase`.
 * @returns the 32 bytes.
 * @throws RangeError when it is none.
 * @example
 * ```ts
 * import { keyIdOf, parseMultikey } from "@golden-press/verifier";
 *
 * console.log(keyIdOf(parseMultikey("z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"))); // 21fe31dfa154a261
 * ```
 */
export function parseMultikey(multikey: string): Uint8Array {
  const bytes =
    typeof multikey === "string" && multikey.startsWith("z") ? decodeBase58btc(multikey.slice(1)) : undefined;
  if (bytes?.length !== 34 || bytes[0] !== ED25519_PUB[0] || bytes[1] !== ED25519_PUB[1]) {
    throw new RangeError(
      "The Multikey of an Ed25519 key is text that begins with z6Mk; copy the key that the issuer publishes.",
    );
  }
  return parsePublicKey(bytesToHex(bytes.subarray(2)));
}
