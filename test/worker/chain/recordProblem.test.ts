import { hash, randomBytes } from "node:crypto";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect, test } from "vitest";
import { isSignedBy } from "../../../signedRecord.ts";
import { recordProblem } from "../../../worker/chain/recordProblem.ts";
import { Client } from "../../chain/client.ts";
import { random, seed } from "../../random.ts";

const client = new Client();
const KEY = randomBytes(32);
const PUBLIC_KEY = Buffer.from(secp256k1.getPublicKey(KEY, true)).toString("hex");
const TEXT = '{"nonce":"1"}';
const SIGNATURE = sign(TEXT);

test("a record may go out as its client signed it, and a checkpoint as it is", () => {
  expect(recordProblem(client.record({ name: "é😀", at: [1, 1.5, 1e21, null] }))).toBe(undefined);
  expect(recordProblem({ payload: "press.example/ledger\n1\n", signature: null, publicKey: null })).toBe(undefined);
});

test.each(['{"b":1,"a":2}', '{ "a":1}', '{"a":1.0}', '{"a":1,"a":1}', "[1]", '"text"', "null", "{", '{"a":"\\ud800"}'])(
  "not canonical JSON of an object, though signed: %s",
  (payload) => {
    const record = { payload, signature: client.sign(payload), publicKey: client.publicKey };
    expect(recordProblem(record)).toMatchObject({ code: "NOT_CANONICAL" });
  },
);

test("another text, another key, another signature", () => {
  const record = client.record();
  const other = new Client();
  expect(recordProblem({ ...record, publicKey: other.publicKey })).toMatchObject({ code: "SIGNATURE_INVALID" });
  expect(recordProblem({ ...record, signature: other.sign(record.payload) })).toMatchObject({
    code: "SIGNATURE_INVALID",
  });
  expect(recordProblem({ ...record, payload: client.record().payload })).toMatchObject({ code: "SIGNATURE_INVALID" });
});

test("a signature with a high S is one of the key, and none that counts", () => {
  const { r, s } = secp256k1.Signature.fromBytes(Buffer.from(SIGNATURE, "base64"), "der");
  const high = new secp256k1.Signature(r, secp256k1.Point.Fn.ORDER - s).toBytes("der");
  const digest = hash("sha256", TEXT, "buffer");
  const options = { prehash: false, lowS: false, format: "der" } as const;
  expect(secp256k1.verify(high, digest, Buffer.from(PUBLIC_KEY, "hex"), options)).toBe(true);
  expect(isSignedBy(TEXT, Buffer.from(high).toString("base64"), PUBLIC_KEY)).toBe(false);
});

test("one form of a signature, and one of a key", () => {
  const der = Buffer.from(SIGNATURE, "base64");
  const base64 = (bytes: Buffer) => bytes.toString("base64");
  const isSigned = (signature: string, key = PUBLIC_KEY) => isSignedBy(TEXT, signature, key);
  expect(isSigned(SIGNATURE)).toBe(true);
  expect(isSigned(`${SIGNATURE}\n`)).toBe(false);
  expect(isSigned(base64(Buffer.concat([der, Buffer.of(0)])))).toBe(false);
  expect(isSigned(base64(Buffer.concat([Buffer.of(0x30, 0x81, der.length - 2), der.subarray(2)])))).toBe(false);
  expect(isSigned(base64(der.subarray(0, -1)))).toBe(false);
  expect(isSigned("")).toBe(false);
  expect(isSigned(SIGNATURE, PUBLIC_KEY.toUpperCase())).toBe(false);
  expect(isSigned(SIGNATURE, Buffer.from(secp256k1.getPublicKey(KEY, false)).toString("hex"))).toBe(false);
  expect(isSigned(SIGNATURE, `02${"ff".repeat(32)}`)).toBe(false);
});

test(`node's crypto says what noble says (seed ${seed})`, () => {
  for (let round = 0; round < 200; round += 1) {
    const text = random.text(random.integer(50));
    const der = Buffer.from(sign(text), "base64");
    if (random.integer(2) === 0) der.writeUInt8(random.integer(256), random.integer(der.length));
    const options = { prehash: false, lowS: true, format: "der" } as const;
    expect(isSignedBy(text, der.toString("base64"), PUBLIC_KEY)).toBe(verifies(der, text, options));
  }
});

function verifies(der: Buffer, text: string, options: Parameters<typeof secp256k1.verify>[3]): boolean {
  try {
    return secp256k1.verify(der, hash("sha256", text, "buffer"), Buffer.from(PUBLIC_KEY, "hex"), options);
  } catch {
    return false;
  }
}

function sign(text: string): string {
  const digest = hash("sha256", text, "buffer");
  return Buffer.from(secp256k1.sign(digest, KEY, { prehash: false, lowS: true, format: "der" })).toString("base64");
}
