/* The cryptosuite eddsa-jcs-2022 against others: the example that W3C published, and Python with OpenSSL by the procedure of W3C. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, vi } from "vitest";
import { writeCanonical } from "../../verifier/canonicalJson.ts";
import { isProofOf } from "../../verifier/dataIntegrity.ts";
import {
  encodeBase58btc,
  formatMultikey,
  parseMultikey,
  proofHashData,
  readStatusList,
  verifyCredential,
  verifyEd25519,
} from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { missingRequirement, testRequiring } from "../requirements.ts";
import { issuer, stranger } from "./cases.ts";
import {
  badCredentials,
  badLists,
  credential,
  goodCredentials,
  goodLists,
  questionOf,
  statusList,
} from "./credentialCases.ts";
import { issueCredential, issueStatusList, PLACE } from "./credentialIssuer.ts";
import { type DataIntegrityVector, readDataIntegrity } from "./vectors.ts";

vi.setConfig({ testTimeout: 180_000 }); // Each question is two processes.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "golden-press-credentials-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function writeFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function askPython(key: string, ...files: string[]) {
  const script = join(import.meta.dirname, "verify_credential.py");
  const { status, stdout, stderr } = spawnSync("python3", [script, key, ...files], { encoding: "utf8" });
  expect(stderr).toBe("");
  return { isValid: status === 0, lines: stdout.trimEnd().split("\n") };
}

describe("the example of W3C", () => {
  const testVector = (title: string, body: (given: DataIntegrityVector) => void) =>
    testRequiring("VECTORS_DIR/vc-di-eddsa")(title, () => body(readDataIntegrity()));

  testVector("has our canonical texts, our hashes and our writing of its signature, step by step", (given) => {
    expect(writeCanonical(given.unsigned)).toBe(given.canonicalDocument);
    expect(writeCanonical(given.proofOptions)).toBe(given.canonicalOptions);
    const hashData = proofHashData(given.canonicalDocument, given.canonicalOptions);
    expect(Buffer.from(hashData).toString("hex")).toBe(given.hashData);
    const signature = Buffer.from(given.signature, "hex");
    expect(`z${encodeBase58btc(signature)}`).toBe(given.proofValue);
    const publicKey = parseMultikey(given.publicKeyMultibase);
    expect(formatMultikey(publicKey)).toBe(given.publicKeyMultibase);
    expect(verifyEd25519(publicKey, hashData, signature)).toBe(true);
  });

  testVector("is verified, and nothing that differs from it", ({ publicKeyMultibase, signed }) => {
    const publicKey = parseMultikey(publicKeyMultibase);
    expect(isProofOf(publicKey, signed)).toBe(true);
    for (const name of Object.keys(signed).filter((name) => name !== "proof")) {
      expect(isProofOf(publicKey, { ...signed, [name]: "another" }), name).toBe(false);
    }
    for (const name of Object.keys(signed.proof)) {
      expect(isProofOf(publicKey, { ...signed, proof: { ...signed.proof, [name]: "another" } }), name).toBe(false);
    }
    expect(isProofOf(new Uint8Array(issuer.publicKey), signed)).toBe(false);
  });

  testVector("is verified by the second opinion too", ({ publicKeyMultibase, signedFile }) => {
    if (missingRequirement("python3", "openssl") === undefined) {
      expect(askPython(publicKeyMultibase, signedFile)).toEqual({ isValid: true, lines: [`${signedFile}: signed`] });
    }
  });
});

describe("Python with OpenSSL, by the procedure of W3C", () => {
  const testOthers = testRequiring("python3", "openssl");
  const key = formatMultikey(issuer.publicKey);

  testOthers("verifies every credential and list that the SDK verifies", () => {
    for (const [name, { document }] of Object.entries({ ...goodCredentials, ...goodLists })) {
      const file = writeFile("good.json", document);
      expect(askPython(key, file), name).toEqual({ isValid: true, lines: [`${file}: signed`] });
    }
  });

  testOthers("refuses every credential and list whose signature the SDK refuses", () => {
    for (const bad of [badCredentials, badLists]) {
      for (const [name, { document }] of Object.entries({ ...bad.UNKNOWN_KEY, ...bad.SIGNATURE_INVALID })) {
        // Python is given the key, and knows nothing of its id.
        const isOurs = name === "another key's id under our signature";
        expect(askPython(key, writeFile("bad.json", document)).isValid, name).toBe(isOurs);
      }
    }
  });

  testOthers("finds the same places revoked", async () => {
    const file = writeFile("credential.json", credential);
    for (const list of [statusList, issueStatusList(issuer, [PLACE]), issueStatusList(issuer, [])]) {
      const listFile = writeFile("list.json", list);
      const read = await readStatusList(questionOf({ document: list }));
      if (!read.isValid) expect.unreachable(read.message);
      const ours = verifyCredential({ ...questionOf({ document: credential }), statusList: read.statusList });
      const status = ours.isValid ? ours.verdict : ours.reason.toLowerCase();
      expect(askPython(key, file, listFile)).toEqual({
        isValid: ours.isValid,
        lines: [`${file}: signed`, `${listFile}: signed`, `${file}: ${status}`],
      });
    }
  });

  const count = rounds(10, 300);
  testOthers(`agrees on ${count} documents of random members, half of them changed (seed ${seed})`, () => {
    for (let round = 0; round < count; round++) {
      const signer = random.pick([issuer, issuer, issuer, stranger]);
      const text = issueCredential(signer, { name: random.text(random.integer(20)), n: random.integer(2 ** 40) });
      const document = JSON.parse(text);
      if (round % 2 === 1) document[random.pick(["name", "id", "n", "issuer"])] = random.text(3);
      const file = writeFile("random.json", JSON.stringify(document, null, round % 3));
      const ours = isProofOf(new Uint8Array(issuer.publicKey), document);
      expect(askPython(key, file).isValid, `round ${round}, seed ${seed}`).toBe(ours);
    }
  });
});
