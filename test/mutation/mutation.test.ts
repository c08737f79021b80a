/* Some of the faults that `npm run mutate` plants, others each time: whatever is not in a list of this folder is noticed. */
import { afterAll, describe, expect, inject, test } from "vitest";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import { allMutants, Hunt } from "./hunt.ts";
import { EXAMINED, listed } from "./listed.ts";
import { KINDS, type Mutant } from "./mutant.ts";

everyTestRequires("superuser"); // Other logins' places are taken.

const COUNT = rounds(5, 60);
const TIMEOUT_MILLISECONDS = 600_000;

const isMissing = missingRequirement("superuser") !== undefined;
const hunt = isMissing ? undefined : await Hunt.start(inject("testServer"));
afterAll(() => hunt?.end());
const all = hunt === undefined ? [] : await allMutants(hunt);
const unlisted = all.filter(({ name, kind }) => EXAMINED.has(kind) && !listed().has(name));
const nothing: Mutant = { name: "nothing", kind: "guard", subject: "press.issue_ticket", sql: "select" };

test("there are faults of every kind to plant, each under a name of its own", () => {
  const kinds = new Set(all.map(({ kind }) => kind));
  expect(Object.keys(KINDS).filter((kind) => kind !== "exclusion" && !kinds.has(kind as Mutant["kind"]))).toEqual([]);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

test("what the lists name is there to be planted", () => {
  const names = new Set(all.map(({ name }) => name));
  expect([...listed().keys()].filter((name) => !names.has(name))).toEqual([]);
});

test("what changes nothing is noticed by nothing", { timeout: TIMEOUT_MILLISECONDS }, async () => {
  expect(await hunt?.noticedBy(nothing, (file) => file.startsWith("issue_ticket/"))).toBeUndefined();
});

describe(`noticed (TEST_SEED=${seed})`, () => {
  const sample = Array.from({ length: COUNT }, () => random.integer(2 ** 31));
  const chosen = [...new Set(sample.map((number) => unlisted[number % unlisted.length] ?? nothing))];
  test.each(chosen.map((mutant) => [mutant.name, mutant] as const))(
    "%s",
    async (_, mutant) => {
      const by = await hunt?.noticedBy(mutant);
      expect(by, `Nothing noticed it: npm run mutate -- --only '${mutant.name}'\n${mutant.sql}`).toBeDefined();
    },
    TIMEOUT_MILLISECONDS,
  );
});
