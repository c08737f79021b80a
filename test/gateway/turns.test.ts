import { expect, test } from "vitest";
import { makeTurns } from "../../gateway/turns.ts";

/** Holds the event loop. */
function hold(milliseconds: number): void {
  const since = performance.now();
  while (performance.now() - since < milliseconds);
}

test("work that came at once is done in its order, and others have their turns in between", async () => {
  const inTurn = makeTurns(1);
  const done: string[] = [];
  const works = ["one", "two", "three"].map((name) =>
    inTurn(() => {
      hold(2);
      done.push(name);
      return name;
    }),
  );
  expect(done).toEqual(["one"]);
  const somebodyElse = () => {
    done.push("somebody else");
    if (!done.includes("three")) setImmediate(somebodyElse);
  };
  setImmediate(somebodyElse);
  expect(await Promise.all(works)).toEqual(["one", "two", "three"]);
  const [first, second] = ["two", "three"].map((name) => done.indexOf(name));
  expect(done.slice(first, second)).toContain("somebody else");
});

test("work that fits into a turn is done at once", () => {
  const inTurn = makeTurns(1_000);
  expect([1, 2, 3].map((number) => inTurn(() => number))).toEqual([1, 2, 3]);
});

test("what work throws reaches who asked for it, and nobody else", async () => {
  const inTurn = makeTurns(1);
  inTurn(() => hold(2));
  const failing = inTurn(() => {
    throw new Error("no");
  });
  const rejecting = inTurn(() => Promise.reject(new Error("not this either")));
  await expect(failing).rejects.toThrow("no");
  await expect(rejecting).rejects.toThrow("not this either");
  expect(await inTurn(() => "yes")).toBe("yes");
});
