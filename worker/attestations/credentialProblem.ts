import { TRUST_LEVELS } from "../../attestationRegister.ts";
import { CONTEXT, type CredentialIssuer, canonicalText, proofOptions } from "./dataIntegrity.ts";

/** What the database hands out of a credential, to be signed. */
export interface UnsignedCredential {
  readonly document: string;
  readonly proofOptions: string;
}

const URN = /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VALID_MILLISECONDS_MAX = 366 * 86_400_000;

/**
 * Says why the worker must not sign this credential, or nothing when it may: whoever gets hold of the database cannot make it sign other bytes, nor in another's name. A
 * credential is taken apart, put together again from values each of which has its one form, and fit if it is the same then.
 *
 * @param press as whom the worker signs
 * @returns the problem as the predicate of a sentence about the credential
 */
export function credentialProblem(
  { document, proofOptions: options }: UnsignedCredential,
  press: CredentialIssuer,
  keyId: string,
): string | undefined {
  const said = parse(document);
  const proof = parse(options);
  if (said === undefined || proof === undefined) return "is not JSON";
  const { issuer, id, validFrom, validUntil, credentialStatus: status, credentialSubject: subject } = said;
  const { statusListCredential: list, statusListIndex: place } = status ?? {};
  if (issuer !== press.did || !isListOf(press, list)) {
    return `is not one of ${press.did}, with a status list at ${press.baseUrl}: if PUBLIC_URL was another when it was prepared, set that again until it is signed, or retire the key, and another one signs it anew`;
  }
  if (!matches(URN, id) || !matches(URN, subject?.id)) return "is not about a holder";
  if (!isTime(validFrom) || !isTime(validUntil)) return "has no time in which it is valid";
  const milliseconds = Date.parse(validUntil) - Date.parse(validFrom);
  if (milliseconds <= 0 || milliseconds > VALID_MILLISECONDS_MAX) return "is not valid for a year";
  const { attestationKind: kind, trustLevel } = subject;
  if (!isKind(kind)) return "rests on nothing that is known";
  if (trustLevel !== TRUST_LEVELS[kind]) return "has another trust level than it rests on";
  if (!matches(/^(0|[1-9]\d{0,5})$/, place) || Number(place) > 131_071) return "has no place in a status list";
  const again = {
    "@context": CONTEXT,
    credentialStatus: {
      id: `${list}#${place}`,
      statusListCredential: list,
      statusListIndex: place,
      statusPurpose: "revocation",
      type: "BitstringStatusListEntry",
    },
    credentialSubject: { attestationKind: kind, id: subject.id, trustLevel },
    id,
    issuer,
    type: ["VerifiableCredential", "AttestationCredential"],
    validFrom,
    validUntil,
  };
  if (canonicalText(again) !== document) return "is not written as credentials are";
  if (!isTime(proof.created)) return "has a proof of no time";
  if (canonicalText(proofOptions(issuer, keyId, proof.created)) !== options)
    return "has a proof by another key, or of another form";
  return undefined;
}

/** What a text says, if it says anything: each value is what its check has found it to be. */
// biome-ignore lint/suspicious/noExplicitAny: nothing of it is believed before it was looked at.
type Said = Readonly<Record<string, any>>;

/** Whether the database has a kind of attestation of this name, which is worth something. */
function isKind(name: unknown): name is keyof typeof TRUST_LEVELS {
  return typeof name === "string" && Object.hasOwn(TRUST_LEVELS, name);
}

function parse(text: string): Said | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isListOf({ baseUrl }: CredentialIssuer, url: unknown): url is string {
  const place = `${baseUrl}/credentials/status/`;
  return typeof url === "string" && url.startsWith(place) && /^[1-9]\d*$/.test(url.slice(place.length));
}

/** UTC, to the millisecond; the round trip refuses days and hours that do not exist. */
function isTime(value: unknown): value is string {
  const time = new Date(typeof value === "string" ? value : Number.NaN);
  return !Number.isNaN(time.getTime()) && time.toISOString() === value;
}

function matches(form: RegExp, value: unknown): value is string {
  return typeof value === "string" && form.test(value);
}
