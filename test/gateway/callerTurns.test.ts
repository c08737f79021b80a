import { expect, test } from "vitest";
import { CallerTurns } from "../../gateway/callerTurns.ts";

/** Something that ends when it is told to. */
function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let hasBegun = false;
  const work = () => {
    hasBegun = true;
    return promise;
  };
  return { work, end: resolve, fail: reject, hasBegun: () => hasBegun };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test("so many of a caller begin, the others in their order as those end or fail; other callers do not wait", async () => {
  const turns = new CallerTurns({ max: 2 });
  const tasks = Array.from({ length: 4 }, task);
  const answers = tasks.map(({ work }) => turns.run("ann", work));
  const begun = () => tasks.map(({ hasBegun }) => hasBegun());
  await settle();
  expect(begun()).toEqual([true, true, false, false]);
  expect(await turns.run("bob", async () => "bob's")).toBe("bob's");
  tasks[1]?.fail(new Error("it failed"));
  await expect(answers[1]).rejects.toThrow("it failed");
  await settle();
  expect(begun()).toEqual([true, true, true, false]);
  tasks[0]?.end("first");
  expect(await answers[0]).toBe("first");
  await settle();
  expect(begun()).toEqual([true, true, true, true]);
  for (const { end } of tasks) end("done");
  expect(await Promise.all([answers[2], answers[3]])).toEqual(["done", "done"]);
  expect(turns.count).toBe(0);
});

test("who waits for too long is OVERLOADED, has done nothing, and keeps nobody else out", async () => {
  const turns = new CallerTurns({ max: 1, waitMilliseconds: 1 });
  const [first, second, third] = [task(), task(), task()];
  const answer = turns.run("ann", first.work);
  await expect(turns.run("ann", second.work)).rejects.toThrow("OVERLOADED");
  expect(second.hasBegun()).toBe(false);
  first.end("done");
  expect(await answer).toBe("done");
  expect(turns.count).toBe(0);
  third.end("third");
  expect(await turns.run("ann", third.work)).toBe("third");
});
