import { parseJson } from "./canonicalJson.ts";
import { keyIdOf } from "./ed25519.ts";
import { formatMultikey, parseMultikey } from "./multikey.ts";
import { isTextUpTo, type Problem } from "./refusal.ts";

/** The longest DID document that is read, in UTF-16 code units: a thousand keys. */
const DOCUMENT_LENGTH_MAX = 262_144;
const CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];

/** With which keys an issuer signs credentials, as it says itself. */
export interface DidDocument {
  /** The DID, for example `did:web:press.example`. */
  readonly did: string;
  /** The keys by what `proof.verificationMethod` calls them: the 32 bytes of each. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

/**
 * The DID of the method `web` (W3C CCG did-web) of whoever serves an origin.
 *
 * @param origin - for example `https://press.example:8443`.
 * @throws RangeError when it is none, or has a path.
 * @example
 * ```ts
 * import { didOfOrigin } from "@golden-press/verifier";
 *
 * console.log(didOfOrigin("https://press.example:8443")); // did:web:press.example%3A8443
 * ```
 */
export function didOfOrigin(origin: string): string {
  const [, host] = /^https?:\/\/([a-z0-9.:[\]_-]+)$/.exec(origin) ?? [];
  if (host === undefined) throw new RangeError("An origin is like https://press.example, without a slash at its end.");
  return `did:web:${encodeURIComponent(host)}`;
}

/**
 * Writes the document of a DID (W3C DID Core) that names its keys as Multikeys, for credentials (`assertionMethod`).
 *
 * @param did - for example `did:web:press.example`.
 * @param publicKeys - 32 bytes each; also those that sign nothing more, so that what they signed can be verified.
 * @returns canonical JSON.
 * @throws RangeError when a key has not 32 bytes.
 * @example
 * ```ts
 * import { didDocument } from "@golden-press/verifier";
 *
 * console.log(didDocument("did:web:press.example", [])); // {"@context":["https://www.w3.org/ns/did/v1",…
 * ```
 */
export function didDocument(did: string, publicKeys: readonly Uint8Array[]): string {
  const methods = publicKeys.map((publicKey) => ({
    controller: did,
    id: `${did}#${keyIdOf(publicKey)}`,
    publicKeyMultibase: formatMultikey(publicKey),
    type: "Multikey",
  }));
  const assertionMethod = methods.map(({ id }) => id);
  return JSON.stringify({ "@context": CONTEXT, assertionMethod, id: did, verificationMethod: methods });
}

/**
 * Reads the document of a DID: its Ed25519 keys for credentials. What else is in it is ignored, and whether it is the document of that DID, says
 * nothing but where it came from. Never throws.
 *
 * @param text - as the issuer serves it at `/.well-known/did.json`.
 * @returns the keys, or the problem as the predicate of a sentence about the text.
 * @example
 * ```ts
 * import { didDocument, parsePublicKey, readDidDocument } from "@golden-press/verifier";
 *
 * const publicKey = parsePublicKey("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
 * const reading = readDidDocument(didDocument("did:web:press.example", [publicKey]));
 * if ("document" in reading) console.log([...reading.document.keys.keys()]); // [ 'did:web:press.example#21fe31dfa154a261' ]
 * ```
 */
export function readDidDocument(text: string): { document: DidDocument } | Problem {
  if (!isTextUpTo(DOCUMENT_LENGTH_MAX, text)) return { problem: `is no text, or longer than ${DOCUMENT_LENGTH_MAX}` };
  const { id, assertionMethod, verificationMethod } = membersOf(parseJson(text));
  if (typeof id !== "string" || !id.startsWith("did:")) return { problem: "has no DID as its id" };
  if (!Array.isArray(assertionMethod) || !Array.isArray(verificationMethod)) {
    return { problem: "lists no keys for credentials (assertionMethod, verificationMethod)" };
  }
  const keys = new Map<string, Uint8Array>();
  for (const method of verificationMethod.map(membersOf)) {
    const publicKey = method.type === "Multikey" ? readMultikey(method.publicKeyMultibase) : undefined;
    if (typeof method.id !== "string" || publicKey === undefined || !assertionMethod.includes(method.id)) continue;
    if (keys.has(method.id)) return { problem: `has two keys of the name ${method.id}` };
    keys.set(method.id, publicKey);
  }
  return { document: { did: id, keys } };
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function readMultikey(text: unknown): Uint8Array | undefined {
  try {
    return parseMultikey(text as string);
  } catch {
    return undefined; // A key of another kind, or none.
  }
}
