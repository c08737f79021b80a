import { expect, it } from "vitest";
import { saleLine } from "../../gateway/dashboard/operator/saleLine.ts";

const at = (second: number, issuedCount: number) => ({
  issuedAt: new Date(Date.UTC(2026, 2, 1, 9, 0, second)).toISOString(),
  issuedCount,
});

it("goes up in steps, to the right with time", () => {
  expect(saleLine([at(0, 1), at(5, 5), at(10, 10)], 10, 100, 50)).toEqual({
    path: "M0 50H0V45H50V25H100V0",
    end: { x: 100, y: 0 },
  });
});

it("has a place for a sale of one moment", () => {
  expect(saleLine([at(0, 4)], 10, 100, 50)).toEqual({ path: "M0 50H0V30", end: { x: 0, y: 30 } });
});
