import { expect, test } from "vitest";
import { oneAtATime } from "../../worker/oneAtATime.ts";
import { makeDoor } from "./support.ts";

test("runs once at a time; any number of calls while it runs make it run once more, and share the promise", async () => {
  const doors = [makeDoor(), makeDoor(), makeDoor()];
  let runs = 0;
  const act = oneAtATime(async () => {
    runs += 1;
    await doors[runs - 1]?.opened;
  });
  const first = act();
  const later = Array.from({ length: 50 }, () => act());
  expect(new Set([first, ...later]).size).toBe(1);
  expect(runs).toBe(1);
  doors[0]?.open();
  doors[1]?.open();
  await first;
  expect(runs).toBe(2);
});

test("a call in the very moment of the end is not forgotten", async () => {
  let runs = 0;
  const act = oneAtATime(async () => {
    runs += 1;
  });
  const again = act().then(() => act());
  await again;
  expect(runs).toBe(2);
});

test("a failure ends the run for all who share it, and the next call begins anew", async () => {
  let isBroken = true;
  let runs = 0;
  const act = oneAtATime(async () => {
    runs += 1;
    if (isBroken) throw new Error("broken");
  });
  await expect(Promise.allSettled([act(), act()])).resolves.toMatchObject([
    { status: "rejected" },
    { status: "rejected" },
  ]);
  isBroken = false;
  const before = runs;
  await act();
  expect(runs).toBe(before + 1);
});
