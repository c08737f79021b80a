import { exactly, FORMS, integer, matching, object, oneOf, type Rules, readCanonical } from "./canonicalJson.ts";
import { CREDENTIALS, type DataIntegrityProof, DID, oneOfLists, proofRules, UNDEFINED_TERMS } from "./dataIntegrity.ts";
import { type Asked, checkPeriod, checkSignature, readQuestion } from "./issuedDocument.ts";
import { type Problem, type Refusal, refuse } from "./refusal.ts";
import { LIST_URL, StatusList } from "./statusList.ts";

/** What a press says of a holder, and signs: a W3C Verifiable Credential 2.0. Its members are named as in its text. */
export interface Credential {
  readonly "@context": readonly string[];
  /** Where its issuer tells whether it was revoked: an entry of a W3C Bitstring Status List. */
  readonly credentialStatus: {
    readonly id: string;
    /** The URL of the list. */
    readonly statusListCredential: string;
    /** Its place in the list, from 0, in decimal digits. */
    readonly statusListIndex: string;
    readonly statusPurpose: "revocation";
    readonly type: "BitstringStatusListEntry";
  };
  readonly credentialSubject: {
    /** What the attestation rested on: an ID token of an OpenID provider, or control of a repository. */
    readonly attestationKind: "oidc" | "repository";
    /** `urn:uuid:` and the issuer's opaque id of the holder, as the ledger has it. */
    readonly id: string;
    /** From 1. */
    readonly trustLevel: number;
  };
  /** `urn:uuid:` and a UUID. */
  readonly id: string;
  /** The DID of the issuer. */
  readonly issuer: string;
  readonly proof: DataIntegrityProof;
  readonly type: readonly string[];
  /** UTC, milliseconds. */
  readonly validFrom: string;
  /** UTC, milliseconds. */
  readonly validUntil: string;
}

/** The form of `urn:uuid:` and a UUID. */
const URN = matching(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "urn:uuid: and a lower-case UUID");
const CONTEXT = oneOfLists([CREDENTIALS, UNDEFINED_TERMS]);

/** Every member of a credential with the one form that its value may have. */
const RULES: Rules<Credential> = {
  "@context": CONTEXT,
  credentialStatus: object<Credential["credentialStatus"]>({
    id: matching(/^https?:\/\/[\x21-\x7e]+#\d+$/, "the URL of a status list, # and a place in it"),
    statusListCredential: LIST_URL,
    statusListIndex: matching(/^(0|[1-9]\d{0,8})$/, "a whole number in decimal digits"),
    statusPurpose: exactly("revocation"),
    type: exactly("BitstringStatusListEntry"),
  }),
  credentialSubject: object<Credential["credentialSubject"]>({
    attestationKind: oneOf("oidc", "repository"),
    id: URN,
    trustLevel: integer(1, 9),
  }),
  id: URN,
  issuer: DID,
  proof: object(proofRules(CONTEXT)),
  type: oneOfLists(["VerifiableCredential", "AttestationCredential"]),
  validFrom: FORMS.time,
  validUntil: FORMS.time,
};

/**
 * What `verifyCredential` answers. `signed`: the key signed exactly this credential, and it is within its time. `unrevoked`: and the status
 * list that was given says that it was not revoked.
 */
export type CredentialVerdict =
  | { readonly isValid: true; readonly verdict: "signed" | "unrevoked"; readonly credential: Credential }
  | Refusal;

/** What `verifyCredential` is asked. */
export type CredentialQuestion = Asked & {
  /** What `readStatusList` made of the list that the credential names in `credentialStatus.statusListCredential`. */
  readonly statusList?: StatusList | undefined;
};

/**
 * Reads the text of a credential and refuses, never repairs, what is not canonical JSON (RFC 8785) of its form to the byte. Believe nothing of it
 * before it is verified.
 *
 * @returns the members, or the problem as the predicate of a sentence about the text.
 * @example
 * ```ts
 * import { readCredential } from "@golden-press/verifier";
 *
 * console.log(readCredential("{}")); // { problem: 'lacks the member "@context"' }
 * ```
 */
export function readCredential(text: string): { credential: Credential } | Problem {
  const reading = readCanonical(text, RULES);
  if ("problem" in reading) return reading;
  const { credentialStatus, issuer, proof } = reading.members;
  if (credentialStatus.id !== `${credentialStatus.statusListCredential}#${credentialStatus.statusListIndex}`) {
    return { problem: "has a credentialStatus whose id is not its list and its place" };
  }
  if (!proof.verificationMethod.startsWith(`${issuer}#`)) return { problem: "has a proof by a key of another issuer" };
  return { credential: reading.members };
}

/**
 * Says whether a text is a credential that its issuer signed, is within its time and, with a status list, was not revoked. Never throws, whatever
 * it is given.
 *
 * @param question - `document`: the text of the credential, byte for byte as its holder has it; `issuer`: what `readDidDocument` made of the
 * document of the DID that you trust, only credentials of that issuer are good; or, in its place, `publicKey`: a key that you trust, in
 * hexadecimal or as a Multikey, and then `credential.issuer` is whom the key's owner claims to be; `at`: when, a time like
 * `2026-11-21T15:09:26.535Z`, now unless it is said; `statusList`: see `readStatusList`, nothing is said of revocation without it.
 * @returns the credential, or the first reason in the order of `Reason` with a sentence that says what to do.
 * @example
 * ```ts
 * import { verifyCredential } from "@golden-press/verifier";
 *
 * const publicKey = "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
 * const answer = verifyCredential({ document: "{}", publicKey });
 * console.log(answer.isValid ? answer.credential.credentialSubject.trustLevel : answer.reason); // NOT_CANONICAL
 * ```
 */
export function verifyCredential(question: CredentialQuestion): CredentialVerdict {
  const asked = readQuestion(question, "credential");
  if ("reason" in asked) return asked;
  const { statusList }: Partial<CredentialQuestion> = question;
  if (statusList !== undefined && !StatusList.isOne(statusList)) {
    return refuse("INVALID_INPUT", "The status list is not one that readStatusList answered with; read it first.");
  }
  const reading = readCredential(asked.document);
  if ("problem" in reading) {
    return refuse("NOT_CANONICAL", `The credential ${reading.problem}; pass it byte for byte as it was issued.`);
  }
  const { credential } = reading;
  const refusal = checkSignature(asked, credential, "credential") ?? checkPeriod(asked, credential, "credential");
  if (refusal !== undefined) return refusal;
  if (statusList === undefined) return { isValid: true, verdict: "signed", credential };
  return checkStatus(credential, statusList, asked.at) ?? { isValid: true, verdict: "unrevoked", credential };
}

/** A revocation is for ever, so a list that is out of date still proves one. */
function checkStatus({ credentialStatus, issuer }: Credential, list: StatusList, at: number): Refusal | undefined {
  const { statusListCredential: url, statusListIndex } = credentialStatus;
  const unknown = (problem: string) =>
    refuse("STATUS_UNKNOWN", `The status list ${problem}; fetch the one at ${url} again.`);
  if (list.id !== url || list.issuer !== issuer) return unknown("is not the one that the credential names");
  const isRevoked = list.isRevoked(Number(statusListIndex));
  if (isRevoked === undefined) return unknown(`has no place ${statusListIndex}`);
  if (isRevoked)
    return refuse("REVOKED", "The issuer revoked this credential, for good; ask the holder for another one.");
  return list.isFreshAt(at) ? undefined : unknown("is out of date, or not valid yet");
}
