import { createHash } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { random } from "../random.ts";

const DOMAIN = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";

/** A beacon for tests, of drand's scheme: it signs any round at any time, which a real one never would. */
export interface TestBeacon {
  readonly publicKey: string;
  /** 96 hexadecimal characters. */
  sign(round: number): string;
}

/** A beacon with a key from the seeded random numbers of this run. */
export function createBeacon(): TestBeacon {
  const { getPublicKey, hash, sign } = bls12_381.shortSignatures;
  // Far below the order of the group, and not zero.
  const key = Uint8Array.from([0, ...random.bytes(30), 1]);
  return {
    publicKey: getPublicKey(key).toHex(),
    sign(round) {
      const number = Buffer.alloc(8);
      number.writeBigUInt64BE(BigInt(round));
      return sign(hash(createHash("sha256").update(number).digest(), DOMAIN), key).toHex();
    },
  };
}
