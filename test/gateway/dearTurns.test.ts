import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { DearTurns } from "../../gateway/dearTurns.ts";

/** Holds the event loop. */
function hold(milliseconds: number): void {
  const since = performance.now();
  while (performance.now() - since < milliseconds);
}

test("work is done at once where there is no other, and cheap work with it", async () => {
  const turns = new DearTurns();
  const done: string[] = [];
  void turns.run("ann", () => done.push("first"));
  expect(done).toEqual(["first"]);
  await Promise.all(["second", "third"].map((name) => turns.run("ann", () => done.push(name))));
  expect(done).toEqual(["first", "second", "third"]);
});

test("of one caller first come, first served; of many, one each", async () => {
  const turns = new DearTurns();
  const done: string[] = [];
  const work = (name: string) => () => {
    hold(11);
    done.push(name);
  };
  const mallory = ["m1", "m2", "m3"].map((name) => turns.run("mallory", work(name)));
  await Promise.all([...mallory, turns.run("ann", work("ann")), turns.run("ben", work("ben"))]);
  expect(done).toEqual(["m1", "m2", "ann", "ben", "m3"]);
});

test("after a portion others are served, not once but again and again, while there are any", async () => {
  const turns = new DearTurns();
  let served = 0;
  let isOver = false;
  const serve = () => {
    turns.noteOther();
    served += 1;
    if (!isOver) setTimeout(serve, 1);
  };
  serve();
  await turns.run("mallory", () => {
    hold(20);
    turns.noteOther(); // However long this process had to wait meanwhile.
  });
  const before = served;
  await turns.run("mallory", () => {
    isOver = true;
  });
  expect(served - before).toBeGreaterThan(3);
});

test("where there are no others, the next begins at once", async () => {
  const turns = new DearTurns();
  await turns.run("ann", () => hold(50));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  void turns.run("ann", () => resolve(true));
  expect(await Promise.race([promise, delay(1_000, false)])).toBe(true);
});

test("what work throws reaches who asked for it, and nobody else", async () => {
  const turns = new DearTurns();
  const failing = turns.run("ann", () => {
    throw new Error("no");
  });
  const rejecting = turns.run("ann", () => Promise.reject(new Error("not this either")));
  await expect(failing).rejects.toThrow("no");
  await expect(rejecting).rejects.toThrow("not this either");
  expect(await turns.run("ann", () => "yes")).toBe("yes");
});

test("work goes on in the name of who asked for it", async () => {
  const turns = new DearTurns();
  const names = new AsyncLocalStorage<string>();
  const ask = (name: string) => names.run(name, () => turns.run(name, () => names.getStore()));
  expect(await Promise.all(["ann", "ben", "cem"].map(ask))).toEqual(["ann", "ben", "cem"]);
});
