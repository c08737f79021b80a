import { FORMS } from "./canonicalJson.ts";
import { type DataIntegrityProof, isProofOf } from "./dataIntegrity.ts";
import { DidDocument, type IssuerKey } from "./didDocument.ts";
import { keyIdOf, parsePublicKey } from "./ed25519.ts";
import { parseMultikey } from "./multikey.ts";
import { isTextUpTo, type Refusal, refuse } from "./refusal.ts";

/** The longest document that is read, in UTF-16 code units: the longest status list, whose bits gzip makes no smaller, and more. */
const DOCUMENT_LENGTH_MAX = 262_144;

/** By how much the clocks of issuer and reader may differ. */
export const CLOCK_SKEW_MILLISECONDS = 60_000;

/** What is asked about a credential or a status list: whether its issuer signed it, or whether a key did. */
export type Asked = {
  /** The text, byte for byte as it was issued. */
  readonly document: string;
  /** At what time: RFC 3339, UTC, milliseconds. Now unless it is said. */
  readonly at?: string | undefined;
} & (
  | {
      /** What `readDidDocument` made of the document of the issuer's DID: the key is the one of it that the text names. */
      readonly issuer: DidDocument;
      readonly publicKey?: undefined;
    }
  | {
      /** A public key: 64 lower-case hexadecimal characters, or a Multikey. Whose it is, you know; the text only claims it. */
      readonly publicKey: string;
      readonly issuer?: undefined;
    }
);

/** The same, checked: `at` in milliseconds since 1970. */
interface Question {
  readonly document: string;
  readonly signer: Uint8Array | DidDocument;
  readonly at: number;
}

/** What an issuer signed, by what matters here. */
interface Issued extends Period {
  readonly issuer: string;
  readonly proof: DataIntegrityProof;
}

interface Period {
  readonly validFrom: string;
  readonly validUntil: string;
}

type Kind = "credential" | "status list";

/** Reads what was asked, or refuses it. */
export function readQuestion(asked: Asked, kind: Kind): Question | Refusal {
  const { document, publicKey, issuer, at = new Date().toISOString() }: Partial<Asked> = asked ?? {};
  if (!isTextUpTo(DOCUMENT_LENGTH_MAX, document)) {
    const form = `well-formed text of at most ${DOCUMENT_LENGTH_MAX} characters`;
    return refuse("INVALID_INPUT", `A ${kind} is ${form}; pass the text as it was issued.`);
  }
  const [isTime, form] = FORMS.time;
  if (!isTime(at)) return refuse("INVALID_INPUT", `The time is not ${form}; pass one, or none for now.`);
  const signer = readSigner(publicKey, issuer);
  if (typeof signer === "string") return refuse("INVALID_INPUT", signer);
  return { document, signer, at: Date.parse(at) };
}

/** Who must have signed, or what is to be said of it. */
function readSigner(publicKey: unknown, issuer: unknown): Uint8Array | DidDocument | string {
  if (issuer === undefined) return readKey(publicKey);
  if (publicKey !== undefined) return "A key and an issuer are two answers to one question; pass one of them.";
  if (DidDocument.isOne(issuer)) return issuer;
  return "The issuer is no document that readDidDocument answered with; read it first.";
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

/** Why a document is not signed as it must be; undefined where it is. */
export function checkSignature({ signer }: Question, issued: Issued, kind: Kind): Refusal | undefined {
  const key = DidDocument.isOne(signer) ? keyOfIssuer(signer, issued, kind) : keyOfName(signer, issued, kind);
  if ("reason" in key) return key;
  if (isProofOf(key.publicKey, issued)) return checkRetirement(key, issued, kind);
  return refuse("SIGNATURE_INVALID", `This key did not sign this ${kind}; ask for it again, as issued.`);
}

/** An issuer's keys are its own, so that the name of a key names the issuer too. */
function keyOfIssuer({ did, keys }: DidDocument, { issuer, proof }: Issued, kind: Kind): IssuerKey | Refusal {
  if (issuer !== did) return refuse("UNKNOWN_KEY", `The ${kind} is of ${issuer}, and you asked about ${did}.`);
  const key = keys.get(proof.verificationMethod);
  if (key !== undefined) return key;
  const missing = `${did} has no key ${proof.verificationMethod} for credentials`;
  return refuse("UNKNOWN_KEY", `${missing}; fetch its DID document again, or refuse the ${kind}.`);
}

function keyOfName(publicKey: Uint8Array, { proof }: Issued, kind: Kind): IssuerKey | Refusal {
  const keyId = keyIdOf(publicKey);
  if (proof.verificationMethod.endsWith(`#${keyId}`)) return { publicKey };
  const keys = `The ${kind} names the key ${proof.verificationMethod} and you gave ${keyId}`;
  return refuse("UNKNOWN_KEY", `${keys}; take the key of that name from the issuer's DID document.`);
}

/** Whoever has stolen a key can date back what they sign with it, so this stops the careless; the ledger knows what was issued. */
function checkRetirement({ revoked }: IssuerKey, { proof, validFrom }: Issued, kind: Kind): Refusal | undefined {
  if (revoked === undefined) return undefined;
  const signedAt = Math.max(Date.parse(proof.created), Date.parse(validFrom));
  if (signedAt <= Date.parse(revoked) + CLOCK_SKEW_MILLISECONDS) return undefined;
  return refuse("KEY_RETIRED", `The ${kind} was signed after ${revoked}, when its key was retired; ask for a new one.`);
}

/** Why a document is not valid at the time; undefined where it is. */
export function checkPeriod({ at }: Question, { validFrom, validUntil }: Period, kind: Kind): Refusal | undefined {
  if (at + CLOCK_SKEW_MILLISECONDS < Date.parse(validFrom)) {
    return refuse("NOT_YET_VALID", `The ${kind} is valid from ${validFrom} on; wait until then, or set your clock.`);
  }
  if (at < Date.parse(validUntil)) return undefined;
  return refuse("EXPIRED", `The ${kind} was valid until ${validUntil}; ask for a new one.`);
}
