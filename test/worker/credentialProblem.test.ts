/* What the worker signs as a credential, and that it is nothing else: every change of every value, member and byte of it is refused. */
import canonicalize from "canonicalize";
import { describe, expect, test } from "vitest";
import { credentialProblem } from "../../worker/attestations/credentialProblem.ts";

const KEY_ID = "0123456789abcdef";
const PRESS = { did: "did:web:press.example", baseUrl: "https://press.example" };
const CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"];
const LIST = "https://press.example/credentials/status/1";

const DOCUMENT = {
  "@context": CONTEXT,
  credentialStatus: {
    id: `${LIST}#4711`,
    statusListCredential: LIST,
    statusListIndex: "4711",
    statusPurpose: "revocation",
    type: "BitstringStatusListEntry",
  },
  credentialSubject: {
    attestationKind: "repository",
    id: "urn:uuid:0199c0de-0000-7000-8000-000000000001",
    trustLevel: 2,
  },
  id: "urn:uuid:0199c0de-0000-7000-8000-000000000002",
  issuer: "did:web:press.example",
  type: ["VerifiableCredential", "AttestationCredential"],
  validFrom: "2026-11-29T12:00:00.000Z",
  validUntil: "2027-11-29T12:00:00.000Z",
};
const OPTIONS = {
  "@context": CONTEXT,
  created: "2026-11-29T12:00:01.000Z",
  cryptosuite: "eddsa-jcs-2022",
  proofPurpose: "assertionMethod",
  type: "DataIntegrityProof",
  verificationMethod: `did:web:press.example#${KEY_ID}`,
};

const text = (value: object) => canonicalize(value) ?? "";
const problemOf = (document: object | string, options: object | string = OPTIONS, press = PRESS) =>
  credentialProblem(
    {
      document: typeof document === "string" ? document : text(document),
      proofOptions: typeof options === "string" ? options : text(options),
    },
    press,
    KEY_ID,
  );

/** The same credential of another press. */
function issuedBy({ did, baseUrl }: typeof PRESS) {
  const list = `${baseUrl}/credentials/status/1`;
  const credentialStatus = { ...DOCUMENT.credentialStatus, id: `${list}#4711`, statusListCredential: list };
  const document = { ...DOCUMENT, credentialStatus, issuer: did };
  return { document, options: { ...OPTIONS, verificationMethod: `${did}#${KEY_ID}` } };
}

test("a credential as the database writes it is fit", () => {
  expect(problemOf(DOCUMENT)).toBeUndefined();
  const ofToken = { ...DOCUMENT.credentialSubject, attestationKind: "oidc", trustLevel: 1 };
  expect(problemOf({ ...DOCUMENT, credentialSubject: ofToken })).toBeUndefined();
  const local = { did: "did:web:127.0.0.1%3A5678", baseUrl: "http://127.0.0.1:5678" };
  const { document, options } = issuedBy(local);
  expect(problemOf(document, options, local)).toBeUndefined();
});

test.each([
  { did: "did:web:other.example", baseUrl: "https://other.example" },
  { did: "did:web:other.example", baseUrl: PRESS.baseUrl },
  { did: PRESS.did, baseUrl: "https://other.example" },
  { did: PRESS.did, baseUrl: "http://press.example" },
  { did: PRESS.did, baseUrl: "https://press.example.other.example" },
  { did: PRESS.did, baseUrl: "https://press.example@other.example" },
  { did: PRESS.did, baseUrl: "https://press.example/credentials/status/1/../../../elsewhere" },
  { did: `${PRESS.did}%3A8443`, baseUrl: "https://press.example:8443" },
])("nothing is signed in another's name: $did, $baseUrl", (other) => {
  const { document, options } = issuedBy(other);
  expect(problemOf(document, options)).toMatch(/^is not one of did:web:press\.example, .*PUBLIC_URL/);
  expect(problemOf(document, options, other)).toBeUndefined();
});

describe("what is no credential is not fit", () => {
  test.each<[string, object | string]>([
    ["nothing", ""],
    ["null", "null"],
    ["a number", "7"],
    ["a list", "[]"],
    ["a ticket", { type: "golden-press/ticket/v1", key_id: KEY_ID }],
    ["one without a holder", { ...DOCUMENT, credentialSubject: undefined }],
    ["one about a person by name", { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, id: "alice" } }],
    [
      "one that says more of its holder",
      { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, name: "A" } },
    ],
    [
      "one of another kind",
      { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, attestationKind: "word" } },
    ],
    ["one of no level", { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, trustLevel: 0 } }],
    [
      "one of a level beyond levels",
      { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, trustLevel: 10 } },
    ],
    [
      "one of another level than its kind's",
      { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, trustLevel: 1 } },
    ],
    [
      "one of a higher level than a token gives",
      { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, attestationKind: "oidc" } },
    ],
    [
      "one of a kind that is a word of the language",
      { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, attestationKind: "constructor" } },
    ],
    ["one of a level in parts", { ...DOCUMENT, credentialSubject: { ...DOCUMENT.credentialSubject, trustLevel: 1.5 } }],
    ["one in no list", { ...DOCUMENT, credentialStatus: undefined }],
    [
      "one beyond its list",
      { ...DOCUMENT, credentialStatus: { ...DOCUMENT.credentialStatus, statusListIndex: "131072" } },
    ],
    [
      "one in the list before the first",
      {
        ...DOCUMENT,
        credentialStatus: {
          ...DOCUMENT.credentialStatus,
          id: `${LIST.replace(/1$/, "0")}#4711`,
          statusListCredential: LIST.replace(/1$/, "0"),
        },
      },
    ],
    ["one in two places", { ...DOCUMENT, credentialStatus: { ...DOCUMENT.credentialStatus, statusListIndex: "4712" } }],
    ["one that ends before it begins", { ...DOCUMENT, validUntil: DOCUMENT.validFrom }],
    ["one that begins on a day that is none", { ...DOCUMENT, validFrom: "2026-02-30T12:00:00.000Z" }],
    ["one that ends in a month that is none", { ...DOCUMENT, validUntil: "2027-13-29T12:00:00.000Z" }],
    ["one that ends at an hour that is none", { ...DOCUMENT, validUntil: "2027-11-29T25:00:00.000Z" }],
    ["one that ends without milliseconds", { ...DOCUMENT, validUntil: "2027-11-29T12:00:00Z" }],
    ["one that is valid for two years", { ...DOCUMENT, validUntil: "2028-11-29T12:00:00.000Z" }],
    ["one without an end", { ...DOCUMENT, validUntil: undefined }],
    ["one of nobody", { ...DOCUMENT, issuer: undefined }],
    ["one of another method", { ...DOCUMENT, issuer: "did:key:z6Mk" }],
    ["one of another type", { ...DOCUMENT, type: ["VerifiableCredential", "BitstringStatusListCredential"] }],
    ["one in other words", { ...DOCUMENT, "@context": CONTEXT.slice(0, 1) }],
    ["one with a proof already", { ...DOCUMENT, proof: { ...OPTIONS, proofValue: "z1" } }],
    ["one that says more", { ...DOCUMENT, name: "x" }],
    ["one in another order", JSON.stringify(Object.fromEntries(Object.entries(DOCUMENT).reverse()))],
    ["one with a space", text(DOCUMENT).replace(",", ", ")],
    ["one with a line behind it", `${text(DOCUMENT)}\n`],
    ["one that says something twice", text(DOCUMENT).replace('"id":', '"id":"x","id":')],
  ])("%s", (_, document) => {
    expect(problemOf(document)).toMatch(/^(is|has|rests) /);
  });

  /** What may differ from one credential to the next: digits of its ids, its times, its list and its place. */
  const isFree = (index: number) => {
    const free = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/g;
    return [...text(DOCUMENT).matchAll(free)].some(
      (match) => match.index <= index && index < match.index + match[0].length,
    );
  };

  test("one of which any character was changed to another that is as good in JSON", () => {
    const document = text(DOCUMENT);
    let changes = 0;
    for (let index = 0; index < document.length; index++) {
      if (isFree(index)) continue;
      for (const other of ["0", "7", "a", "A", "z", ".", "/", "-", " ", "é"]) {
        const changed = `${document.slice(0, index)}${other}${document.slice(index + 1)}`;
        if (changed === document) continue;
        changes += 1;
        expect(problemOf(changed), changed).toBeTypeOf("string");
      }
    }
    expect(changes).toBeGreaterThan(5_000);
  });

  test("one of which any character of an id or a time was changed to one that has no place there", () => {
    const document = text(DOCUMENT);
    for (let index = 0; index < document.length; index++) {
      if (!isFree(index)) continue;
      for (const other of ["g", "F", "é", " "]) {
        const changed = `${document.slice(0, index)}${other}${document.slice(index + 1)}`;
        expect(problemOf(changed), changed).toBeTypeOf("string");
      }
    }
  });
});

test.each<[string, object | string]>([
  ["of another key", { ...OPTIONS, verificationMethod: "did:web:press.example#fedcba9876543210" }],
  ["of another issuer", { ...OPTIONS, verificationMethod: `did:web:other.example#${KEY_ID}` }],
  ["of another suite", { ...OPTIONS, cryptosuite: "eddsa-rdfc-2022" }],
  ["for another purpose", { ...OPTIONS, proofPurpose: "authentication" }],
  ["of no time", { ...OPTIONS, created: "yesterday" }],
  ["of a day that is none", { ...OPTIONS, created: "2026-02-30T12:00:00.000Z" }],
  ["that is signed", { ...OPTIONS, proofValue: "z1" }],
  ["in other words", { ...OPTIONS, "@context": CONTEXT.slice(0, 1) }],
  ["that is none", "null"],
  ["that is no JSON", "{"],
])("a proof %s is not signed", (_, options) => {
  expect(problemOf(DOCUMENT, options)).toMatch(/^(is|has) /);
});
