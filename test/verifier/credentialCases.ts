import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { random } from "../random.ts";
import { issuer, stranger } from "./cases.ts";
import {
  AT,
  bitsOf,
  type Changes,
  DID,
  encodeList,
  issueCredential,
  issueStatusList,
  LIST,
  naiveBase58,
  PLACE,
  sampleMembers,
} from "./credentialIssuer.ts";

/** A document and, where it is not `AT`, when it is looked at. */
export interface Dated {
  readonly document: string;
  readonly at?: string;
}

export const credential = issueCredential(issuer);
export const statusList = issueStatusList(issuer, [0, 7, 8, PLACE - 1, PLACE + 1, 131_071]);

const { credentialStatus, credentialSubject } = sampleMembers;
const { trustLevel, ...others } = credentialSubject;
const status = (changes: Changes) => issueCredential(issuer, { credentialStatus: { ...credentialStatus, ...changes } });
const subject = (changes: Changes) =>
  issueCredential(issuer, { credentialSubject: { ...credentialSubject, ...changes } });
const proof = (changes: Changes) => issueCredential(issuer, {}, changes);
const replaced = (text: string, from: string | RegExp, to: string) => text.replace(from, () => to);
const proofValue = /"proofValue":"[^"]*"/.exec(credential)?.[0] ?? "";
/** The sample with another text in place of its signature. */
const signed = (text: string) => replaced(credential, proofValue, `"proofValue":"${text}"`);

export const goodCredentials: Readonly<Record<string, Dated>> = {
  "the sample": { document: credential },
  "one that begins in this moment": { document: credential, at: "2026-11-21T15:09:26.535Z" },
  "one that begins within the minute by which clocks differ": { document: credential, at: "2026-11-21T15:08:26.535Z" },
  "one in its last millisecond": { document: credential, at: "2027-11-21T15:09:26.534Z" },
  "one from an ID token": { document: subject({ attestationKind: "oidc", trustLevel: 1 }) },
  "one whose proof names the second": { document: proof({ created: "2026-11-21T15:09:27Z" }) },
  "one at place 0": { document: status({ id: `${LIST}#0`, statusListIndex: "0" }) },
  "one of a press on this machine": {
    document: issueCredential(
      issuer,
      {
        issuer: "did:web:127.0.0.1%3A5678",
        credentialStatus: {
          ...credentialStatus,
          id: "http://127.0.0.1:5678/credentials/status/12#5",
          statusListCredential: "http://127.0.0.1:5678/credentials/status/12",
          statusListIndex: "5",
        },
      },
      { verificationMethod: `did:web:127.0.0.1%3A5678#${issuer.keyId}` },
    ),
  },
};

/** Each refused for the reason that it stands under. */
export const badCredentials: Readonly<Record<string, Readonly<Record<string, Dated>>>> = {
  INVALID_INPUT: {
    "a lone surrogate": { document: replaced(credential, "press.example", "\ud800") },
    "more than 262,144 characters": { document: credential + " ".repeat(262_144) },
    "a time that is none": { document: credential, at: "2026-12-24" },
    "a day that does not exist": { document: credential, at: "2026-02-30T00:00:00.000Z" },
  },
  NOT_CANONICAL: {
    nothing: { document: "" },
    "no object": { document: "[]" },
    "a newline at the end": { document: `${credential}\n` },
    "a byte order mark": { document: `\ufeff${credential}` },
    "a space after a colon": { document: replaced(credential, ":", ": ") },
    "a space in the proof": { document: replaced(credential, '"created":', '"created": ') },
    "indented JSON": { document: JSON.stringify(JSON.parse(credential), null, 2) },
    "its members in another order": {
      document: JSON.stringify({ proof: JSON.parse(credential).proof, ...JSON.parse(credential) }),
    },
    "the members of its subject in another order": {
      document: replaced(credential, JSON.stringify(credentialSubject), JSON.stringify({ trustLevel, ...others })),
    },
    "a member twice": { document: replaced(credential, '"id":', `"id":"${sampleMembers.id}","id":`) },
    "another escape": { document: replaced(credential, "AttestationCredential", "\\u0041ttestationCredential") },
    ...Object.fromEntries(
      Object.keys(JSON.parse(credential)).map((name) => [
        `no ${name}`,
        {
          document:
            name === "proof"
              ? credential.replace(/,"proof":\{[^}]*\}/, "")
              : issueCredential(issuer, { [name]: undefined }),
        },
      ]),
    ),
    ...Object.fromEntries(
      ["created", "cryptosuite", "proofPurpose", "type", "verificationMethod", "@context"].map((name) => [
        `no ${name} in the proof`,
        { document: proof({ [name]: undefined }) },
      ]),
    ),
    "a member more": { document: issueCredential(issuer, { name: "Charlie" }) },
    "a member more in the subject": { document: subject({ name: "Charlie" }) },
    "a member more in the status": { document: status({ statusMessage: [] }) },
    "a member more in the proof": { document: proof({ domain: "press.example" }) },
    "a member of the name of a method of objects": { document: issueCredential(issuer, { constructor: 1 }) },
    "another context": {
      document: issueCredential(issuer, { "@context": ["https://www.w3.org/2018/credentials/v1"] }),
    },
    "a context without the second": {
      document: issueCredential(issuer, { "@context": sampleMembers["@context"].slice(0, 1) }),
    },
    "the contexts in another order": {
      document: issueCredential(issuer, { "@context": sampleMembers["@context"].toReversed() }),
    },
    "a context that is a text": { document: issueCredential(issuer, { "@context": sampleMembers["@context"][0] }) },
    "another type": { document: issueCredential(issuer, { type: ["VerifiableCredential"] }) },
    "a proof of another context": { document: proof({ "@context": sampleMembers["@context"].slice(0, 1) }) },
    "another cryptosuite": { document: proof({ cryptosuite: "eddsa-rdfc-2022" }) },
    "another purpose": { document: proof({ proofPurpose: "authentication" }) },
    "another type of proof": { document: proof({ type: "Ed25519Signature2020" }) },
    "a list of proofs": {
      document: replaced(credential, /"proof":(\{[^}]*\})/, `"proof":[${/"proof":(\{[^}]*\})/.exec(credential)?.[1]}]`),
    },
    "a proof by another issuer": { document: proof({ verificationMethod: `did:web:other.example#${issuer.keyId}` }) },
    "a proof by a key of the issuer's name and more": {
      document: proof({ verificationMethod: `${DID}0#${issuer.keyId}` }),
    },
    "a verification method without a key": { document: proof({ verificationMethod: DID }) },
    "a proof on a day that does not exist": { document: proof({ created: "2026-02-30T00:00:00Z" }) },
    "a proof with an offset": { document: proof({ created: "2026-11-21T15:09:27+00:00" }) },
    "a proof with microseconds": { document: proof({ created: "2026-11-21T15:09:27.001000Z" }) },
    "a signature of 63 bytes": { document: signed(`z${naiveBase58(random.bytes(63).fill(1, 0, 1))}`) },
    "a signature of 65 bytes": { document: signed(`z${naiveBase58(random.bytes(65).fill(1, 0, 1))}`) },
    "a signature in base58 with another letter before it": {
      document: replaced(credential, '"proofValue":"z', '"proofValue":"Z'),
    },
    "a signature without a letter before it": { document: replaced(credential, '"proofValue":"z', '"proofValue":"') },
    "a signature with a digit that base58 has not": { document: signed(`z0${"1".repeat(85)}`) },
    "a signature of a thousand digits": { document: signed(`z${"2".repeat(1_000)}`) },
    "a signature in hexadecimal": { document: signed("ab".repeat(64)) },
    "another method of DIDs": { document: issueCredential(issuer, { issuer: "did:key:z6Mk" }) },
    "an issuer that is an object": { document: issueCredential(issuer, { issuer: { id: DID } }) },
    "a holder without urn:uuid:": { document: subject({ id: credentialSubject.id.slice(9) }) },
    "an upper-case UUID": { document: subject({ id: "urn:uuid:01944C1E-7A00-7000-8000-00000000A11C" }) },
    "another kind": { document: subject({ attestationKind: "passport" }) },
    "trust level 0": { document: subject({ trustLevel: 0 }) },
    "trust level 10": { document: subject({ trustLevel: 10 }) },
    "a trust level and a half": { document: subject({ trustLevel: 1.5 }) },
    "a trust level as text": { document: subject({ trustLevel: "2" }) },
    "trust level 2.0": { document: replaced(credential, '"trustLevel":2', '"trustLevel":2.0') },
    "a list of subjects": { document: issueCredential(issuer, { credentialSubject: [credentialSubject] }) },
    "another status": { document: status({ type: "StatusList2021Entry" }) },
    "a status of another purpose": { document: status({ statusPurpose: "suspension" }) },
    "a place that is a number": { document: status({ statusListIndex: PLACE }) },
    "a place with a leading zero": { document: status({ statusListIndex: `0${PLACE}`, id: `${LIST}#0${PLACE}` }) },
    "a negative place": { document: status({ statusListIndex: "-1", id: `${LIST}#-1` }) },
    "a status whose id is of another place": { document: status({ id: `${LIST}#${PLACE + 1}` }) },
    "a status whose id is of another list": { document: status({ id: `${LIST}2#${PLACE}` }) },
    "a list that is no URL of the web": {
      document: status({ id: `file:///1#${PLACE}`, statusListCredential: "file:///1" }),
    },
    "a list whose URL would do something to a terminal": {
      document: status({ id: `${LIST}\u001b[2J#${PLACE}`, statusListCredential: `${LIST}\u001b[2J` }),
    },
    "a list whose URL is not written in ASCII": {
      document: status({ id: `${LIST}\u00e9#${PLACE}`, statusListCredential: `${LIST}\u00e9` }),
    },
    "a time without milliseconds": { document: issueCredential(issuer, { validFrom: "2026-11-21T15:09:26Z" }) },
    "a stranger's credential that is not canonical": { document: `${issueCredential(stranger)} ` },
  },
  UNKNOWN_KEY: {
    "a credential of another key": { document: issueCredential(stranger) },
    "another key's id under our signature": { document: proof({ verificationMethod: `${DID}#${stranger.keyId}` }) },
    "another key's id in a credential of ours": { document: replaced(credential, issuer.keyId, stranger.keyId) },
  },
  SIGNATURE_INVALID: {
    "our key's id on a credential of another": {
      document: issueCredential(stranger, {}, { verificationMethod: `${DID}#${issuer.keyId}` }),
    },
    "another trust level": { document: replaced(credential, '"trustLevel":2', '"trustLevel":3') },
    "another kind than was signed": { document: replaced(credential, '"repository"', '"oidc"') },
    "another holder": { document: replaced(credential, "a11c", "b0b0") },
    "another end": { document: replaced(credential, '"validUntil":"2027', '"validUntil":"2028') },
    "another place than was signed": {
      document: credential.replaceAll(new RegExp(`(?<=[#"])${PLACE}(?=")`, "g"), String(PLACE + 2)),
    },
    "another time of the proof": { document: replaced(credential, "27.001Z", "27.002Z") },
    "another issuer": { document: credential.replaceAll("press.example%3A8443", "other.example") },
    "the signature of another credential": {
      document: signed(JSON.parse(subject({ trustLevel: 1 })).proof.proofValue),
    },
    "a signature of zeros": { document: signed(`z${"1".repeat(64)}`) },
    "a signature over the document alone": {
      document: signed(`z${naiveBase58(issuer.sign(Buffer.from(credential)))}`),
    },
  },
  NOT_YET_VALID: {
    "one that begins in more than a minute": { document: credential, at: "2026-11-21T15:08:26.534Z" },
    "one that begins and ends tomorrow": {
      document: issueCredential(issuer, {
        validFrom: "2026-12-25T18:00:00.000Z",
        validUntil: "2026-12-25T18:00:00.001Z",
      }),
    },
  },
  EXPIRED: {
    "one that ends in this moment": { document: credential, at: "2027-11-21T15:09:26.535Z" },
    "one that ended long ago": { document: credential, at: "2099-01-01T00:00:00.000Z" },
    "one that ended before it began": { document: issueCredential(issuer, { validUntil: "2026-11-20T00:00:00.000Z" }) },
  },
};

const list = (subjectChanges: Changes, changes: Changes = {}, proofChanges: Changes = {}) =>
  issueStatusList(issuer, [], changes, subjectChanges, proofChanges);
const bits = bitsOf([5]);

export const goodLists: Readonly<Record<string, Dated>> = {
  "a list": { document: statusList },
  "a list in which nothing is revoked": { document: issueStatusList(issuer, []) },
  "a list of random bits, which gzip makes no smaller": {
    document: list({ encodedList: encodeList(random.bytes(16_384)) }),
  },
  "a list of as many places as there may be": { document: list({ encodedList: encodeList(random.bytes(131_072)) }) },
  "a list that is stored, not packed": {
    document: list({ encodedList: `u${gzipSync(bits, { level: 0 }).toString("base64url")}` }),
  },
  "a list with a time to live": { document: list({ ttl: 300_000 }) },
  "a list with a longer time to live than it is valid": { document: list({ ttl: Number.MAX_SAFE_INTEGER }) },
  "a list under the context of the credential": {
    document: list({}, { "@context": sampleMembers["@context"] }),
  },
  "a list that says that it is valid for years, within a week": {
    document: list({}, { validUntil: "2099-01-01T00:00:00.000Z" }),
    at: "2026-12-31T11:59:59.999Z",
  },
  "a list in its last millisecond": { document: statusList, at: "2026-12-25T11:59:59.999Z" },
};

/** 100 MB in 97 kB. */
export const bomb = `u${gzipSync(Buffer.alloc(100_000_000)).toString("base64url")}`;

export const badLists: Readonly<Record<string, Readonly<Record<string, Dated>>>> = {
  INVALID_INPUT: {
    "more than 262,144 characters": { document: list({ encodedList: `u${"A".repeat(262_144)}` }) },
    "a time that is none": { document: statusList, at: "now" },
  },
  NOT_CANONICAL: {
    nothing: { document: "" },
    "a credential": { document: credential },
    "a newline at the end": { document: `${statusList}\n` },
    "a space": { document: replaced(statusList, ":", ": ") },
    "its members in another order": { document: JSON.stringify({ type: 0, ...JSON.parse(statusList) }) },
    "a member more": { document: list({ statusSize: 2 }) },
    "a list without its letter": { document: list({ encodedList: encodeList(bits).slice(1) }) },
    "a list in Base64 with padding": { document: list({ encodedList: `${encodeList(bits)}=` }) },
    "a list in the alphabet of Base64": { document: list({ encodedList: `u+/${encodeList(bits).slice(3)}` }) },
    "a list in base58btc": { document: list({ encodedList: `z${naiveBase58(gzipSync(bits))}` }) },
    "a list with spare bits": { document: list({ encodedList: withSpareBits() }) },
    "a list of 131,064 places": { document: list({ encodedList: encodeList(Buffer.alloc(16_383)) }) },
    "a list of 1,048,584 places": { document: list({ encodedList: encodeList(Buffer.alloc(131_073)) }) },
    "a list of none": { document: list({ encodedList: encodeList(Buffer.alloc(0)) }) },
    "a list that is a bomb": { document: list({ encodedList: bomb }) },
    "a list that is not packed": { document: list({ encodedList: `u${bits.toString("base64url")}` }) },
    "a list that ends within its gzip": {
      document: list({ encodedList: `u${gzipSync(bits).subarray(0, -9).toString("base64url")}` }),
    },
    "a list whose checksum is another": { document: list({ encodedList: withOtherChecksum(bits) }) },
    "a list with a byte after its gzip": {
      document: list({ encodedList: `u${Buffer.concat([gzipSync(bits), Buffer.from("x")]).toString("base64url")}` }),
    },
    "a list in two parts of gzip": {
      document: list({ encodedList: `u${Buffer.concat([gzipSync(bits), gzipSync(bits)]).toString("base64url")}` }),
    },
    "a list of another purpose": { document: list({ statusPurpose: "suspension" }) },
    "a list of another type": { document: list({ type: "StatusList2021" }) },
    "a negative time to live": { document: list({ ttl: -1 }) },
    "a time to live that is text": { document: list({ ttl: "300000" }) },
    "a URL that would do something to a terminal": {
      document: list({ id: `${LIST}\u001b[2J#list` }, { id: `${LIST}\u001b[2J` }),
    },
    "a subject of another list": { document: list({ id: `${LIST}2#list` }) },
    "a proof of another context": { document: list({}, {}, { "@context": sampleMembers["@context"] }) },
    "a proof by another issuer": {
      document: list({}, {}, { verificationMethod: `did:web:other.example#${issuer.keyId}` }),
    },
  },
  UNKNOWN_KEY: { "a list of another key": { document: issueStatusList(stranger, []) } },
  SIGNATURE_INVALID: {
    "another list than was signed": {
      document: replaced(statusList, JSON.parse(statusList).credentialSubject.encodedList, encodeList(bits)),
    },
    "a list of another that names our key": {
      document: issueStatusList(stranger, [], {}, {}, { verificationMethod: `${DID}#${issuer.keyId}` }),
    },
    "a bomb that nobody signed": {
      document: replaced(statusList, JSON.parse(statusList).credentialSubject.encodedList, bomb),
    },
  },
  NOT_YET_VALID: { "a list of tomorrow": { document: statusList, at: "2026-12-24T11:58:59.999Z" } },
  EXPIRED: {
    "a list of yesterday": { document: statusList, at: "2026-12-25T12:00:00.000Z" },
    "a list that says that it is valid for years, after a week": {
      document: list({}, { validUntil: "2099-01-01T00:00:00.000Z" }),
      at: "2026-12-31T12:00:00.000Z",
    },
  },
};

/** The question that is asked of a case. */
export function questionOf({ document, at = AT }: Dated) {
  return { document, publicKey: issuer.publicKeyHex, at };
}

/** The same bytes in a text that no encoder writes: a bit that counts for nothing is set. */
function withSpareBits(): string {
  const texts = [5, 6, 7, 8].map((place) => encodeList(bitsOf([place, place * place])));
  const text = texts.find(({ length }) => length % 4 !== 1) ?? expect.unreachable("gzip always leaves no bit over");
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) ^ 1);
}

function withOtherChecksum(bytes: Buffer): string {
  const packed = gzipSync(bytes);
  packed.writeUInt8(packed.readUInt8(packed.length - 8) ^ 1, packed.length - 8);
  return `u${packed.toString("base64url")}`;
}
