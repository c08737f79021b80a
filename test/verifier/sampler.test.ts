/* That every entry is exactly as likely as the others: shown by feeding the sampler with all words there are, of widths small enough to. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { drawSeed, drawWords, sampleIndex, type Words } from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { naiveWinner } from "./naiveDraw.ts";

type Sampler = (count: number, words: Words) => number;

const COUNTS = [1, 2, 3, 7, 100, 101];
const WIDTHS = [1, 2, 3, 5, 7, 8, 10, 13];

/** How often each index is chosen when the first word is each of its values once; and how many first words decide nothing. */
function tally(sampler: Sampler, count: number, bits: number): { chosen: number[]; rejected: number } {
  const chosen = new Array<number>(count).fill(0);
  let rejected = 0;
  for (let word = 0; word < 2 ** bits; word++) {
    const given = [BigInt(word)];
    const next = () => {
      const first = given.shift();
      if (first === undefined) throw new RangeError("asked for another word");
      return first;
    };
    try {
      const index = sampler(count, { bits, next });
      chosen[index] = (chosen[index] ?? 0) + 1;
    } catch {
      rejected++;
    }
  }
  return { chosen, rejected };
}

const isUniform = (chosen: readonly number[], count: number) => chosen.length === count && new Set(chosen).size === 1;

describe("the sampler, fed with every word of a width", () => {
  const possible = WIDTHS.flatMap((bits) =>
    COUNTS.filter((count) => count <= 2 ** bits).map((count) => ({ bits, count })),
  );

  it.each(possible)("of $bits bits chooses each of $count equally often", ({ bits, count }) => {
    const { chosen, rejected } = tally(sampleIndex, count, bits);
    expect(chosen).toEqual(new Array(count).fill(Math.floor(2 ** bits / count)));
    expect(rejected).toBe(2 ** bits % count);
  });

  it("chooses each of 3 equally often from every three words of 3 bits in a row", () => {
    const chosen = [0, 0, 0];
    for (let all = 0; all < 8 ** 3; all++) {
      const given = [all & 7, (all >> 3) & 7, all >> 6];
      if (given.every((word) => word >= 6)) continue; // None of them decides.
      const index = sampleIndex(3, { bits: 3, next: () => BigInt(given.shift() ?? Number.NaN) });
      chosen[index] = (chosen[index] ?? 0) + 1;
    }
    expect(chosen).toEqual([168, 168, 168]);
  });

  it("is told apart from the remainder alone, which favours the first", () => {
    const remainder: Sampler = (count, words) => Number(words.next() % BigInt(count));
    for (const { bits, count } of possible) {
      const { chosen } = tally(remainder, count, bits);
      expect(isUniform(chosen, count), `${count} by ${bits} bits`).toBe(2 ** bits % count === 0);
      expect(isUniform(tally(sampleIndex, count, bits).chosen, count)).toBe(true);
    }
    expect(possible.filter(({ bits, count }) => 2 ** bits % count !== 0).map(({ count }) => count)).toEqual(
      expect.arrayContaining([3, 7, 100, 101]),
    );
  });
});

describe("the sampler", () => {
  it.each([0, -1, 1.5, Number.NaN, 2 ** 53, 257])("does not choose one of %d by 8 bits", (count) => {
    expect(() => sampleIndex(count, { bits: 8, next: () => 0n })).toThrow(RangeError);
  });

  it("takes the last word that decides, and not the one after it", () => {
    const limit = (2n ** 64n / 101n) * 101n;
    const given = [2n ** 64n - 1n, limit, limit - 1n];
    expect(sampleIndex(101, { bits: 64, next: () => given.shift() ?? 0n })).toBe(100);
    expect(given).toEqual([]);
  });
});

describe("the words of a draw", () => {
  it("are the first 8 bytes of SHA-256 over seed and counter", () => {
    const bytes = random.bytes(32);
    const words = drawWords(bytes);
    expect(words.bits).toBe(64);
    for (let i = 0; i < 300; i++) {
      const counter = Buffer.alloc(8);
      counter.writeBigUInt64BE(BigInt(i));
      const hash = createHash("sha256").update(bytes).update(counter).digest();
      expect(words.next()).toBe(hash.readBigUInt64BE());
    }
  });

  it("begin anew for each who asks", () => {
    const bytes = random.bytes(32);
    expect(drawWords(bytes).next()).toBe(drawWords(bytes).next());
  });
});

const count = rounds(500, 5000);
it(`gives the winner of the description for ${count} draws of any size (seed ${seed})`, () => {
  for (let i = 0; i < count; i++) {
    const entries = Array.from({ length: 1 + random.integer(200) }, (_, index) => 3 * index + 1);
    const inputs = {
      mode: random.pick(["sealed", "beacon"]),
      edition: random.pick(["summer-raffle", "a", "2026-1"]),
      entriesHash: random.bytes(32).toString("hex"),
      entropy: random.bytes(random.pick([32, 48])).toString("hex"),
      attempt: 1 + random.integer(5),
    };
    const index = sampleIndex(entries.length, drawWords(drawSeed(inputs)));
    expect(entries[index], `seed ${seed}`).toBe(naiveWinner(entries, inputs));
  }
});
