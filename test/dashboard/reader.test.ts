import { expect, it } from "vitest";
import { Reader } from "../../gateway/dashboard/press/reader.ts";

/** Questions whose answers come when a test says so. */
function makePress() {
  const waiting: ((answer: string) => void)[] = [];
  const told: string[] = [];
  const reader = new Reader<string>(
    () => new Promise((resolve) => waiting.push(resolve)),
    (answer, isLast) => told.push(isLast ? answer : `${answer} …`),
  );
  const answer = async (text: string) => {
    waiting.shift()?.(text);
    // What follows an answer follows it at once.
    await Promise.resolve().then(() => undefined);
    await Promise.resolve();
  };
  return { reader, told, waiting, answer };
}

it("asks one question at a time, and once more for all that came meanwhile", async () => {
  const { reader, told, waiting, answer } = makePress();
  for (let index = 0; index < 5; index += 1) reader.again();
  expect(waiting).toHaveLength(1);
  await answer("first");
  expect(waiting).toHaveLength(1);
  await answer("second");
  expect(waiting).toHaveLength(0);
  expect(told).toEqual(["first …", "second"]);
});

it("asks again after it had rested", async () => {
  const { reader, told, answer } = makePress();
  reader.again();
  await answer("first");
  reader.again();
  await answer("second");
  expect(told).toEqual(["first", "second"]);
});

it("tells nothing once it is stopped", async () => {
  const { reader, told, waiting, answer } = makePress();
  reader.again();
  reader.again();
  reader.stop();
  await answer("late");
  expect([told, waiting]).toEqual([[], []]);
});
