import { generateKeyPairSync, sign } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keyIdOf, parsePublicKey, verifyEd25519 } from "../../verifier/index.ts";
import { createSigningKey, readSigningKey, SigningKey, SigningKeyError, writePem } from "../../worker/keys.ts";
import { makePem } from "./support.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-keys-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a new key is in a file for its owner only, and is read back as the same key", async () => {
  const file = join(folder, "new.pem");
  const created = await createSigningKey(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const read = await readSigningKey(file);
  expect(read.publicKey).toBe(created.publicKey);
  expect(read.keyId).toBe(keyIdOf(parsePublicKey(created.publicKey)));
});

test("a key is never overwritten, and a refused one leaves no draft behind", async () => {
  const file = join(folder, "kept.pem");
  await createSigningKey(file);
  const before = await readFile(file);
  await expect(createSigningKey(file)).rejects.toThrow("exists already, and a key is never overwritten");
  expect(await readFile(file)).toEqual(before);
  expect((await readdir(folder)).filter((name) => name.startsWith("kept.pem"))).toEqual(["kept.pem"]);
});

test("of many that make the same file at once, one makes it", async () => {
  const file = join(folder, "race.pem");
  const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => createSigningKey(file)));
  const made = attempts.filter((attempt) => attempt.status === "fulfilled");
  expect(made.map((attempt) => attempt.value.publicKey)).toEqual([(await readSigningKey(file)).publicKey]);
});

test.each([0o640, 0o604, 0o660, 0o644, 0o610, 0o601])("a key file of mode %o is refused", async (mode) => {
  const file = join(folder, `mode-${mode}.pem`);
  await writeFile(file, makePem());
  await chmod(file, mode);
  await expect(readSigningKey(file)).rejects.toThrow(`Others may read the signing key ${file}`);
});

test.each([0o600, 0o400])("a key file of mode %o is accepted", async (mode) => {
  const file = join(folder, `mode-${mode}.pem`);
  await writeFile(file, makePem());
  await chmod(file, mode);
  await expect(readSigningKey(file)).resolves.toBeInstanceOf(SigningKey);
});

test("a missing file says how to make one; a folder is not a key", async () => {
  await expect(readSigningKey(join(folder, "none.pem"))).rejects.toThrow("make one with `golden-press keys create");
  await mkdir(join(folder, "folder.pem"), { mode: 0o700 });
  await expect(readSigningKey(join(folder, "folder.pem"))).rejects.toThrow("is not a file");
});

test("only Ed25519 keys are keys", () => {
  const pem = (key: { privateKey: { export(options: { format: "pem"; type: "pkcs8" }): string | Buffer } }) =>
    key.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  expect(() => new SigningKey(pem(generateKeyPairSync("ed448")))).toThrow("is of type ed448, but must be Ed25519");
  expect(() => new SigningKey(pem(generateKeyPairSync("ec", { namedCurve: "P-256" })))).toThrow("is of type ec");
  expect(() => new SigningKey(pem(generateKeyPairSync("x25519")))).toThrow("is of type x25519");
  const publicPem = generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }).toString();
  expect(() => new SigningKey(publicPem)).toThrow("is not a private key in PKCS#8 PEM");
  expect(() => new SigningKey("")).toThrow("is not a private key in PKCS#8 PEM");
});

test("signatures are those of node's crypto, byte for byte, and verify with the SDK", async () => {
  const pem = makePem();
  const key = new SigningKey(pem);
  for (const length of [0, 1, 200, 5000]) {
    const message = Buffer.alloc(length, "x");
    const signature = key.sign(message);
    expect(Buffer.from(signature)).toEqual(sign(null, message, pem));
    expect(key.check(message, signature)).toBe(true);
    expect(await key.checkMeanwhile(message, signature)).toBe(true);
    expect(verifyEd25519(parsePublicKey(key.publicKey), message, signature)).toBe(true);
    expect(key.check(Buffer.concat([message, Buffer.from("y")]), signature)).toBe(false);
    expect(await key.checkMeanwhile(Buffer.concat([message, Buffer.from("y")]), signature)).toBe(false);
  }
});

test("a key shows its public half only", () => {
  const pem = makePem();
  const key = new SigningKey(pem);
  const seed = Buffer.from(pem.split("\n")[1] ?? "", "base64").subarray(-32);
  const error = (() => {
    try {
      return new SigningKey(pem.replace("BEGIN", "BEGUN"));
    } catch (thrown) {
      return thrown;
    }
  })();
  const shown = [key, { key }, error].map(
    (value) => inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value),
  );
  shown.push(String(key), String(error));
  for (const secret of [
    seed.toString("hex"),
    seed.toString("base64"),
    seed.toString("base64url"),
    pem.split("\n")[1] ?? "",
  ]) {
    expect(shown.join("\n")).not.toContain(secret);
  }
  expect(shown.join("\n")).toContain(key.publicKey);
});

test("whichever bit of its file has turned over, it is that key or none", async () => {
  const pem = writePem(generateKeyPairSync("ed25519").privateKey);
  const { publicKey } = new SigningKey(pem);
  let refused = 0;
  for (let bit = 0; bit < pem.length * 8; bit += 1) {
    const bytes = Buffer.from(pem);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      expect(new SigningKey(bytes.toString("utf8")).publicKey).toBe(publicKey);
    } catch (error) {
      expect(error).toBeInstanceOf(SigningKeyError);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(32 * 8);
  const damaged = pem.replace(/[0-9a-f]\n$/, (digit) => (digit === "0\n" ? "1\n" : "0\n"));
  expect(() => new SigningKey(damaged)).toThrow("is not the one that its file says it is");
  expect(new SigningKey(pem.replace(/public-key .*\n/, "")).publicKey).toBe(publicKey); // As others write it.
});
