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
