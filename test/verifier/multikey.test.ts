import { describe, expect, it } from "vitest";
import {
  decodeBase58btc,
  didDocument,
  didOfOrigin,
  encodeBase58btc,
  formatMultikey,
  keyIdOf,
  parseMultikey,
  readDidDocument,
} from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { issuer, stranger } from "./cases.ts";
import { naiveBase58 } from "./credentialIssuer.ts";
import { mixedOrderKey } from "./curve.ts";
import { canonicalText } from "./issuer.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

describe("base58btc", () => {
  it.each([
    ["", ""],
    ["00", "1"],
    ["0000", "11"],
    ["39", "z"],
    ["3a", "21"],
    ["00ff", "15Q"],
    ["0000287fb4cd", "11233QC4"],
  ])("writes %s as %s, and reads it again", (hex, text) => {
    expect(encodeBase58btc(bytes(hex))).toBe(text);
    expect(decodeBase58btc(text)).toEqual(bytes(hex));
  });

  it(`writes and reads random bytes as long division does (seed ${seed})`, () => {
    for (let round = rounds(500, 20_000); round > 0; round--) {
      const value = new Uint8Array(random.bytes(random.integer(90)));
      value.fill(0, 0, random.pick([0, 0, 1, 2, 90]));
      const text = encodeBase58btc(value);
      expect(text, `seed ${seed}`).toBe(naiveBase58(value));
      expect(decodeBase58btc(text), `seed ${seed}`).toEqual(value);
    }
  });

  it.each(["0", "O", "I", "l", "z ", " z", "z\n", "é", "\ud800", "z".repeat(129)])("does not read %j", (text) => {
    expect(decodeBase58btc(text)).toBeUndefined();
  });

  it("does not read what is no text", () => {
    for (const value of [undefined, null, 5, {}, ["z"]]) expect(decodeBase58btc(value as string)).toBeUndefined();
  });
});

describe("Multikeys", () => {
  it("begin with z6Mk, and are read again", () => {
    const multikey = formatMultikey(issuer.publicKey);
    expect(multikey).toBe(`z${naiveBase58(Buffer.concat([bytes("ed01"), issuer.publicKey]))}`);
    expect(multikey).toMatch(/^z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/);
    expect(Buffer.from(parseMultikey(multikey))).toEqual(issuer.publicKey);
  });

  it("are not written of what is no key", () => {
    for (const key of [bytes(""), issuer.publicKey.subarray(1), "text", undefined]) {
      expect(() => formatMultikey(key as Uint8Array)).toThrow(RangeError);
    }
  });

  const multikeyOf = (prefix: string, key: Uint8Array) => `z${naiveBase58(Buffer.concat([bytes(prefix), key]))}`;
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["a number", 6],
    ["the letter alone", "z"],
    ["no letter", formatMultikey(issuer.publicKey).slice(1)],
    ["another letter", `u${formatMultikey(issuer.publicKey).slice(1)}`],
    ["a space after it", `${formatMultikey(issuer.publicKey)} `],
    ["a key of another kind", multikeyOf("ec01", issuer.publicKey)],
    ["a private key", multikeyOf("8026", issuer.publicKey)],
    ["a codec that is no varint of two bytes", multikeyOf("ed00", issuer.publicKey)],
    ["31 bytes", multikeyOf("ed01", issuer.publicKey.subarray(1))],
    ["33 bytes", multikeyOf("ed01", Buffer.concat([issuer.publicKey, bytes("00")]))],
    ["a key of mixed order", multikeyOf("ed01", bytes(mixedOrderKey()))],
  ])("are refused: %s", (_, text) => {
    expect(() => parseMultikey(text as string)).toThrow(RangeError);
  });
});

describe("the DID of an origin", () => {
  it.each([
    ["https://press.example", "did:web:press.example"],
    ["https://press.example:8443", "did:web:press.example%3A8443"],
    ["http://127.0.0.1:5678", "did:web:127.0.0.1%3A5678"],
    ["http://[::1]:5678", "did:web:%5B%3A%3A1%5D%3A5678"],
  ])("of %s is %s", (origin, did) => expect(didOfOrigin(origin)).toBe(did));

  it.each<unknown>([
    "",
    "press.example",
    "https://",
    "https://press.example/",
    "https://press.example/a",
    "https://a@b",
    undefined,
  ])("is not made of %j", (origin) => expect(() => didOfOrigin(origin as string)).toThrow(RangeError));
});

describe("DID documents", () => {
  const did = "did:web:press.example";
  const revoked = "2026-12-24T18:00:00.000Z";
  const text = didDocument(did, [{ publicKey: issuer.publicKey }, { publicKey: stranger.publicKey, revoked }]);
  const nameOf = (key: Uint8Array) => `${did}#${keyIdOf(key)}`;

  it("name each key as a Multikey, for credentials", () => {
    expect(JSON.parse(text)).toEqual({
      "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
      id: did,
      assertionMethod: [nameOf(issuer.publicKey), nameOf(stranger.publicKey)],
      verificationMethod: [issuer, stranger].map(({ publicKey }) => ({
        id: nameOf(publicKey),
        type: "Multikey",
        controller: did,
        publicKeyMultibase: `z${naiveBase58(Buffer.concat([bytes("ed01"), publicKey]))}`,
        ...(publicKey === stranger.publicKey && { revoked }),
      })),
    });
    expect(text).toBe(canonicalText(JSON.parse(text)));
  });

  it("are read: the keys for credentials, by their names", () => {
    const reading = readDidDocument(text);
    expect("document" in reading && [...reading.document.keys]).toEqual([
      [nameOf(issuer.publicKey), { publicKey: new Uint8Array(issuer.publicKey) }],
      [nameOf(stranger.publicKey), { publicKey: new Uint8Array(stranger.publicKey), revoked }],
    ]);
    expect(reading).toMatchObject({ document: { did } });
  });

  it.each<[string, (method: Record<string, unknown>) => object]>([
    ["of another's name", () => ({ id: `did:web:other.example#${issuer.keyId}` })],
    [
      "of another's name and another's own",
      () => ({ id: `did:web:other.example#${issuer.keyId}`, controller: "did:web:other.example" }),
    ],
    ["under the name of another key", () => ({ id: `${did}#${stranger.keyId}` })],
    ["under a name without the DID", () => ({ id: `#${issuer.keyId}` })],
    ["of another controller", () => ({ controller: "did:web:other.example" })],
    ["of no controller", () => ({ controller: undefined })],
    ["of several controllers", () => ({ controller: [did] })],
    ["retired at a time that is none", () => ({ revoked: "yesterday" })],
    ["retired at a time that is a number", () => ({ revoked: 0 })],
    ["retired, and nobody knows when", () => ({ revoked: null })],
  ])("do not vouch for a key %s", (_, changed) => {
    const members = JSON.parse(didDocument(did, [{ publicKey: issuer.publicKey }]));
    const method = { ...members.verificationMethod[0], ...changed(members.verificationMethod[0]) };
    const document = {
      ...members,
      verificationMethod: [method],
      assertionMethod: [method.id, ...members.assertionMethod],
    };
    const reading = readDidDocument(JSON.stringify(document));
    expect("document" in reading && reading.document.keys.size).toBe(0);
  });

  it("may hold what is not for us", () => {
    const members = JSON.parse(text);
    const [first, second] = members.verificationMethod;
    const others = [null, 5, "#key", {}, { ...first, type: "JsonWebKey" }, { ...first, publicKeyMultibase: "zDna" }];
    const document = {
      ...members,
      verificationMethod: [...others, second],
      assertionMethod: [first.id, second.id, {}],
    };
    const reading = readDidDocument(JSON.stringify(document));
    expect("document" in reading && [...reading.document.keys.keys()]).toEqual([second.id]);
    const unauthorised = readDidDocument(JSON.stringify({ ...members, assertionMethod: [first.id] }));
    expect("document" in unauthorised && [...unauthorised.document.keys.keys()]).toEqual([first.id]);
  });

  it("are refused with a problem where they are none", () => {
    const members = JSON.parse(text);
    const twice = [...members.verificationMethod, members.verificationMethod[0]];
    const wrong = [
      "",
      "[]",
      "null",
      "{}",
      JSON.stringify({ id: did }),
      JSON.stringify({ ...members, id: "press" }),
      JSON.stringify({ ...members, id: "did:web:press\u001b" }),
    ];
    for (const document of [...wrong, JSON.stringify({ ...members, verificationMethod: twice }), undefined, {}]) {
      expect(readDidDocument(document as string)).toEqual({ problem: expect.stringMatching(/^(is|has|lists) /) });
    }
  });
});
