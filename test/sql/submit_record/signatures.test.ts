/* Which signatures are taken: those that a library for secp256k1 makes, written as it writes them, and no other writing of one. Whether they verify SQL does not say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { random, rounds, seed } from "../../random.ts";
import { testRequiring } from "../../requirements.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

/** Of each signature whether it is of the form, and whether its numbers are taken too. */
async function judge(signatures: readonly string[]): Promise<{ isFormed: boolean; isTaken: boolean }[]> {
  const { rows } = await database.pool("owner").query(
    `select p.parts is not null as "isFormed", coalesce(press_private.is_low_s(p.parts), false) as "isTaken"
     from unnest($1::text[]) with ordinality s (signature, place)
     cross join lateral press_private.ecdsa_signature_parts(s.signature) p (parts) order by s.place`,
    [signatures],
  );
  return rows;
}

/** What the library reads as strict DER of two numbers that a signature can have. */
function isReadByNoble(der: Uint8Array): boolean {
  try {
    const signature = secp256k1.Signature.fromBytes(der, "der");
    return Buffer.compare(signature.toBytes("der"), der) === 0;
  } catch {
    return false;
  }
}

function anySignature() {
  const signed = secp256k1.sign(random.bytes(40), random.bytes(32), { format: "der" });
  return secp256k1.Signature.fromBytes(signed, "der");
}

const COUNT = rounds(100, 2_000);

test(`${COUNT} signatures, and each with the other S (seed ${seed})`, async () => {
  const signatures = Array.from({ length: COUNT }, anySignature);
  const low = signatures.map((signature) => base64(signature.toBytes("der")));
  expect(await judge(low)).toEqual(low.map(() => ({ isFormed: true, isTaken: true })));
  const order = secp256k1.Point.Fn.ORDER;
  const high = signatures.map(({ r, s }) => base64(new secp256k1.Signature(r, order - s).toBytes("der")));
  expect(await judge(high)).toEqual(high.map(() => ({ isFormed: true, isTaken: false })));
});

test(`damaged ones are read by both or by neither (seed ${seed})`, async () => {
  const damaged = Array.from({ length: 20 * COUNT }, () => {
    const der = [...anySignature().toBytes("der")];
    for (let times = 1 + random.integer(2); times > 0; times -= 1) {
      // Where lengths, tags and signs are, damage is more likely to matter.
      const at = random.pick([0, 1, 2, 3, 4, 5, 36, 37, 38, 39, 40, random.integer(der.length)]);
      const change = random.integer(4);
      if (change === 0) der.splice(at, 1);
      else if (change === 1) der.splice(at, 0, random.pick([0, 1, 128, random.integer(256)]));
      else if (change === 2) der[at] = random.pick([0, 127, 128, 255, random.integer(256)]);
      else der[at] = (Number(der[at]) + random.pick([1, 255])) % 256;
    }
    return Uint8Array.from(der);
  });
  const verdicts = await judge(damaged.map(base64));
  const order = secp256k1.Point.Fn.ORDER;
  for (const [index, der] of damaged.entries()) {
    const isRead = isReadByNoble(der);
    const isLow = isRead && secp256k1.Signature.fromBytes(der, "der").s <= order / 2n;
    expect(verdicts[index]?.isTaken, Buffer.from(der).toString("hex")).toBe(isLow);
  }
  expect(new Set(verdicts.map(({ isTaken }) => isTaken))).toEqual(new Set([true, false]));
});

testRequiring("VECTORS_DIR")(
  "the vectors of Wycheproof: every valid signature is taken, and what is not is invalid",
  async () => {
    const path = join(process.env.VECTORS_DIR ?? "", "wycheproof", "ecdsa_secp256k1_sha256_bitcoin_test.json");
    const { testGroups } = JSON.parse(readFileSync(path, "utf8"));
    const vectors: { sig: string; result: string; comment: string; flags: string[] }[] = testGroups.flatMap(
      ({ tests }: { tests: never[] }) => tests,
    );
    expect(vectors).toHaveLength(463);
    const verdicts = await judge(vectors.map(({ sig }) => base64(Buffer.from(sig, "hex"))));
    for (const [index, { result, comment, flags }] of vectors.entries()) {
      if (result === "valid") expect(verdicts[index]?.isTaken, comment).toBe(true);
      if (flags.some((flag) => ["BerEncodedSignature", "InvalidEncoding", "MissingZero"].includes(flag)))
        expect(verdicts[index]?.isFormed, comment).toBe(false);
      if (flags.includes("SignatureMalleabilityBitcoin")) expect(verdicts[index]?.isTaken, comment).toBe(false);
    }
  },
);
