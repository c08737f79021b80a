import { expect, it } from "vitest";
import { rosette } from "../../gateway/dashboard/tickets/rosette.ts";
import { random } from "../random.ts";

it("stays within its circle, whatever the id", () => {
  for (let count = 0; count < 200; count += 1) {
    for (const { path } of rosette(random.bytes(16).toString("hex"))) {
      for (const [, x, y] of path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)) {
        expect(Math.hypot(Number(x), Number(y))).toBeLessThanOrEqual(100);
      }
    }
  }
});

it("is the same for the same ticket, and another for another", () => {
  const id = "01a2279d-2a05-7c33-8763-cea714f2806b";
  expect(rosette(id)).toEqual(rosette(id));
  expect(rosette(id)).not.toEqual(rosette("01a2279d-2a05-7c33-8763-cea714f2806c"));
  expect(rosette("")).toHaveLength(3);
});
