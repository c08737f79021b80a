import { randomInt } from "node:crypto";

/** The seed of this run; a failing test names it, and `TEST_SEED` repeats the run. */
export const seed = Number(process.env.TEST_SEED ?? randomInt(2 ** 31));

const scale = process.env.TEST_SCALE ?? "";

/** How much a test tries: `few` where all is tested, `many` in CI's long runs, and a `glimpse` where somebody waits for the result. */
export function rounds<Amount>(few: Amount, many: Amount, glimpse: Amount = few): Amount {
  if (scale === "ci") return many;
  return scale === "all" ? few : glimpse;
}

let state = seed;

/** mulberry32: small, even enough for choosing test data, the same on every machine. */
function next(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}

export const random = {
  /** From 0 to below `limit`. */
  integer: (limit: number): number => next() % limit,
  bytes: (length: number): Buffer => Buffer.from(Array.from({ length }, () => next() & 0xff)),
  pick: <Item>(items: readonly Item[]): Item => items[next() % items.length] as Item,
  /** Well-formed text of any Unicode characters but U+0000, with many that need care in JSON. */
  text(length: number): string {
    const awkward = ['"', "\\", "/", "\n", "\u001f", "\u007f", "\u2028", "\ufeff", "é", "e\u0301", "😀", "\uffff"];
    const anyCharacter = () =>
      String.fromCodePoint(random.pick([1 + random.integer(0xd7ff), 0xe000 + random.integer(0x102000)]));
    return Array.from({ length }, () => (next() & 1 ? random.pick(awkward) : anyCharacter())).join("");
  },
};

/** Some of what could be tested one by one, others each time; all of it where `TEST_SCALE` is set. */
export function sample<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (scale !== "") return items;
  const rest = [...items.keys()];
  const chosen = new Set(
    Array.from({ length: Math.min(count, items.length) }, () => rest.splice(random.integer(rest.length), 1)[0]),
  );
  return items.filter((_, index) => chosen.has(index));
}
