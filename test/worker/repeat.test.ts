import { expect, test } from "vitest";
import { repeat } from "../../worker/repeat.ts";
import { makeLog } from "./support.ts";

const away = (port: number) => Object.assign(new Error(`connect 127.0.0.1:${port}`), { code: "ECONNREFUSED" });
const ended = Object.assign(new Error("terminating connection"), { code: "57P01" });
const lost = new Error("Connection terminated unexpectedly");
const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

test("a failure is said once, and once more when it is over; one of another kind is said meanwhile", async () => {
  const acts = [away(1), ended, lost, full, away(3), full, new TypeError("x"), new TypeError("y"), undefined, away(4)];
  const log = makeLog();
  await new Promise<void>((resolve) => {
    const repeating = repeat({
      name: "act",
      pauseMilliseconds: 0,
      log,
      act: async () => {
        const error = acts.shift();
        if (acts.length === 0) void repeating.stop().then(resolve);
        if (error !== undefined) throw error;
      },
    });
  });
  expect(log.lines.filter((line) => !line.startsWith("debug"))).toEqual([
    expect.stringMatching(/^error .*127\.0\.0\.1:1/),
    expect.stringMatching(/^error .*no space left/),
    expect.stringMatching(/^error .*x/),
    expect.stringMatching(/^info .*Could act again/),
    expect.stringMatching(/^error .*127\.0\.0\.1:4/),
  ]);
});
