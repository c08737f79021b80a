import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Signed } from "./curve.ts";

/** Test vectors of others, in the folder that VECTORS_DIR names. */
const path = (file: string) => join(process.env.VECTORS_DIR ?? "", file);

/** C2SP Wycheproof: what verifiers got wrong in the past. */
export function readWycheproof(): (Signed & { isValid: boolean })[] {
  const { testGroups }: WycheproofSuite = JSON.parse(readFileSync(path("wycheproof/ed25519_test.json"), "utf8"));
  return testGroups.flatMap(({ publicKey, tests }) =>
    tests.map(({ msg, sig, result }) => ({
      publicKey: Buffer.from(publicKey.pk, "hex"),
      message: Buffer.from(msg, "hex"),
      signature: Buffer.from(sig, "hex"),
      isValid: result === "valid",
    })),
  );
}

interface WycheproofSuite {
  testGroups: { publicKey: { pk: string }; tests: { msg: string; sig: string; result: string }[] }[];
}

/** C2SP CCTV: every combination of unusual points, on which libraries disagree. None where the folder does not have it. */
export function readCctv(): Signed[] {
  const file = path("cctv/ed25519vectors.json");
  if (!existsSync(file)) return [];
  const vectors: { key: string; msg: string; sig: string }[] = JSON.parse(readFileSync(file, "utf8"));
  return vectors.map(({ key, msg, sig }) => ({
    publicKey: Buffer.from(key, "hex"),
    message: Buffer.from(msg),
    signature: Buffer.from(sig, "hex"),
  }));
}

/** drand: the chain `quicknet` and rounds of it, as they were recorded. */
export function readQuicknet(): Quicknet {
  return JSON.parse(readFileSync(path("drand/quicknet.json"), "utf8"));
}

interface Quicknet {
  chainInfo: { public_key: string; period: number; genesis_time: number; hash: string };
  beacons: { round: number; randomness: string; signature: string }[];
}

/** W3C vc-di-eddsa: an example of `eddsa-jcs-2022` with every step between the document and its proof. */
export function readDataIntegrity(): DataIntegrityVector {
  const read = (file: string) => readFileSync(path(`vc-di-eddsa/${file}`), "utf8").trim();
  const [steps, name] = ["eddsa-jcs-2022/", "JCS"];
  return {
    publicKeyMultibase: JSON.parse(read("keyPair.json")).publicKeyMultibase,
    unsigned: JSON.parse(read("unsigned.json")),
    proofOptions: JSON.parse(read(`${steps}proofConfig${name}.json`)),
    canonicalDocument: read(`${steps}canonDoc${name}.txt`),
    canonicalOptions: read(`${steps}proofCanon${name}.txt`),
    hashData: read(`${steps}combinedHash${name}.txt`),
    signature: read(`${steps}sigHex${name}.txt`),
    proofValue: read(`${steps}sigBTC58${name}.txt`),
    signedFile: path(`vc-di-eddsa/${steps}signed${name}.json`),
    signed: JSON.parse(read(`${steps}signed${name}.json`)),
  };
}

export interface DataIntegrityVector {
  /** A Multikey. */
  readonly publicKeyMultibase: string;
  readonly unsigned: object;
  readonly proofOptions: object;
  readonly canonicalDocument: string;
  readonly canonicalOptions: string;
  /** In hexadecimal, as the signature. */
  readonly hashData: string;
  readonly signature: string;
  readonly proofValue: string;
  readonly signedFile: string;
  readonly signed: { readonly proof: { readonly proofValue: string } };
}
