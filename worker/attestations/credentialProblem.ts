import { CONTEXT, canonicalText, proofOptions } from "./dataIntegrity.ts";

/** What the database hands out of a credential, to be signed. */
export interface UnsignedCredential {
  readonly document: string;
  readonly proofOptions: string;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
const URN = /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DID = /^did:web:([\w.-]|%[0-9A-F]{2})+$/;
const LIST = /^https?:\/\/[^\s"#]+\/credentials\/status\/[1-9]\d*$/;

/**
 * Says why the worker must not sign this credential, or nothing when it may: whoever gets hold of the database cannot make it sign other bytes. A
 * credential is taken apart, put together again from values each of which has its one form, and fit if it is the same then.
 *
 * @returns the problem as the predicate of a sentence about the credential
 */
export function credentialProblem(
  { document, proofOptions: options }: UnsignedCredential,
  keyId: string,
): string | undefined {
  const said = parse(document);
  const proof = parse(options);
  if (said === undefined || proof === undefined) return "is not JSON";
  const { issuer, id, validFrom, validUntil, credentialStatus: status, credentialSubject: subject } = said;
  if (!matches(DID, issuer)) return "has an issuer that is no DID of the method web";
  if (!matches(URN, id) || !matches(URN, subject?.id)) return "is not about a holder";
  if (!matches(TIME, validFrom) || !matches(TIME, validUntil) || validFrom >= validUntil)
    return "has no time in which it is valid";
  if (subject?.attestationKind !== "oidc" && subject?.attestationKind !== "repository")
    return "rests on nothing that is known";
  if (!Number.isInteger(subject.trustLevel) || subject.trustLevel < 1 || subject.trustLevel > 9)
    return "has no trust level";
  const { statusListCredential: list, statusListIndex: place } = status ?? {};
  if (!matches(LIST, list) || !matches(/^(0|[1-9]\d{0,5})$/, place) || Number(place) > 131_071)
    return "has no place in a status list";
  const again = {
    "@context": CONTEXT,
    credentialStatus: {
      id: `${list}#${place}`,
      statusListCredential: list,
      statusListIndex: place,
      statusPurpose: "revocation",
      type: "BitstringStatusListEntry",
    },
    credentialSubject: { attestationKind: subject.attestationKind, id: subject.id, trustLevel: subject.trustLevel },
    id,
    issuer,
    type: ["VerifiableCredential", "AttestationCredential"],
    validFrom,
    validUntil,
  };
  if (canonicalText(again) !== document) return "is not written as credentials are";
  if (!matches(TIME, proof.created)) return "has a proof of no time";
  if (canonicalText(proofOptions(issuer, keyId, proof.created)) !== options)
    return "has a proof by another key, or of another form";
  return undefined;
}

/** What a text says, if it says anything: each value is what its check has found it to be. */
// biome-ignore lint/suspicious/noExplicitAny: nothing of it is believed before it was looked at.
type Said = Readonly<Record<string, any>>;

function parse(text: string): Said | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function matches(form: RegExp, value: unknown): value is string {
  return typeof value === "string" && form.test(value);
}
