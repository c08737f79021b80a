import { parseJson } from "./canonicalJson.ts";
import { TIME_OR_SECOND } from "./dataIntegrity.ts";
import { keyIdOf } from "./ed25519.ts";
import { formatMultikey, parseMultikey } from "./multikey.ts";
import { isTextUpTo, type Problem } from "./refusal.ts";

/** The longest DID document that is read, in UTF-16 code units: a thousand keys. */
const DOCUMENT_LENGTH_MAX = 262_144;
const CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"];

/** A key of an issuer. */
export interface IssuerKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** When it was retired, UTC, to the second or millisecond: what it signed before is good. Without it the key signs. */
  readonly revoked?: string | undefined;
}

/** With which keys an issuer signs credentials, as it says itself: only `readDidDocument` makes one that `verifyCredential` takes. */
export class DidDocument {
  /** The DID, for example `did:web:press.example`. */
  readonly did: string;
  /** The keys by what `proof.verificationMethod` calls them: each is this DID's own, under the name that follows from it. */
  readonly keys: ReadonlyMap<string, IssuerKey>;
  readonly #isRead = true;

  constructor(did: string, keys: ReadonlyMap<string, IssuerKey>) {
    this.did = did;
    this.keys = keys;
  }

  /** Whether a value is such a document, whatever it is. */
  static isOne(value: unknown): value is DidDocument {
    return typeof value === "object" && value !== null && #isRead in value;
  }
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
 * @param keys - also those that were retired, with when that was, so that what they signed before can be verified.
 * @returns canonical JSON.
 * @throws RangeError when a key has not 32 bytes.
 * @example
 * ```ts
 * import { didDocument } from "@golden-press/verifier";
 *
 * console.log(didDocument("did:web:press.example", [])); // {"@context":["https://www.w3.org/ns/did/v1",…
 * ```
 */
export function didDocument(did: string, keys: readonly IssuerKey[]): string {
  const methods = keys.map(({ publicKey, revoked }) => ({
    controller: did,
    id: `${did}#${keyIdOf(publicKey)}`,
    publicKeyMultibase: formatMultikey(publicKey),
    ...(revoked === undefined ? null : { revoked }),
    type: "Multikey",
  }));
  const assertionMethod = methods.map(({ id }) => id);
  return JSON.stringify({ "@context": CONTEXT, assertionMethod, id: did, verificationMethod: methods });
}

/**
 * Reads the document of a DID: its own Ed25519 keys for credentials, each under the name that follows from DID and key. What else is in it is
 * ignored, also keys of others, or under other names: nobody but whoever serves the document says that it has them. Whether it is the document of
 * that DID, says nothing but where it came from. Never throws.
 *
 * @param text - as the issuer serves it at `/.well-known/did.json`.
 * @returns the keys, or the problem as the predicate of a sentence about the text.
 * @example
 * ```ts
 * import { didDocument, parsePublicKey, readDidDocument } from "@golden-press/verifier";
 *
 * const publicKey = parsePublicKey("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
 * const reading = readDidDocument(didDocument("did:web:press.example", [{ publicKey }]));
 * if ("document" in reading) console.log([...reading.document.keys.keys()]); // [ 'did:web:press.example#21fe31dfa154a261' ]
 * ```
 */
export function readDidDocument(text: string): { document: DidDocument } | Problem {
  if (!isTextUpTo(DOCUMENT_LENGTH_MAX, text)) return { problem: `is no text, or longer than ${DOCUMENT_LENGTH_MAX}` };
  const { id, assertionMethod, verificationMethod } = membersOf(parseJson(text));
  if (typeof id !== "string" || !/^did:[\x21-\x7e]+$/.test(id)) return { problem: "has no DID as its id" };
  if (!Array.isArray(assertionMethod) || !Array.isArray(verificationMethod)) {
    return { problem: "lists no keys for credentials (assertionMethod, verificationMethod)" };
  }
  const keys = new Map<string, IssuerKey>();
  for (const method of verificationMethod.map(membersOf)) {
    const key = readMethod(method, id);
    if (key === undefined) continue;
    const name = `${id}#${keyIdOf(key.publicKey)}`;
    if (method.id !== name || !assertionMethod.includes(name)) continue;
    if (keys.has(name)) return { problem: `has two keys of the name ${name}` };
    keys.set(name, key);
  }
  return { document: new DidDocument(id, keys) };
}

/** The key of a verification method of this DID; undefined for one of another kind, of somebody else, or retired at a time that is none. */
function readMethod(method: Readonly<Record<string, unknown>>, did: string): IssuerKey | undefined {
  const publicKey = method.type === "Multikey" ? readMultikey(method.publicKeyMultibase) : undefined;
  if (publicKey === undefined || method.controller !== did) return undefined;
  const { revoked } = method;
  if (revoked === undefined) return { publicKey };
  const [isTime] = TIME_OR_SECOND;
  return isTime(revoked) ? { publicKey, revoked: revoked as string } : undefined;
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
