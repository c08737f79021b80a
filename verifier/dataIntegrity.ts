import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { exactly, FORMS, matching, type Rule, type Rules, writeCanonical } from "./canonicalJson.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { decodeBase58btc } from "./multikey.ts";

/** The vocabulary of W3C Verifiable Credentials 2.0, and what makes terms beyond it allowed. */
export const CREDENTIALS = "https://www.w3.org/ns/credentials/v2";
export const UNDEFINED_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2";

/** The proof of a document (W3C Data Integrity), by the cryptosuite `eddsa-jcs-2022`. */
export interface DataIntegrityProof {
  readonly "@context": readonly string[];
  /** When it was made: UTC, to the second or millisecond. */
  readonly created: string;
  readonly cryptosuite: "eddsa-jcs-2022";
  readonly proofPurpose: "assertionMethod";
  /** `z` and base58btc of the 64 bytes of the signature. */
  readonly proofValue: string;
  readonly type: "DataIntegrityProof";
  /** The key that signed: the DID of the issuer, `#` and the id of the key, see `keyIdOf`. */
  readonly verificationMethod: string;
}

/** The form of a DID of the method `web` that names a host, and a port where it has one. */
export const DID: Rule = matching(/^did:web:([A-Za-z0-9._-]|%[0-9A-F]{2})+$/, "a DID like did:web:press.example");

/** The form of a time as W3C writes one: to the second, or to the millisecond. */
export const TIME_OR_SECOND: Rule = [isTimeOrSecond, "a real UTC time like 2026-11-21T15:09:26Z"];

/** The rules of a proof whose context is that of its document. */
export function proofRules(context: Rule): Rules<DataIntegrityProof> {
  return {
    "@context": context,
    created: TIME_OR_SECOND,
    cryptosuite: exactly("eddsa-jcs-2022"),
    proofPurpose: exactly("assertionMethod"),
    proofValue: [(value) => decodeSignature(value) !== undefined, "z and 64 bytes in base58btc"],
    type: exactly("DataIntegrityProof"),
    verificationMethod: matching(/^did:web:[A-Za-z0-9._%-]+#[0-9a-f]{16}$/, "a DID, # and the id of a key"),
  };
}

/** The form of one of several lists of texts. */
export function oneOfLists(...lists: readonly (readonly string[])[]): Rule {
  const texts = lists.map((list) => JSON.stringify(list));
  return [(value) => Array.isArray(value) && texts.includes(JSON.stringify(value)), texts.join(" or ")];
}

/**
 * The 64 bytes that a proof of `eddsa-jcs-2022` signs (W3C vc-di-eddsa, 3.3.4): SHA-256 of the options of the proof, then SHA-256 of the
 * document without its proof.
 *
 * @param document - the document without its proof, canonical JSON (RFC 8785).
 * @param proofOptions - its proof without `proofValue`, canonical JSON.
 * @example
 * ```ts
 * import { proofHashData } from "@golden-press/verifier";
 *
 * console.log(proofHashData("{}", "{}").length); // 64
 * ```
 */
export function proofHashData(document: string, proofOptions: string): Uint8Array {
  return concatBytes(sha256(utf8ToBytes(proofOptions)), sha256(utf8ToBytes(document)));
}

/** A document with its proof, whatever else it says. */
export interface SecuredDocument {
  readonly proof: { readonly proofValue: string };
}

/** Verifies a proof by `eddsa-jcs-2022` (W3C vc-di-eddsa, 3.3.2), but for the rules of the form, which come before. */
export function isProofOf(publicKey: Uint8Array, secured: SecuredDocument): boolean {
  const { proof, ...document } = secured;
  const { proofValue, ...options } = proof;
  const signature = decodeSignature(proofValue);
  if (signature === undefined) return false;
  return verifyEd25519(publicKey, proofHashData(writeCanonical(document), writeCanonical(options)), signature);
}

function decodeSignature(proofValue: unknown): Uint8Array | undefined {
  if (typeof proofValue !== "string" || !proofValue.startsWith("z")) return undefined;
  const signature = decodeBase58btc(proofValue.slice(1));
  return signature?.length === 64 ? signature : undefined;
}

function isTimeOrSecond(value: unknown): boolean {
  const [isTime] = FORMS.time;
  return isTime(value) || (typeof value === "string" && isTime(value.replace(/(:\d\d)Z$/, "$1.000Z")));
}
