/* SQL, the SDK and OpenSSL agree: on random signatures, on damaged ones, on hand-made edges of the rule and on the vectors of others. SQL has two
   ways to its verdict, and takes both here: every case is judged before and after its key has a comb. */
import { Point } from "@noble/ed25519";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyEd25519 } from "../../../verifier/index.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { random, rounds, seed } from "../../random.ts";
import { testRequiring } from "../../requirements.ts";
import { flipSome, forge, opensslVerify, type Signed, smallOrderEncodings, T8 } from "../../verifier/curve.ts";
import { createIssuer } from "../../verifier/issuer.ts";
import { readCctv, readWycheproof } from "../../verifier/vectors.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function inSql(cases: readonly Signed[]): Promise<boolean[]> {
  const { rows } = await database.pool("press_auditor").query<{ verdict: boolean }>(
    `select press.ed25519_verify(v.public_key, v.message, v.signature) as verdict
     from unnest($1::bytea[], $2::bytea[], $3::bytea[]) with ordinality v (public_key, message, signature, place) order by place`,
    [
      cases.map((signed) => signed.publicKey),
      cases.map(({ message }) => message),
      cases.map(({ signature }) => signature),
    ],
  );
  return rows.map(({ verdict }) => verdict);
}

/** Which of the keys have a comb now: those that may be registered. */
async function makeCombs(keys: readonly Uint8Array[]): Promise<string[]> {
  const { rows } = await database.pool("superuser").query<{ key: string }>(
    `select encode(k.public_key, 'hex') as key from unnest($1::bytea[]) k (public_key)
     where length(k.public_key) = 32 and press_private.build_ed25519_comb(k.public_key)`,
    [[...new Map(keys.map((key) => [Buffer.from(key).toString("hex"), key])).values()]],
  );
  return rows.map(({ key }) => key);
}

/** Fails, naming the cases, unless SQL says the same of all of them in both ways. */
async function expectVerdicts(cases: readonly Signed[], verdicts: readonly boolean[], keysToRegister = keysOf(cases)) {
  const wrong = (found: readonly boolean[]) => cases.filter((_, index) => found[index] !== verdicts[index]);
  expect(wrong(await inSql(cases)), `without combs, seed ${seed}`).toEqual([]);
  const registered = await makeCombs(keysToRegister);
  expect(wrong(await inSql(cases)), `with combs, seed ${seed}`).toEqual([]);
  return registered;
}

const keysOf = (cases: readonly Pick<Signed, "publicKey">[]) => cases.map(({ publicKey }) => publicKey);

const inSdk = ({ publicKey, message, signature }: Signed) => verifyEd25519(publicKey, message, signature);

test(`${rounds("1,000", "5,000", "300")} random signatures, half of them damaged`, { timeout: 300_000 }, async () => {
  const issuers = Array.from({ length: 10 }, createIssuer);
  const cases = Array.from({ length: rounds(1_000, 5_000, 300) }, (_, round) => {
    const issuer = random.pick(issuers);
    const message = random.bytes(random.integer(300));
    const signed = { publicKey: Buffer.from(issuer.publicKey), message, signature: issuer.sign(message) };
    if (round % 2 === 1) flipSome(signed);
    return signed;
  });
  const verdicts = cases.map(inSdk);
  expect(verdicts).toEqual(cases.map(opensslVerify));
  expect(verdicts.filter(Boolean)).toHaveLength(cases.length / 2);
  const registered = await expectVerdicts(cases, verdicts, keysOf(issuers));
  expect(registered).toHaveLength(issuers.length);
});

describe("the edges of the rule", () => {
  const a = BigInt(`0x${random.bytes(31).toString("hex")}`);
  const r = BigInt(`0x${random.bytes(31).toString("hex")}`);

  /** Encodings with the scalar of their part that is a multiple of B: all of small order, all with one component of small order. */
  const pointsOf = (scalar: bigint) => [
    ...smallOrderEncodings.map((encoding) => ({ scalar: 0n, encoding: Buffer.from(encoding, "hex") })),
    ...Array.from({ length: 8 }, (_, k) => ({
      scalar,
      encoding: Buffer.from(
        Point.BASE.multiplyUnsafe(scalar)
          .add(T8.multiplyUnsafe(BigInt(k)))
          .toBytes(),
      ),
    })),
  ];
  const cases = pointsOf(a).flatMap((A) =>
    pointsOf(r).flatMap((R) =>
      ["message 1", "message 2"].map((message) =>
        forge(A.scalar, A.encoding, R.scalar, R.encoding, Buffer.from(message)),
      ),
    ),
  );

  test(`${cases.length} pairs of unusual keys and R`, async () => {
    const verdicts = cases.map(inSdk);
    expect(verdicts).toEqual(cases.map(opensslVerify));
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
    const registered = await expectVerdicts(cases, verdicts);
    expect(registered, "only a key of prime order may be registered").toEqual([Point.BASE.multiplyUnsafe(a).toHex()]);
  });
});

testRequiring("VECTORS_DIR")("the vectors of Wycheproof", async () => {
  const cases = readWycheproof();
  expect(cases).toHaveLength(151);
  const verdicts = cases.map(({ isValid }) => isValid);
  expect(cases.map(inSdk)).toEqual(verdicts);
  // A comb takes as long as many verifications: keys of several vectors only.
  const isUsedAgain = ({ publicKey }: Signed, place: number) =>
    cases.some((other, index) => index > place && Buffer.compare(publicKey, other.publicKey) === 0);
  await expectVerdicts(cases, verdicts, keysOf(cases.filter(isUsedAgain)));
});

const cctv = readCctv();
if (cctv.length > 0) {
  test("the vectors of CCTV", async () => {
    expect(cctv).toHaveLength(914);
    const verdicts = cctv.map(inSdk);
    expect(verdicts).toEqual(cctv.map(opensslVerify));
    expect(verdicts.filter(Boolean)).toHaveLength(43);
    await expectVerdicts(cctv, verdicts);
  });
}
