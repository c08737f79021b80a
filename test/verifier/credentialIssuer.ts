import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { canonicalText, type Issuer } from "./issuer.ts";

/* Credentials and status lists for tests, made without the SDK, by the procedure of W3C vc-di-eddsa. */

export const DID = "did:web:press.example%3A8443";
export const LIST = "https://press.example:8443/credentials/status/1";
/** When everything is verified, unless a test says otherwise. */
export const AT = "2026-12-24T18:00:00.000Z";
/** The place of the sample in its list. */
export const PLACE = 70_003;

const CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"];

/** Members to be replaced or, by undefined, removed. */
export type Changes = Readonly<Record<string, unknown>>;

export const sampleMembers = {
  "@context": CONTEXT,
  credentialStatus: {
    id: `${LIST}#${PLACE}`,
    statusListCredential: LIST,
    statusListIndex: String(PLACE),
    statusPurpose: "revocation",
    type: "BitstringStatusListEntry",
  },
  credentialSubject: {
    attestationKind: "repository",
    id: "urn:uuid:01944c1e-7a00-7000-8000-00000000a11c",
    trustLevel: 2,
  },
  id: "urn:uuid:01944c1e-7a00-7000-8000-0000000000c1",
  issuer: DID,
  type: ["VerifiableCredential", "AttestationCredential"],
  validFrom: "2026-11-21T15:09:26.535Z",
  validUntil: "2027-11-21T15:09:26.535Z",
};

/** The text of the sample credential, with other members of its own and of its proof. */
export function issueCredential(issuer: Issuer, changes: Changes = {}, proofChanges: Changes = {}): string {
  return secure(issuer, { ...sampleMembers, ...changes }, proofChanges);
}

/** The text of a status list in which these places are revoked. */
export function issueStatusList(
  issuer: Issuer,
  revoked: readonly number[],
  changes: Changes = {},
  subjectChanges: Changes = {},
  proofChanges: Changes = {},
): string {
  const members = {
    "@context": CONTEXT.slice(0, 1),
    credentialSubject: {
      encodedList: encodeList(bitsOf(revoked)),
      id: `${LIST}#list`,
      statusPurpose: "revocation",
      type: "BitstringStatusList",
      ...subjectChanges,
    },
    id: LIST,
    issuer: DID,
    type: ["VerifiableCredential", "BitstringStatusListCredential"],
    validFrom: "2026-12-24T12:00:00.000Z",
    validUntil: "2026-12-25T12:00:00.000Z",
    ...changes,
  };
  return secure(issuer, members, proofChanges);
}

/** Bit 0 is the left-most of the first byte. */
export function bitsOf(revoked: readonly number[], byteCount = 16_384): Buffer {
  const bits = Array.from({ length: byteCount * 8 }, () => "0");
  for (const place of revoked) bits[place] = "1";
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

export function encodeList(bits: Uint8Array): string {
  return `u${gzipSync(bits).toString("base64url")}`;
}

/** What signs a document. */
type Signer = Pick<Issuer, "keyId"> & { sign(message: Uint8Array): Uint8Array };

/** Adds the proof: SHA-256 of its options and SHA-256 of the document are what is signed. */
export function secure(issuer: Signer, members: Changes, proofChanges: Changes = {}): string {
  const options = {
    "@context": members["@context"],
    created: "2026-11-21T15:09:27.001Z",
    cryptosuite: "eddsa-jcs-2022",
    proofPurpose: "assertionMethod",
    type: "DataIntegrityProof",
    verificationMethod: `${DID}#${issuer.keyId}`,
    ...proofChanges,
  };
  const hashes = [canonicalText(options), canonicalText(members)].map((text) =>
    createHash("sha256").update(text).digest(),
  );
  const proofValue = `z${naiveBase58(issuer.sign(Buffer.concat(hashes)))}`;
  return canonicalText({ ...members, proof: { proofValue, ...options } });
}

const DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Base58 by long division in base 256, as one does it on paper. */
export function naiveBase58(bytes: Uint8Array): string {
  const digits: string[] = [];
  let rest = [...bytes];
  const zeros = rest.findIndex((byte) => byte !== 0);
  while (rest.some((byte) => byte !== 0)) {
    let remainder = 0;
    rest = rest.map((byte) => {
      const value = remainder * 256 + byte;
      remainder = value % 58;
      return Math.floor(value / 58);
    });
    digits.unshift(DIGITS.charAt(remainder));
  }
  return "1".repeat(zeros === -1 ? bytes.length : zeros) + digits.join("");
}
