/** Proofs of W3C Data Integrity by the cryptosuite eddsa-jcs-2022: what is signed, and how it is put together. */
import canonicalize from "canonicalize";
import { encodeBase58btc, proofHashData } from "../../verifier/index.ts";
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

/**
 * Signs a document.
 *
 * @returns it with its proof, in canonical form
 */
export function secure(document: object, { did, key }: { readonly did: string; readonly key: SigningKey }): string {
  const options = proofOptions(did, key.keyId, new Date().toISOString());
  const message = proofHashData(canonicalText(document), canonicalText(options));
  const signature = key.sign(message);
  if (!key.check(message, signature)) throw new Error(`A signature of the key ${key.keyId} does not verify.`);
  return canonicalText({ ...document, proof: { ...options, proofValue: `z${encodeBase58btc(signature)}` } });
}

/** RFC 8785, by a library of others: the SDK, and whoever verifies, has another. */
export function canonicalText(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error("What is to be signed has no canonical form.");
  return text;
}
