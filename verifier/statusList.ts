import { decodeBase64url } from "./base64.ts";
import { exactly, FORMS, integer, matching, object, orAbsent, type Rules, readCanonical } from "./canonicalJson.ts";
import { CREDENTIALS, type DataIntegrityProof, DID, oneOfLists, proofRules, UNDEFINED_TERMS } from "./dataIntegrity.ts";
import { type Asked, CLOCK_SKEW_MILLISECONDS, checkPeriod, checkSignature, readQuestion } from "./issuedDocument.ts";
import { type Problem, type Refusal, refuse } from "./refusal.ts";

/** How many places a list has: at least what W3C demands, so that nobody who fetches it tells whom it is about. */
const PLACES_MIN = 131_072;
/** At most eight times as many: whatever a document unpacks to, no more than this is kept of it. */
const PLACES_MAX = 1_048_576;

/** However long its issuer says that a list is valid: what is not in it by then would never be seen. */
const VALID_MILLISECONDS_MAX = 7 * 86_400_000;

/** gzip makes 1,032 bytes of one at most, so that of as many at a time no more is unpacked than can be had. */
const PIECE_BYTES = 256;

/** What is used of `DecompressionStream`: browsers and Node have it, JavaScript itself has not. */
interface Unpacking {
  readonly readable: { getReader(): Reader };
  readonly writable: { getWriter(): Writer };
}
interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}
interface Writer {
  write(piece: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
type Unpacker = new (format: "gzip") => Unpacking;

/** A list of what was revoked, as it is published: a W3C BitstringStatusListCredential. */
interface StatusListDocument {
  readonly "@context": readonly string[];
  readonly credentialSubject: {
    /** `u`, and Base64 for URLs of the bits in gzip. */
    readonly encodedList: string;
    readonly id: string;
    readonly statusPurpose: "revocation";
    /** For how many milliseconds it may be kept. */
    readonly ttl?: number;
    readonly type: "BitstringStatusList";
  };
  /** Its URL. */
  readonly id: string;
  readonly issuer: string;
  readonly proof: DataIntegrityProof;
  readonly type: readonly string[];
  readonly validFrom: string;
  readonly validUntil: string;
}

/** The form of a URL of a list: printable ASCII, so that showing it does nothing to a terminal. */
export const LIST_URL = matching(/^https?:\/\/[\x21\x22\x24-\x7e]+$/, "the URL of a status list");
const CONTEXT = oneOfLists([CREDENTIALS], [CREDENTIALS, UNDEFINED_TERMS]);

/** Every member of a status list with the one form that its value may have. */
const RULES: Rules<StatusListDocument> = {
  "@context": CONTEXT,
  credentialSubject: object<StatusListDocument["credentialSubject"]>({
    encodedList: matching(/^u[A-Za-z0-9_-]+$/, "u and Base64 for URLs without padding"),
    id: matching(/^https?:\/\/[\x21\x22\x24-\x7e]+#list$/, "the URL of the list, and #list"),
    statusPurpose: exactly("revocation"),
    ttl: orAbsent(integer(0)),
    type: exactly("BitstringStatusList"),
  }),
  id: LIST_URL,
  issuer: DID,
  proof: object(proofRules(CONTEXT)),
  type: oneOfLists(["VerifiableCredential", "BitstringStatusListCredential"]),
  validFrom: FORMS.time,
  validUntil: FORMS.time,
};

/** A status list that was verified: only `readStatusList` makes one that `verifyCredential` takes. */
export class StatusList {
  /** Its URL. */
  readonly id: string;
  /** The DID of its issuer. */
  readonly issuer: string;
  /** UTC, milliseconds. */
  readonly validFrom: string;
  /** Until when it may be kept and asked: its `validUntil`, or when its `ttl` is over, counted from when it was read. */
  readonly freshUntil: string;
  /** How many places it has. */
  readonly placeCount: number;
  readonly #bits: Uint8Array;

  constructor(document: StatusListDocument, bits: Uint8Array, readAt: number) {
    const { ttl = Number.POSITIVE_INFINITY } = document.credentialSubject;
    this.id = document.id;
    this.issuer = document.issuer;
    this.validFrom = document.validFrom;
    this.freshUntil = new Date(Math.min(Date.parse(validUntilOf(document)), readAt + ttl)).toISOString();
    this.placeCount = bits.length * 8;
    this.#bits = bits;
  }

  /** Whether a value is a status list, whatever it is. */
  static isOne(value: unknown): value is StatusList {
    return typeof value === "object" && value !== null && #bits in value;
  }

  /** Whether it can be asked at a time, in milliseconds since 1970. */
  isFreshAt(at: number): boolean {
    return Date.parse(this.validFrom) <= at + CLOCK_SKEW_MILLISECONDS && at < Date.parse(this.freshUntil);
  }

  /** Whether the credential at a place (from 0) was revoked; undefined when the list has no such place. */
  isRevoked(place: number): boolean | undefined {
    const byte = Number.isSafeInteger(place) && place >= 0 ? this.#bits[Math.floor(place / 8)] : undefined;
    return byte === undefined ? undefined : ((byte >> (7 - (place % 8))) & 1) === 1; // Place 0 is the left-most bit.
  }
}

/**
 * What `readStatusList` answers. `published`: the key signed exactly this list, and it is within its time.
 */
export type StatusListVerdict =
  | { readonly isValid: true; readonly verdict: "published"; readonly statusList: StatusList }
  | Refusal;

/**
 * Verifies a list of revoked credentials (W3C Bitstring Status List 1.0), and unpacks it: no more than 1,048,576 places, however much a hostile one
 * would unpack to. Never throws and never rejects, whatever it is given.
 *
 * @param asked - `document`: the text of the list, byte for byte as its URL served it; `issuer` or `publicKey`: as for `verifyCredential`; `at`:
 * when it was fetched, a time like `2026-11-21T15:09:26.535Z`, now unless it is said.
 * @returns the list, or the first reason in the order of `Reason` with a sentence that says what to do.
 * @example
 * ```ts
 * import { readStatusList } from "@golden-press/verifier";
 *
 * const publicKey = "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
 * const answer = await readStatusList({ document: "{}", publicKey });
 * console.log(answer.isValid ? answer.statusList.placeCount : answer.reason); // NOT_CANONICAL
 * ```
 */
export async function readStatusList(asked: Asked): Promise<StatusListVerdict> {
  const question = readQuestion(asked, "status list");
  if ("reason" in question) return question;
  const reading = readDocument(question.document);
  if ("problem" in reading) return notCanonical(reading.problem);
  const { document } = reading;
  const period = { validFrom: document.validFrom, validUntil: validUntilOf(document) };
  const refusal = checkSignature(question, document, "status list") ?? checkPeriod(question, period, "status list");
  if (refusal !== undefined) return refusal;
  const { DecompressionStream } = globalThis as { readonly DecompressionStream?: Unpacker };
  if (DecompressionStream === undefined) {
    return refuse(
      "INVALID_INPUT",
      "There is no DecompressionStream to unpack the list with; use a newer browser or Node.",
    );
  }
  const packed = decodeBase64url(document.credentialSubject.encodedList.slice(1));
  const bits = packed && (await unpack(packed, new DecompressionStream("gzip")));
  if (bits === undefined || bits.length * 8 < PLACES_MIN) {
    return notCanonical(`holds no list of ${PLACES_MIN} to ${PLACES_MAX} places in gzip`);
  }
  return { isValid: true, verdict: "published", statusList: new StatusList(document, bits, question.at) };
}

/** Until when a list is believed, at most: the end that it names, and no more than a week. */
function validUntilOf({ validFrom, validUntil }: StatusListDocument): string {
  return new Date(Math.min(Date.parse(validUntil), Date.parse(validFrom) + VALID_MILLISECONDS_MAX)).toISOString();
}

function notCanonical(problem: string): Refusal {
  return refuse("NOT_CANONICAL", `The status list ${problem}; pass it byte for byte as its URL serves it.`);
}

function readDocument(text: string): { document: StatusListDocument } | Problem {
  const reading = readCanonical(text, RULES);
  if ("problem" in reading) return reading;
  const { "@context": context, credentialSubject, id, issuer, proof } = reading.members;
  if (credentialSubject.id !== `${id}#list`)
    return { problem: "has a credentialSubject whose id is not its own, and #list" };
  if (proof["@context"].length !== context.length) return { problem: "has a proof of another @context" };
  if (!proof.verificationMethod.startsWith(`${issuer}#`)) return { problem: "has a proof by a key of another issuer" };
  return { document: reading.members };
}

/** What gzip packed; undefined when it is no gzip, or more than a list may have. */
async function unpack(packed: Uint8Array, { readable, writable }: Unpacking): Promise<Uint8Array | undefined> {
  const bits = new Uint8Array(PLACES_MAX / 8);
  let length = 0;
  try {
    const writing = write(writable.getWriter(), packed);
    const reader = readable.getReader();
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      if (value === undefined || length + value.length > bits.length) {
        await reader.cancel();
        return undefined;
      }
      bits.set(value, length);
      length += value.length;
    }
    return (await writing) ? bits.slice(0, length) : undefined;
  } catch {
    return undefined; // It is no gzip, or ends within it.
  }
}

/** Piece after piece, each when what the one before became was read: otherwise a browser unpacks all at once. */
async function write(writer: Writer, packed: Uint8Array): Promise<boolean> {
  try {
    for (let start = 0; start < packed.length; start += PIECE_BYTES) {
      await writer.write(packed.subarray(start, start + PIECE_BYTES));
    }
    await writer.close();
    return true;
  } catch {
    return false;
  }
}
