/* The rounds of a randomness beacon: recorded ones of drand, those of a beacon of our own, and what only looks like one. */
import { createHash } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { describe, expect, it } from "vitest";
import { type BeaconRound, firstRoundFrom, QUICKNET, verifyBeacon } from "../../verifier/index.ts";
import { random, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { naiveRound } from "./naiveDraw.ts";
import { createBeacon } from "./testBeacon.ts";
import { readQuicknet } from "./vectors.ts";

/** A round of quicknet, recorded. */
const RECORDED: BeaconRound = {
  publicKey: QUICKNET.publicKey,
  round: 123,
  signature: "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92",
};
/** The prime of the field. */
const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;

/** The same text with one bit changed. */
function flip(hex: string, bit: number): string {
  const bytes = Buffer.from(hex, "hex");
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes.toString("hex");
}

describe("a round of drand's quicknet", () => {
  testRequiring("VECTORS_DIR")("verifies as it was recorded, and its randomness is the hash of its signature", () => {
    const { chainInfo, beacons } = readQuicknet();
    expect(QUICKNET).toEqual({
      chainHash: chainInfo.hash,
      publicKey: chainInfo.public_key,
      genesisAt: new Date(chainInfo.genesis_time * 1000).toISOString(),
      periodSeconds: chainInfo.period,
    });
    expect(beacons.length).toBeGreaterThan(1);
    for (const { round, signature, randomness } of beacons) {
      expect(verifyBeacon({ publicKey: chainInfo.public_key, round, signature }), `round ${round}`).toBe(true);
      expect(createHash("sha256").update(signature, "hex").digest("hex")).toBe(randomness);
    }
  });

  it("verifies, and not as another round", () => {
    expect(verifyBeacon(RECORDED)).toBe(true);
    expect(verifyBeacon({ ...RECORDED, round: 122 })).toBe(false);
    expect(verifyBeacon({ ...RECORDED, round: 124 })).toBe(false);
  });

  it("does not verify with any bit of its signature changed", { timeout: 120_000 }, () => {
    for (let bit = 0; bit < 384; bit++) {
      expect(verifyBeacon({ ...RECORDED, signature: flip(RECORDED.signature, bit) }), `bit ${bit}`).toBe(false);
    }
  });

  it(`does not verify with a bit of the key changed (seed ${seed})`, { timeout: 60_000 }, () => {
    for (let i = 0; i < 64; i++) {
      const publicKey = flip(RECORDED.publicKey, random.integer(768));
      expect(verifyBeacon({ ...RECORDED, publicKey }), `seed ${seed}`).toBe(false);
    }
  });
});

describe("a round of a beacon of our own", () => {
  const [beacon, stranger] = [createBeacon(), createBeacon()];
  const signed = (round: number) => ({ publicKey: beacon.publicKey, round, signature: beacon.sign(round) });

  it.each([1, 2, 1_000_000, 2 ** 32, Number.MAX_SAFE_INTEGER])("verifies: %d", (round) => {
    expect(verifyBeacon(signed(round))).toBe(true);
    expect(verifyBeacon({ ...signed(round), publicKey: stranger.publicKey })).toBe(false);
    expect(verifyBeacon({ ...signed(round), signature: stranger.sign(round) })).toBe(false);
  });

  it("does not verify when the point is written with its other sign, or negated", () => {
    const good = signed(7);
    const point = bls12_381.G1.Point.fromHex(good.signature);
    expect(verifyBeacon({ ...good, signature: point.negate().toHex() })).toBe(false);
  });

  it("does not verify where key and signature are the point at infinity, which would verify everything", () => {
    const [key, signature] = [`c0${"00".repeat(95)}`, `c0${"00".repeat(47)}`];
    expect(verifyBeacon({ publicKey: key, round: 1, signature })).toBe(false);
    expect(verifyBeacon({ ...signed(1), publicKey: key })).toBe(false);
    expect(verifyBeacon({ ...signed(1), signature })).toBe(false);
  });

  it("does not verify with a point outside of the group: a pairing takes the part within and cannot tell", () => {
    const moved = bls12_381.G1.Point.fromHex(signed(3).signature).add(smallOrder());
    expect(moved.isTorsionFree()).toBe(false);
    expect(verifyBeacon({ ...signed(3), signature: encode(moved) })).toBe(false);
    expect(encode(bls12_381.G1.Point.fromHex(signed(3).signature))).toBe(signed(3).signature);
  });

  it("does not verify where the same point is written in another way", () => {
    const point = bls12_381.G1.Point.fromHex(signed(3).signature);
    expect(verifyBeacon({ ...signed(3), signature: point.toHex(false) })).toBe(false);
    expect(verifyBeacon({ ...signed(3), signature: point.toHex(false).slice(0, 96) })).toBe(false);
  });
});

/** A point of G1's curve that is not of the group's order, but of a small one. */
function smallOrder() {
  const { Fp, Fr } = bls12_381.fields;
  const { Point } = bls12_381.G1;
  for (let x = 4n; ; x++) {
    try {
      const start = Point.fromAffine({ x, y: Fp.sqrt(x ** 3n + 4n) });
      let product = Point.ZERO;
      for (const bit of Fr.ORDER.toString(2)) product = bit === "1" ? product.double().add(start) : product.double();
      if (!product.is0()) return product;
    } catch {
      // No point has this x.
    }
  }
}

/** The compressed encoding of a point of G1's curve, which noble writes of points of the group only. */
function encode(point: ReturnType<typeof smallOrder>): string {
  const { x, y } = point.toAffine();
  const bytes = Buffer.from(x.toString(16).padStart(96, "0"), "hex");
  bytes[0] = (bytes[0] ?? 0) | 0x80 | (y > (P - 1n) / 2n ? 0x20 : 0);
  return bytes.toString("hex");
}

describe("verifyBeacon", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a text", "round"],
    ["an empty object", {}],
    ["a key in upper case", { ...RECORDED, publicKey: RECORDED.publicKey.toUpperCase() }],
    ["a signature in upper case", { ...RECORDED, signature: RECORDED.signature.toUpperCase() }],
    ["a short signature", { ...RECORDED, signature: RECORDED.signature.slice(2) }],
    ["a signature with a newline", { ...RECORDED, signature: `${RECORDED.signature.slice(1)}\n` }],
    ["a key of another group", { ...RECORDED, publicKey: RECORDED.signature }],
    ["bytes", { ...RECORDED, signature: Buffer.from(RECORDED.signature, "hex") }],
    ["round 0", { ...RECORDED, round: 0 }],
    ["round 123.5", { ...RECORDED, round: 123.5 }],
    ["a round as text", { ...RECORDED, round: "123" }],
    ["a round as bigint", { ...RECORDED, round: 123n }],
    ["a round beyond the safe numbers", { ...RECORDED, round: 2 ** 53 }],
  ])("answers %s with false, and does not throw", (_, beacon) => {
    expect(verifyBeacon(beacon as BeaconRound)).toBe(false);
  });
});

describe("the first round from a time on", () => {
  const genesis = Date.parse(QUICKNET.genesisAt);
  const at = (milliseconds: number) => new Date(genesis + milliseconds).toISOString();

  it.each([
    [-1_000_000, 0, 1],
    [-1, 0, 1],
    [0, 0, 1],
    [1, 0, 2],
    [2999, 0, 2],
    [3000, 0, 2],
    [3001, 0, 3],
    [0, 60, 21],
    [1, 60, 22],
    [-60_000, 60, 1],
    [0, 604_800, 201_601],
  ])("is, %d ms after quicknet's genesis and with a delay of %d s, %d", (milliseconds, delay, round) => {
    expect(firstRoundFrom(QUICKNET, at(milliseconds), delay)).toBe(round);
  });

  it("is what counting up finds", () => {
    for (let i = 0; i < 300; i++) {
      const [milliseconds, delay, period] = [random.integer(100_000_000), random.integer(4000), 1 + random.integer(40)];
      const chain = { genesisAt: at(random.integer(1000)), periodSeconds: period };
      const time = at(milliseconds);
      const expected = naiveRound(chain.genesisAt, period, time, delay);
      expect(firstRoundFrom(chain, time, delay), `seed ${seed}`).toBe(expected);
    }
  });

  it("is none for what is no time", () => {
    expect(firstRoundFrom(QUICKNET, "soon", 60)).toBeNaN();
  });

  testRequiring("VECTORS_DIR")("is a recorded round at its own time, and the next a millisecond later", () => {
    for (const { round } of readQuicknet().beacons) {
      const time = (round - 1) * 3000;
      expect([firstRoundFrom(QUICKNET, at(time)), firstRoundFrom(QUICKNET, at(time + 1))]).toEqual([round, round + 1]);
    }
  });
});
