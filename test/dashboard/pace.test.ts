import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pollPause, Throttle } from "../../gateway/dashboard/press/pace.ts";

describe("polling", () => {
  it("becomes more seldom, to half a minute, and is spread", () => {
    expect(pollPause(0, 0.5)).toBe(3_000);
    expect(pollPause(5, 0.5)).toBeGreaterThan(2 * pollPause(0, 0.5));
    expect(pollPause(1_000, 0.5)).toBe(30_000);
    expect([pollPause(0, 0), pollPause(0, 1)]).toEqual([2_250, 3_750]);
  });
});

describe("a throttle", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("acts at once, and once more for all that came meanwhile", () => {
    const act = vi.fn();
    const throttle = new Throttle(act, 1_000);
    for (let index = 0; index < 50; index += 1) throttle.run();
    expect(act).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(act).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(10_000);
    expect(act).toHaveBeenCalledTimes(2);
    throttle.run();
    expect(act).toHaveBeenCalledTimes(3);
  });

  it("that is stopped does nothing more", () => {
    const act = vi.fn();
    const throttle = new Throttle(act, 1_000);
    throttle.run();
    throttle.run();
    throttle.stop();
    vi.advanceTimersByTime(10_000);
    expect(act).toHaveBeenCalledTimes(1);
  });
});
