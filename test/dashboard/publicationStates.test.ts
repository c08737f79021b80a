import { expect, it } from "vitest";
import { confirmationsOf, isUnderWay } from "../../gateway/dashboard/publications/publicationStates.ts";

it.each([
  ["queued", null, true],
  ["processing", null, true],
  ["unknown", null, true],
  ["sent", 0, true],
  ["sent", 5, true],
  ["sent", 6, false],
  ["failed", null, false],
] as const)("%s with %s confirmations is waited for: %s", (state, confirmations, isAwaited) => {
  expect(isUnderWay({ state, confirmations })).toBe(isAwaited);
});

it("counts blocks as people do", () => {
  expect([null, 0, 1, 2].map(confirmationsOf)).toEqual([null, "in no block yet", "1 confirmation", "2 confirmations"]);
});
