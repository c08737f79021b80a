import { beforeAll, describe, expect, test } from "vitest";

test("passes", () => undefined);
test("fails", () => expect(1).toBe(2));
describe("with a hook that throws", () => {
  beforeAll(() => {
    throw new Error("the hook threw");
  });
  test("does not run", () => undefined);
});
