import { bls12_381 } from "@noble/curves/bls12-381.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bigEndian } from "./sampler.ts";

/** A randomness beacon of drand: a group of servers signs the number of a round at its time, and nobody can before. */
export interface BeaconChain {
  /** Names the chain, 64 lower-case hexadecimal characters. */
  readonly chainHash: string;
  /** The key of the group, a point of G2: 192 lower-case hexadecimal characters. */
  readonly publicKey: string;
  /** When round 1 was due: RFC 3339, UTC, milliseconds. */
  readonly genesisAt: string;
  /** From one round to the next. */
  readonly periodSeconds: number;
}

/** A round of a beacon, as it was published. */
export interface BeaconRound {
  /** The key of the chain: 192 lower-case hexadecimal characters. */
  readonly publicKey: string;
  /** From 1. */
  readonly round: number;
  /** A point of G1: 96 lower-case hexadecimal characters. */
  readonly signature: string;
}

/** The beacon `quicknet` of the League of Entropy, as https://api.drand.sh publishes it. */
export const QUICKNET: BeaconChain = {
  chainHash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
  publicKey:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  genesisAt: "2023-08-23T15:09:27.000Z",
  periodSeconds: 3,
};

/** The suite of RFC 9380 by which drand hashes a round to a point of G1, in its scheme bls-unchained-g1-rfc9380. */
const DOMAIN = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";

/**
 * Says whether a beacon signed a round, in drand's scheme `bls-unchained-g1-rfc9380`: a BLS signature over SHA-256 of the
 * number of the round as 8 bytes, the high one first. Key and signature must be canonical encodings of points of prime
 * order. Never throws, whatever it is given. The first call takes some tenths of a second, later ones some hundredths.
 *
 * @param beacon - the key of the chain, the round, and its signature.
 * @returns whether the signature is valid.
 * @example
 * ```ts
 * import { QUICKNET, verifyBeacon } from "@golden-press/verifier";
 *
 * const signature =
 *   "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92";
 * console.log(verifyBeacon({ publicKey: QUICKNET.publicKey, round: 123, signature })); // true
 * console.log(verifyBeacon({ publicKey: QUICKNET.publicKey, round: 124, signature })); // false
 * ```
 */
export function verifyBeacon(beacon: BeaconRound): boolean {
  const { publicKey, round, signature }: Partial<BeaconRound> = beacon ?? {};
  if (!isHex(192, publicKey) || !isHex(96, signature) || !isRound(round)) return false;
  const { Signature, hash, verify } = bls12_381.shortSignatures;
  try {
    const [key, point] = [bls12_381.G2.Point.fromHex(publicKey), Signature.fromHex(signature)];
    // To no key belongs the point at infinity, and a signature that is it would be everybody's.
    if (key.is0() || point.is0()) return false;
    return verify(point, hash(sha256(bigEndian(BigInt(round))), DOMAIN), key);
  } catch {
    return false; // noble throws for what is no canonical encoding, on no point of the curve, or of another order.
  }
}

/**
 * The first round of a beacon that is due at a time or later.
 *
 * @param chain - when its round 1 was due, and how long after each other the rounds are.
 * @param time - RFC 3339, UTC, milliseconds.
 * @param delaySeconds - counted from `time`.
 * @returns the number of the round, from 1; NaN when `time` is none.
 * @example
 * ```ts
 * import { firstRoundFrom, QUICKNET } from "@golden-press/verifier";
 *
 * console.log(firstRoundFrom(QUICKNET, "2023-08-23T15:09:27.000Z")); // 1
 * console.log(firstRoundFrom(QUICKNET, "2023-08-23T15:09:27.001Z", 60)); // 22
 * ```
 */
export function firstRoundFrom(
  { genesisAt, periodSeconds }: Pick<BeaconChain, "genesisAt" | "periodSeconds">,
  time: string,
  delaySeconds = 0,
): number {
  const milliseconds = Date.parse(time) + delaySeconds * 1000 - Date.parse(genesisAt);
  return Math.max(Math.ceil(milliseconds / (periodSeconds * 1000)), 0) + 1;
}

function isRound(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isHex(length: number, value: unknown): value is string {
  return typeof value === "string" && value.length === length && /^[0-9a-f]+$/.test(value);
}
