import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Turnstile } from "../../gateway/turnstile.ts";

const holdEventLoop = (milliseconds: number) => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};

test("all pass in the order in which they came, fifty in a turn of the event loop at most", async () => {
  const turnstile = new Turnstile();
  let turn = 0;
  let isCounting = true;
  const counting = (async () => {
    for (; isCounting; turn += 1) await nextTurn();
  })();
  const passed: number[] = [];
  const turns: number[] = [];
  await Promise.all(
    Array.from({ length: 1_000 }, async (_, index) => {
      await turnstile.pass();
      passed.push(index);
      turns.push(turn);
    }),
  );
  isCounting = false;
  await counting;
  expect(passed).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  expect(Math.max(...Object.values(Object.groupBy(turns, String)).map((group) => group?.length ?? 0))).toBe(50);
});

test("while there are more, the others have the event loop three times as long", async () => {
  const turnstile = new Turnstile();
  const since = performance.now();
  await Promise.all(
    Array.from({ length: 200 }, async () => {
      await turnstile.pass();
      holdEventLoop(0.2);
    }),
  );
  // Four times 10 ms, and three rests of 30 ms in between.
  expect(performance.now() - since).toBeGreaterThan(125);
});

test("one who comes alone passes at once, time and again", async () => {
  const turnstile = new Turnstile();
  for (let round = 0; round < 100; round += 1) await turnstile.pass();
  await nextTurn();
  let isPassed = false;
  void turnstile.pass().then(() => {
    isPassed = true;
  });
  await Promise.resolve().then(() => undefined);
  expect(isPassed).toBe(true);
});
