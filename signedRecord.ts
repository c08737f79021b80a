/**
 * What clients sign for the chain, judged beside the database, which has no arithmetic of secp256k1: the gateway asks before the database hears of a
 * record, and a worker before it pays for one.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import canonicalize from "canonicalize";

/** Of a compressed point. */
const KEY_BYTES = 33;
/** What stands before such a point of secp256k1 in a SubjectPublicKeyInfo (RFC 5480). */
const KEY_PREFIX = Buffer.from("3036301006072a8648ce3d020106052b8104000a032200", "hex");

/**
 * Whether a key has signed a text: ECDSA over SHA-256 of its UTF-8 bytes, with a low S, so that nobody can make another signature of one. Node's crypto
 * verifies, in a third of the time that noble takes; noble reads the numbers, and is the stricter of the two about DER.
 *
 * @param signature DER, base64
 * @param publicKey 33 bytes, hexadecimal
 */
export function isSignedBy(text: string, signature: string, publicKey: string): boolean {
  const numbers = numbersOf(signature);
  const key = numbers === null || numbers.hasHighS() ? undefined : keyOf(publicKey);
  return key !== undefined && verify("sha256", Buffer.from(text, "utf8"), key, Buffer.from(signature, "base64"));
}

/** Whether a text has the form of a signature: base64, with its padding, of the strict DER of an ECDSA signature, whoever made it. */
export function isSignature(text: string): boolean {
  return numbersOf(text) !== null;
}

/** Whether a text is canonical JSON (RFC 8785) of an object, to the byte. */
export function isCanonicalObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && canonicalize(value) === text;
  } catch {
    return false;
  }
}

/** Keys that were used lately, by their text: to read one takes half as long as to verify with it. */
const keys = new Map<string, KeyObject>();
const KEYS_MAX = 1_000;

function keyOf(publicKey: string): KeyObject | undefined {
  const known = keys.get(publicKey);
  if (known !== undefined) return known;
  const bytes = Buffer.from(publicKey, "hex");
  if (bytes.toString("hex") !== publicKey || bytes.length !== KEY_BYTES) return undefined;
  try {
    const key = createPublicKey({ key: Buffer.concat([KEY_PREFIX, bytes]), format: "der", type: "spki" });
    if (keys.size >= KEYS_MAX) keys.clear();
    keys.set(publicKey, key);
    return key;
  } catch {
    return undefined; // It throws for what is no point of the curve.
  }
}

function numbersOf(signature: string): InstanceType<typeof secp256k1.Signature> | null {
  const der = Buffer.from(signature, "base64");
  if (der.toString("base64") !== signature) return null;
  try {
    return secp256k1.Signature.fromBytes(der, "der");
  } catch {
    return null; // It throws for what is no DER.
  }
}
