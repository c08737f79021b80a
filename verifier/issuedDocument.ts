import { FORMS } from "./canonicalJson.ts";
import { type DataIntegrityProof, isProofOf } from "./dataIntegrity.ts";
import { keyIdOf, parsePublicKey } from "./ed25519.ts";
import { parseMultikey } from "./multikey.ts";
import { isTextUpTo, type Refusal, refuse } from "./refusal.ts";

/** The longest document that is read, in UTF-16 code units: the longest status list, whose bits gzip makes no smaller, and more. */
const DOCUMENT_LENGTH_MAX = 262_144;

/** By how much the clocks of issuer and reader may differ. */
export const CLOCK_SKEW_MILLISECONDS = 60_000;

/** What is asked about a credential or a status list. */
export interface Asked {
  /** The text, byte for byte as it was issued. */
  readonly document: string;
  /** The issuer's public key: 64 lower-case hexadecimal characters, or a Multikey. */
  readonly publicKey: string;
  /** At what time: RFC 3339, UTC, milliseconds. Now unless it is said. */
  readonly at?: string | undefined;
}

/** The same, checked: `at` in milliseconds since 1970. */
interface Question {
  readonly document: string;
  readonly publicKey: Uint8Array;
  readonly at: number;
}

/** What an issuer signed, by what matters here. */
interface Issued {
  readonly proof: DataIntegrityProof;
  readonly validFrom: string;
  readonly validUntil: string;
}

type Kind = "credential" | "status list";

/** Reads what was asked, or refuses it. */
export function readQuestion(asked: Asked, kind: Kind): Question | Refusal {
  const { document, publicKey, at = new Date().toISOString() }: Partial<Asked> = asked ?? {};
  if (!isTextUpTo(DOCUMENT_LENGTH_MAX, document)) {
    const form = `well-formed text of at most ${DOCUMENT_LENGTH_MAX} characters`;
    return refuse("INVALID_INPUT", `A ${kind} is ${form}; pass the text as it was issued.`);
  }
  const [isTime, form] = FORMS.time;
  if (!isTime(at)) return refuse("INVALID_INPUT", `The time is not ${form}; pass one, or none for now.`);
  const key = readKey(publicKey);
  if (typeof key === "string") return refuse("INVALID_INPUT", key);
  return { document, publicKey: key, at: Date.parse(at) };
}

/** The bytes of a key, or what is to be said of it. */
function readKey(publicKey: unknown): Uint8Array | string {
  try {
    const isMultikey = typeof publicKey === "string" && publicKey.startsWith("z");
    return (isMultikey ? parseMultikey : parsePublicKey)(publicKey as string);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why a document is not signed by the key; undefined where it is. */
export function checkSignature({ publicKey }: Question, issued: Issued, kind: Kind): Refusal | undefined {
  const { verificationMethod } = issued.proof;
  const keyId = keyIdOf(publicKey);
  if (!verificationMethod.endsWith(`#${keyId}`)) {
    const keys = `The ${kind} names the key ${verificationMethod} and you gave ${keyId}`;
    return refuse("UNKNOWN_KEY", `${keys}; take the key of that name from the issuer's DID document.`);
  }
  if (isProofOf(publicKey, issued)) return undefined;
  return refuse("SIGNATURE_INVALID", `This key did not sign this ${kind}; ask for it again, as issued.`);
}

/** Why a document is not valid at the time; undefined where it is. */
export function checkPeriod({ at }: Question, { validFrom, validUntil }: Issued, kind: Kind): Refusal | undefined {
  if (at + CLOCK_SKEW_MILLISECONDS < Date.parse(validFrom)) {
    return refuse("NOT_YET_VALID", `The ${kind} is valid from ${validFrom} on; wait until then, or set your clock.`);
  }
  if (at < Date.parse(validUntil)) return undefined;
  return refuse("EXPIRED", `The ${kind} was valid until ${validUntil}; ask for a new one.`);
}
