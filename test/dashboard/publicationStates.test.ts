import { expect, it } from "vitest";
import { confirmationsOf, isCounted, isUnderWay } from "../../gateway/dashboard/publications/publicationStates.ts";

it.each([
  ["queued", null, true, false],
  ["processing", null, true, false],
  ["unknown", null, true, false],
  ["sent", 0, true, false],
  ["sent", 1, false, true],
  ["sent", 6, false, false],
  ["failed", null, false, false],
] as const)(
  "%s with %s confirmations: more is told (%s), or counted (%s)",
  (state, confirmations, underWay, counted) => {
    expect(isUnderWay({ state, confirmations })).toBe(underWay);
    expect(isCounted({ confirmations })).toBe(counted);
  },
);

it("counts blocks as people do", () => {
  expect([null, 0, 1, 2].map(confirmationsOf)).toEqual([null, "in no block yet", "1 confirmation", "2 confirmations"]);
});
