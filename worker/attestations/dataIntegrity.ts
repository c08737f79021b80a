/** Proofs of W3C Data Integrity by the cryptosuite eddsa-jcs-2022: what is signed, and how a signature is written. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { SigningKey } from "../keys.ts";

/** As whom, and where from, a press speaks in its credentials. */
export interface CredentialIssuer {
  /** A DID of the method web: `did:web:press.example`. */
  readonly did: string;
  /** Where its gateway is for everybody, without a slash at the end: `https://press.example`. */
  readonly baseUrl: string;
}

/** The vocabulary of W3C Verifiable Credentials 2.0, and what makes terms beyond it allowed. */
export const CONTEXT = [
  "https://www.w3.org/ns/credentials/v2",
  "https://www.w3.org/ns/credentials/undefined-terms/v2",
] as const;

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** A proof before it is signed. */
export function proofOptions(did: string, keyId: string, created: string) {
  return {
    "@context": CONTEXT,
    created,
    cryptosuite: "eddsa-jcs-2022",
    proofPurpose: "assertionMethod",
    type: "DataIntegrityProof",
    verificationMethod: `${did}#${keyId}`,
  } as const;
}

/** The 64 bytes that are signed (W3C vc-di-eddsa, 3.3.4): SHA-256 of the proof without its value, and SHA-256 of the document without its proof. */
export function signedBytes(document: string, options: string): Buffer {
  return Buffer.concat([sha256(options), sha256(document)]);
}

/**
 * Signs a document.
 *
 * @returns it with its proof, in canonical form
 */
export function secure(document: object, { did, key }: { readonly did: string; readonly key: SigningKey }): string {
  const options = proofOptions(did, key.keyId, new Date().toISOString());
  const message = signedBytes(canonicalText(document), canonicalText(options));
  const signature = key.sign(message);
  if (!key.check(message, signature)) throw new Error(`A signature of the key ${key.keyId} does not verify.`);
  return canonicalText({ ...document, proof: { ...options, proofValue: `z${base58btc(signature)}` } });
}

/** RFC 8785. */
export function canonicalText(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("What is to be signed has no canonical form.");
  return text;
}

/** The digits of the bytes as one number to the base 58, behind a 1 for each zero at their beginning. */
export function base58btc(bytes: Uint8Array): string {
  let digits = "";
  for (let rest = BigInt(`0x0${Buffer.from(bytes).toString("hex")}`); rest > 0n; rest /= 58n) {
    digits = `${ALPHABET[Number(rest % 58n)]}${digits}`;
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros === -1 ? bytes.length : zeros) + digits;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
