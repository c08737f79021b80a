/* What the database writes as RFC 8785 is what JavaScript writes, on whose rules that rests: numbers of every size, strings of every character, members in the order of
   UTF-16. And a text is canonical if and only if it is the one that is written. */
import canonicalize from "canonicalize";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { random, rounds, seed } from "../../random.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

const COUNT = rounds(3_000, 200_000);

/** What the database makes of each text. */
async function written(texts: readonly string[]): Promise<string[]> {
  const { rows } = await database
    .pool("owner")
    .query<{ written: string }>(
      "select press_private.canonical_json(t::jsonb) as written from unnest($1::text[]) with ordinality u (t, i) order by i",
      [texts],
    );
  return rows.map((row) => row.written);
}

async function areCanonical(texts: readonly string[]): Promise<boolean[]> {
  const { rows } = await database
    .pool("owner")
    .query<{ is: boolean }>(
      'select press_private.is_canonical_json(t) as "is" from unnest($1::text[]) with ordinality u (t, i) order by i',
      [texts],
    );
  return rows.map((row) => row.is);
}

function anyDouble(): number {
  const view = new DataView(new ArrayBuffer(8));
  for (;;) {
    view.setUint32(0, random.integer(2 ** 32));
    view.setUint32(4, random.pick([0, 0, random.integer(2 ** 32), random.integer(256)]));
    const double = view.getFloat64(0);
    if (Number.isFinite(double)) return double;
  }
}

function anyValue(depth: number): unknown {
  const kind = random.integer(depth > 3 ? 4 : 6);
  const some = () => Array.from({ length: random.integer(5) });
  if (kind === 0) return random.pick([true, false, null]);
  if (kind === 1) return anyDouble();
  if (kind === 2) return random.integer(2 ** 32) - 2 ** 31;
  if (kind === 3) return random.text(random.integer(12));
  if (kind === 4) return some().map(() => anyValue(depth + 1));
  return Object.fromEntries(some().map(() => [random.text(random.integer(4)), anyValue(depth + 1)]));
}

test(`${COUNT} doubles of any bits, as they are and written otherwise (seed ${seed})`, async () => {
  const doubles = Array.from({ length: COUNT }, anyDouble);
  const expected = doubles.map((double) => JSON.stringify(double));
  expect(await written(expected)).toEqual(expected);
  expect(await written(doubles.map((double) => double.toExponential(20)))).toEqual(expected);
});

test("every power of two and of ten, and their neighbours", async () => {
  const powers = [
    ...Array.from({ length: 2098 }, (_, index) => 2 ** (index - 1074)),
    ...Array.from({ length: 632 }, (_, index) => Number(`1e${index - 323}`)),
  ];
  const doubles = powers.flatMap((power) => [power, power * (1 + 2 ** -52), power * (1 - 2 ** -53), -power]);
  const expected = doubles.map((double) => JSON.stringify(double));
  expect(await written(expected)).toEqual(expected);
});

test(`any value (seed ${seed})`, async () => {
  const values = Array.from({ length: COUNT / 10 }, () => anyValue(0));
  const expected = values.map((value) => String(canonicalize(value)));
  expect(await written(values.map((value) => JSON.stringify(value, null, 2)))).toEqual(expected);
  expect(await areCanonical(expected)).toEqual(expected.map(() => true));
});

describe("what is not canonical", () => {
  test.each([
    ["white space", '{"a": 1}'],
    ["a line feed at its end", '{"a":1}\n'],
    ["members in another order", '{"b":1,"a":2}'],
    ["a member that is there twice", '{"a":1,"a":1}'],
    ["order by code points", '{"\uff61":1,"😀":2}'],
    ["a number with a zero too many", '{"a":1.0}'],
    ["an exponent that is not needed", '{"a":1e3}'],
    ["a number that no double has", '{"a":9007199254740993}'],
    ["a number that is too large", '{"a":1e400}'],
    ["a number that is too small", '{"a":1e-400}'],
    ["minus zero", '{"a":-0}'],
    ["an escape that is not needed", '{"a":"\\u0041"}'],
    ["an escaped solidus", '{"a":"\\/"}'],
    ["an escape in capital letters", '{"a":"\\u001F"}'],
    ["half of a pair", '{"a":"\\ud83d"}'],
    ["a character that PostgreSQL does not have", '{"a":"\\u0000"}'],
    ["something after its end", '{"a":1}{}'],
    ["NaN", '{"a":NaN}'],
    ["nothing", ""],
    ["101 levels", `${"[".repeat(101)}${"]".repeat(101)}`],
    ["thousands of levels", `${"[".repeat(5_000)}${"]".repeat(5_000)}`],
  ])("%s", async (_, text) => {
    expect(await areCanonical([text])).toEqual([false]);
  });

  test("100 levels are", async () => {
    expect(await areCanonical([`${"[".repeat(100)}${"]".repeat(100)}`])).toEqual([true]);
  });
});
