import { hashes, verify as nobleVerify, Point } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { verifyEd25519 } from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import {
  challenge,
  flip,
  flipSome,
  forge,
  L,
  littleEndian,
  opensslVerify,
  type Signed,
  smallOrderEncodings,
  T8,
} from "./curve.ts";
import { createIssuer } from "./issuer.ts";
import rfc8032 from "./rfc8032.json" with { type: "json" };
import { readWycheproof } from "./vectors.ts";

hashes.sha512 = sha512;

const hex = (text: string) => Buffer.from(text, "hex");
const ours = ({ publicKey, message, signature }: Signed) => verifyEd25519(publicKey, message, signature);
const B = Point.BASE;

describe("RFC 8032, section 7.1", () => {
  it.each(rfc8032.map((vector) => [vector.name, vector] as const))(
    "accepts %s, and not one bit changed",
    (_, vector) => {
      const [publicKey, message, signature] = [hex(vector.publicKey), hex(vector.message), hex(vector.signature)];
      expect(verifyEd25519(publicKey, message, signature)).toBe(true);
      for (const part of [publicKey, message, signature].filter(({ length }) => length > 0)) {
        const bit = random.integer(part.length * 8);
        flip(part, bit);
        expect(verifyEd25519(publicKey, message, signature), `bit ${bit} flipped, seed ${seed}`).toBe(false);
        flip(part, bit);
      }
    },
  );
});

testRequiring("VECTORS_DIR")("Wycheproof: the right verdict on each of its 151 vectors", () => {
  const vectors = readWycheproof();
  expect(vectors).toHaveLength(151);
  expect(vectors.filter((vector) => ours(vector) !== vector.isValid)).toEqual([]);
});

describe("the edges of the rule", () => {
  const a = BigInt(`0x${random.bytes(31).toString("hex")}`);
  const r = BigInt(`0x${random.bytes(31).toString("hex")}`);
  const A = B.multiplyUnsafe(a);
  const R = B.multiplyUnsafe(r);

  /** A forged signature over the first message whose h leaves `remainder` modulo 8. */
  function forgeWith(aScalar: bigint, AEncoded: Uint8Array, rScalar: bigint, REncoded: Uint8Array, remainder: bigint) {
    for (let counter = 0; ; counter++) {
      const message = Buffer.from(`message ${counter}`);
      if (challenge(AEncoded, REncoded, message) % 8n === remainder) {
        return forge(aScalar, AEncoded, rScalar, REncoded, message);
      }
    }
  }

  function expectVerdict(signed: Signed, verdict: boolean) {
    expect(ours(signed), `seed ${seed}`).toBe(verdict);
    expect(opensslVerify(signed), `OpenSSL ${process.versions.openssl}, seed ${seed}`).toBe(verdict);
  }

  it("accepts what the forger of this test makes without torsion", () => {
    expectVerdict(forgeWith(a, A.toBytes(), r, R.toBytes(), 3n), true);
  });

  it.each([1n, 2n, 3n, 4n, 5n, 6n, 7n])(
    "refuses a key of mixed order where h leaves %i modulo 8, noble accepts",
    (h) => {
      const signed = forgeWith(a, A.add(T8).toBytes(), r, R.toBytes(), h);
      expectVerdict(signed, false);
      expect(nobleVerify(signed.signature, signed.message, signed.publicKey, { zip215: false })).toBe(true);
    },
  );

  it("accepts a key of mixed order where the equation holds: keys are judged when they are registered", () => {
    expectVerdict(forgeWith(a, A.add(T8).toBytes(), r, R.toBytes(), 0n), true);
  });

  it.each([1n, 3n, 6n])("accepts R of mixed order where the equation holds (component %i)", (k) => {
    const mixedR = R.add(T8.multiplyUnsafe(k)).toBytes();
    expectVerdict(forgeWith(a, A.add(T8).toBytes(), r, mixedR, 8n - k), true);
    expectVerdict(forgeWith(a, A.toBytes(), r, mixedR, 0n), false);
  });

  it.each(smallOrderEncodings)("refuses the key %s, under which one signature serves many messages", (encoding) => {
    expectVerdict(forgeWith(0n, hex(encoding), r, R.toBytes(), 0n), false);
  });

  it.each(smallOrderEncodings)("refuses R = %s", (encoding) => {
    expectVerdict(forgeWith(a, A.toBytes(), 0n, hex(encoding), 0n), false);
  });

  it.each(smallOrderEncodings.slice(1, 8))("refuses R = %s also where the equation holds", (encoding) => {
    const component = BigInt(smallOrderEncodings.indexOf(encoding));
    expectVerdict(forgeWith(a, A.add(T8).toBytes(), 0n, hex(encoding), 8n - component), false);
  });

  it("refuses S = L, and S + L, S + 2L, … up to the last that fits into 32 bytes", () => {
    const signed = forge(a, A.toBytes(), r, R.toBytes(), Buffer.from("message"));
    const withS = (S: bigint) => ({ ...signed, signature: Buffer.concat([R.toBytes(), littleEndian(S)]) });
    expectVerdict(withS(L), false);
    const S = (r + challenge(A.toBytes(), R.toBytes(), signed.message) * a) % L;
    expectVerdict(withS(S), true);
    let tried = 0;
    for (let larger = S + L; larger < 2n ** 256n; larger += L) {
      expectVerdict(withS(larger), false);
      tried++;
    }
    expect(tried).toBeGreaterThanOrEqual(14);
  });

  it("answers false for keys and signatures of another length", () => {
    const { publicKey, message, signature } = forge(a, A.toBytes(), r, R.toBytes(), Buffer.from("message"));
    for (const key of [Buffer.alloc(0), publicKey.subarray(1), Buffer.concat([publicKey, Buffer.alloc(1)])]) {
      expect(verifyEd25519(key, message, signature)).toBe(false);
    }
    for (const wrong of [Buffer.alloc(0), signature.subarray(1), signature.subarray(0, 63), Buffer.alloc(65)]) {
      expect(verifyEd25519(publicKey, message, wrong)).toBe(false);
    }
  });
});

describe("random keys and messages", () => {
  const count = rounds(300, 20_000);
  it(`agrees with OpenSSL on ${count} signatures, half of them with flipped bits (seed ${seed})`, {
    timeout: 120_000,
  }, () => {
    let accepted = 0;
    for (let round = 0; round < count; round++) {
      const issuer = createIssuer();
      const message = random.bytes(random.integer(300));
      const signed = { publicKey: Buffer.from(issuer.publicKey), message, signature: issuer.sign(message) };
      if (round % 2 === 1) flipSome(signed);
      const verdict = ours(signed);
      if (verdict) accepted++;
      expect(verdict, `round ${round}, seed ${seed}`).toBe(opensslVerify(signed));
    }
    expect(accepted).toBe(Math.ceil(count / 2));
  });
});
