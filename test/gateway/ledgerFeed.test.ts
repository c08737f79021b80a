import type { Logger } from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LedgerFeed } from "../../gateway/ledgerFeed.ts";
import { makeLog, until } from "../worker/support.ts";
import { PlayedLedger } from "./playedLedger.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

function makeFeed() {
  const played = new PlayedLedger();
  const log = makeLog();
  const feed = new LedgerFeed({
    ledger: played.makeReader(),
    listener: played.listener,
    log: log as unknown as Logger,
  });
  closing.push(() => feed.close());
  const { signal } = new AbortController();
  const beyond = (size: number) => feed.when((state) => state.size > size, signal);
  return { played, log, feed, signal, beyond };
}

describe("whoever waits for the ledger", () => {
  test("is told when it has grown, by one question for a thousand, and none while nothing happens", async () => {
    const { played, beyond } = makeFeed();
    played.grow(1);
    expect(await beyond(0)).toMatchObject({ origin: played.origin, size: 1, note: played.note });
    for (const size of [2, 3]) {
      const waiting = Array.from({ length: 1_000 }, () => beyond(size - 1));
      const asked = played.asked.length;
      played.grow(1);
      expect(new Set((await Promise.all(waiting)).map((state) => state?.size))).toEqual(new Set([size]));
      expect(played.asked.length).toBe(asked + 1);
    }
  });

  test("is told although the hint came while a look was under way that was too early", async () => {
    const { played, beyond } = makeFeed();
    played.grow(1);
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const waiting = beyond(1);
    // The question was asked, and its answer is on its way.
    played.grow(1);
    expect(await waiting).toMatchObject({ size: 2 });
  });

  test("is told although a hint came while nobody waited", async () => {
    const { played, beyond } = makeFeed();
    played.grow(1);
    await beyond(0);
    played.grow(1);
    vi.useFakeTimers({ toFake: ["setInterval"] });
    expect(await beyond(1)).toMatchObject({ size: 2 });
  });

  test("is told a moment later when no hint comes, whoever has waited before", async () => {
    const { played, feed, beyond } = makeFeed();
    played.grow(1);
    vi.useFakeTimers({ toFake: ["setInterval"] });
    await beyond(0);
    expect(await feed.when(() => false, new AbortController().signal, 1)).toBe(null);
    // The tick finds nobody, and ceases.
    vi.advanceTimersByTime(1_000);
    const waiting = beyond(1);
    played.grow(1, { isHinted: false });
    vi.advanceTimersByTime(1_000);
    expect(await waiting).toMatchObject({ size: 2 });
  });

  test("is told at once what was seen a moment ago, without a question", async () => {
    const { played, beyond } = makeFeed();
    played.grow(1);
    await beyond(0);
    const asked = played.asked.length;
    expect(await beyond(0)).toMatchObject({ size: 1 });
    expect(played.asked.length).toBe(asked);
  });

  test("goes with nothing when it gives up, when its time is up, and when the gateway closes", async () => {
    const { feed, signal, beyond } = makeFeed();
    const controller = new AbortController();
    const waiting = feed.when(() => true, controller.signal);
    controller.abort();
    expect(await waiting).toBe(null);
    expect(await feed.when(() => true, controller.signal)).toBe(null);
    expect(await feed.when(() => true, signal, 10)).toBe(null);
    const last = beyond(0);
    await feed.close();
    expect(await last).toBe(null);
    expect(await beyond(0)).toBe(null);
    expect(feed.isClosed).toBe(true);
  });

  test("waits for a database that is away, which is said once", async () => {
    const { played, log, beyond } = makeFeed();
    played.isAway = true;
    const waiting = beyond(0);
    for (let asked = 1; asked <= 3; asked += 1) {
      await until(() => played.asked.length >= asked);
      played.hint();
    }
    played.isAway = false;
    played.grow(1);
    expect(await waiting).toMatchObject({ size: 1 });
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn .*the ledger cannot be read; it is tried again until it succeeds$/),
      "info the ledger can be read again",
    ]);
  });
});

describe("the leaves from a place on", () => {
  test("are those of its bundle, up to its end or that of the tree", async () => {
    const { played, feed, beyond } = makeFeed();
    played.grow(300);
    const state = await beyond(0);
    if (state === null) throw new Error("There is no ledger.");
    expect(await feed.leaves(0, state)).toEqual(played.leaves.slice(0, 256));
    expect(await feed.leaves(250, state)).toEqual(played.leaves.slice(250, 256));
    expect(await feed.leaves(256, state)).toEqual(played.leaves.slice(256));
    expect(await feed.leaves(299, state)).toEqual(played.leaves.slice(299));
    // A state of before has the tree of before.
    expect(await feed.leaves(250, { ...state, size: 252 })).toEqual(played.leaves.slice(250, 252));
  });

  test("are none when the ledger has another name by now, or is smaller", async () => {
    const { played, feed, beyond } = makeFeed();
    played.grow(300);
    const state = await beyond(0);
    if (state === null) throw new Error("There is no ledger.");
    played.published = 290;
    expect(await feed.leaves(295, state)).toBe(null);
    played.published = 300;
    played.origin = "press.test/ledger-2";
    expect(await feed.leaves(0, state)).toBe(null);
  });
});
