/* What SQL writes is what the standards say, read by other implementations: RFC 8785 by `canonicalize`, eddsa-jcs-2022 by its procedure over node's crypto,
   HMAC by node's crypto, base58btc by whole numbers. And whatever is changed in a credential, SQL sees it. */
import { createHash, createHmac, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import canonicalize from "canonicalize";
import { afterAll, beforeAll, expect, test } from "vitest";
import { attest } from "../../credentials.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { random, rounds, seed } from "../../random.ts";

const DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const publicKeyHex = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
const sha256 = (text: string) => createHash("sha256").update(text).digest();

let database: TestDatabase;
let documents: string[];
beforeAll(async () => {
  database = await createTestDatabase();
  for (let n = 1; n <= 10; n += 1)
    await attest(database, { subject: `holder-${n}`, kind: n % 2 === 0 ? "oidc" : "repository" });
  documents = await signAll();
});
afterAll(() => database.drop());

/** A worker in a few lines; returns the documents. */
async function signAll(): Promise<string[]> {
  const worker = database.pool("press_worker");
  const register = "select key_id from press_worker.register_signing_key($1, 'credential')";
  const keyId: string = (await worker.query(register, [publicKeyHex])).rows[0].key_id;
  const { rows } = await worker.query(
    "select * from press_worker.credentials_to_sign($1, 'did:web:localhost%3A5000', 'http://localhost:5000', 100, 60)",
    [keyId],
  );
  const signatures = rows.map((row) =>
    sign(null, Buffer.concat([sha256(row.proof_options), sha256(row.unsigned_document)]), privateKey).toString("hex"),
  );
  const attached = await worker.query("select outcome from press_worker.attach_credential_signatures($1, $2, $3)", [
    keyId,
    rows.map((row) => row.credential_id),
    signatures,
  ]);
  expect(attached.rows).toEqual(Array(10).fill({ outcome: "attached" }));
  return (await database.pool("press_auditor").query("select document from press.credentials")).rows.map(
    (row) => row.document,
  );
}

/** The bytes as one number, and its digits. */
function base58btc(bytes: Uint8Array): string {
  let text = "";
  for (let number = BigInt(`0x0${Buffer.from(bytes).toString("hex")}`); number > 0n; number /= 58n)
    text = DIGITS[Number(number % 58n)] + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros === -1 ? bytes.length : zeros) + text;
}

/** Verify Proof of eddsa-jcs-2022 (W3C Data Integrity EdDSA Cryptosuites), step by step, knowing only the public key. */
function isVerified(document: string, key: string): boolean {
  const { proof, ...unsigned } = JSON.parse(document);
  const { proofValue, ...options } = proof;
  if (proof.type !== "DataIntegrityProof" || proof.cryptosuite !== "eddsa-jcs-2022") return false;
  if (JSON.stringify(unsigned["@context"]) !== JSON.stringify(proof["@context"])) return false;
  const hashes = [options, unsigned].map((value) => sha256(canonicalize(value) as string));
  let number = 0n;
  for (const digit of (proofValue as string).slice(1)) number = number * 58n + BigInt(DIGITS.indexOf(digit));
  const signature = Buffer.from(number.toString(16).padStart(128, "0"), "hex");
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(key, "hex").toString("base64url") };
  return verify(null, Buffer.concat(hashes), createPublicKey({ key: jwk, format: "jwk" }), signature);
}

async function areGenuine(texts: readonly string[]): Promise<boolean[]> {
  const { rows } = await database
    .pool("owner")
    .query<{ genuine: boolean }>(
      "select press_private.is_credential_genuine(d) as genuine from unnest($1::text[]) with ordinality t (d, place) order by place",
      [texts],
    );
  return rows.map(({ genuine }) => genuine);
}

test("a credential is canonical, and verifies by the procedure of its suite", async () => {
  expect(documents).toHaveLength(10);
  for (const document of documents) {
    expect(canonicalize(JSON.parse(document))).toBe(document);
    expect(isVerified(document, publicKeyHex)).toBe(true);
  }
  expect(await areGenuine(documents)).toEqual(Array(10).fill(true));
});

test(`with any character changed it is not genuine (seed ${seed})`, async () => {
  const damaged = Array.from({ length: rounds(300, 5000) }, () => {
    const document = random.pick(documents);
    const at = random.integer(document.length);
    const other = random.pick([...DIGITS, '"', " ", "", ",", "é"].filter((character) => character !== document[at]));
    return document.slice(0, at) + other + document.slice(at + 1);
  });
  expect(await areGenuine(damaged)).toEqual(damaged.map(() => false));
});

test(`base58btc is what whole numbers make of it, there and back (seed ${seed})`, async () => {
  const bytes = [
    ...["", "00", "0000ff", "ff".repeat(64), "00".repeat(64)].map((hex) => Buffer.from(hex, "hex")),
    ...Array.from({ length: rounds(100, 2000) }, () =>
      Buffer.concat([Buffer.alloc(random.integer(4)), random.bytes(random.integer(65))]),
    ),
  ];
  const { rows } = await database.pool("owner").query<{ text: string; back: Buffer | null }>(
    `select t.text, press_private.base58btc_bytes(t.text) as back
     from unnest($1::bytea[]) with ordinality b (bytes, place), lateral (select press_private.base58btc(b.bytes) as text) t order by b.place`,
    [bytes],
  );
  expect(rows.map(({ text }) => text)).toEqual(bytes.map(base58btc));
  expect(rows.slice(1).map(({ back }) => back?.toString("hex"))).toEqual(
    bytes.slice(1).map((value) => (value.length > 0 ? value.toString("hex") : undefined)),
  );
});

test(`a keyed hash is HMAC-SHA256 under the key of this press (seed ${seed})`, async () => {
  const owner = database.pool("owner");
  const { key } = (await owner.query<{ key: Buffer }>("select key from press_private.hashing_key")).rows[0] as {
    key: Buffer;
  };
  expect(key).toHaveLength(32);
  const values = Array.from({ length: 200 }, () => random.text(random.integer(200)));
  const { rows } = await owner.query<{ hash: Buffer }>(
    "select press_private.keyed_hash('purpose', v) as hash from unnest($1::text[]) with ordinality t (v, place) order by place",
    [values],
  );
  expect(rows.map(({ hash }) => hash.toString("hex"))).toEqual(
    values.map((value) => createHmac("sha256", key).update(`purpose\n${value}`).digest("hex")),
  );
});
