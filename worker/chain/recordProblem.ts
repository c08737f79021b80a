import { createPublicKey, verify } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import canonicalize from "canonicalize";
import type { PublicationContent } from "./transaction.ts";

/** Why a publication must not go out: a code for machines, and a sentence for people. */
export interface PublicationProblem {
  readonly code: "NOT_CANONICAL" | "SIGNATURE_INVALID";
  readonly detail: string;
}

/**
 * Says why a record must not go out, or nothing when it may. The gateway has looked at it already; whoever got around the gateway, or into the database,
 * must not have the press publish in another's name.
 */
export function recordProblem({ payload, signature, publicKey }: PublicationContent): PublicationProblem | undefined {
  if (signature === null || publicKey === null) return undefined; // A checkpoint: what it is, its readers verify.
  if (!isCanonicalObject(payload)) {
    return { code: "NOT_CANONICAL", detail: "The payload is not canonical JSON (RFC 8785) of an object." };
  }
  if (isSignedBy(payload, signature, publicKey)) return undefined;
  return { code: "SIGNATURE_INVALID", detail: "The signature is not one of this key over this payload, with a low S." };
}

/**
 * Whether a key has signed a text: ECDSA over SHA-256 of its UTF-8 bytes, with a low S, so that nobody can make another signature of one. The gateway asks
 * noble; here node's crypto has to agree, which takes a third of the time.
 *
 * @param signature DER, base64
 * @param publicKey 33 bytes, hexadecimal
 */
export function isSignedBy(text: string, signature: string, publicKey: string): boolean {
  const [der, key] = [Buffer.from(signature, "base64"), Buffer.from(publicKey, "hex")];
  if (der.toString("base64") !== signature || key.toString("hex") !== publicKey || key.length !== KEY_BYTES)
    return false;
  try {
    if (secp256k1.Signature.fromBytes(der, "der").hasHighS()) return false;
    const keyObject = createPublicKey({ key: Buffer.concat([KEY_PREFIX, key]), format: "der", type: "spki" });
    return verify("sha256", Buffer.from(text, "utf8"), keyObject, der);
  } catch {
    return false; // They throw for what is no DER, and no point of the curve.
  }
}

/** Of a compressed point. */
const KEY_BYTES = 33;
/** What stands before such a point of secp256k1 in a SubjectPublicKeyInfo (RFC 5480). */
const KEY_PREFIX = Buffer.from("3036301006072a8648ce3d020106052b8104000a032200", "hex");

function isCanonicalObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && canonicalize(value) === text;
  } catch {
    return false;
  }
}
