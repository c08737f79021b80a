/* When an event comes out, what it says, and when it is handed on, without a database; the clock is the test's. */

import { GraphQLError } from "postgraphile/graphql";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { anonymous, type Identity } from "../../gateway/auth.ts";
import {
  EditionEvents,
  type EventSource,
  type Growth,
  LedgerEvents,
  TicketEvents,
} from "../../gateway/eventSources.ts";
import { Semaphore } from "../../gateway/semaphore.ts";
import { Delivery, Subscriber } from "../../gateway/subscriber.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});

afterEach(() => vi.useRealTimers());

const subscriber = (identity: Identity = anonymous) => {
  const closed: (number | "cut")[] = [];
  const socket = {
    close: (code: number) => closed.push(code),
    terminate: () => closed.push("cut"),
  } as unknown as WebSocket;
  return { closed, who: new Subscriber(identity, socket) };
};

const growth = (more: Partial<Growth>): Growth => ({ size: 0, editionIds: [], ticketIds: new Map(), ...more });
const ticketsOf = (subject: string, ids: readonly string[]) => growth({ ticketIds: new Map([[subject, ids]]) });

/** Takes events as they come; `taken` has them, an error as its code, and "end". */
function take(source: EventSource) {
  const taken: unknown[] = [];
  const one = async () => {
    source.ask();
    try {
      const { done, value } = await source.next();
      taken.push(done ? "end" : value);
    } catch (error) {
      taken.push((error as { extensions: { code: string } }).extensions.code);
    }
  };
  const all = async () => {
    while (taken.at(-1) !== "end") await one();
  };
  return { taken, one, all };
}

/** Lets everything happen that is due by then. */
const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

const alice = { role: "press_holder", subject: "alice" } as const;

describe("the tickets of a holder", () => {
  const begin = (reading = new Semaphore(4), expiresAt = Date.now() + 60_000) => {
    const { who, closed } = subscriber({ ...alice, expiresAt });
    const source = new TicketEvents(who, reading, "alice");
    source.begin(0);
    return { source, closed };
  };

  test("come one by one, each as often as it is asked for, and nobody else's", async () => {
    const { source } = begin();
    const { taken, one } = take(source);
    await one();
    source.tell(ticketsOf("alice", ["1", "2"]));
    source.tell(ticketsOf("bob", ["3"]));
    source.tell(ticketsOf("alice", ["2", "1"]));
    await one();
    source.tell(ticketsOf("alice", ["1"]));
    await one();
    await one();
    expect(taken).toEqual([{ ticketId: null }, { ticketId: "1" }, { ticketId: "2" }, { ticketId: "1" }]);
  });

  test("come only when they are asked for", async () => {
    const { source } = begin();
    source.tell(ticketsOf("alice", ["1", "2"]));
    for (const ticketId of [null, "1", "2"]) {
      const next = source.next();
      await pass(10_000);
      expect(await Promise.race([next, Promise.resolve("nothing")])).toBe("nothing");
      source.ask();
      expect(await next).toEqual({ done: false, value: { ticketId } });
    }
  });

  test("are a thousand at most that nobody takes: then whoever asks next hears that some are missing", async () => {
    const { source } = begin();
    const { taken, one } = take(source);
    await one();
    const ids = Array.from({ length: 1_000 }, (_, index) => `${index}`);
    source.tell(ticketsOf("alice", ids));
    source.tell(ticketsOf("alice", ids));
    await one();
    source.tell(ticketsOf("alice", ["one", "two"]));
    await one();
    await one();
    expect(taken).toEqual([{ ticketId: null }, { ticketId: "0" }, "OVERLOADED", "end"]);
  });

  test("come once more, after a second, when they could not be read", async () => {
    const { source } = begin();
    const { taken, one } = take(source);
    await one();
    source.tell(ticketsOf("alice", ["1", "2"]));
    await one();
    source.repeat();
    const again = one();
    await pass(999);
    expect(taken).toHaveLength(2);
    await pass(1);
    await again;
    await one();
    expect(taken).toEqual([{ ticketId: null }, { ticketId: "1" }, { ticketId: "1" }, { ticketId: "2" }]);
  });

  test("end with the token, to the millisecond, whatever is still to be told", async () => {
    const { source, closed } = begin(undefined, Date.now() + 5_000);
    const { taken, one } = take(source);
    await one();
    await pass(4_999);
    source.tell(ticketsOf("alice", ["1", "2"]));
    await one();
    await pass(1);
    await one();
    expect(taken).toEqual([{ ticketId: null }, { ticketId: "1" }, "end"]);
    expect(closed).toEqual([4403]);
    // Whatever its client has not taken by then.
    await pass(999);
    expect(closed).toEqual([4403]);
    await pass(1);
    expect(closed).toEqual([4403, "cut"]);
  });

  test("are read by a few at once, who make room when they are done or gone", async () => {
    const reading = new Semaphore(2);
    const takers = [1, 2, 3, 4].map(() => begin(reading)).map(({ source }) => ({ source, ...take(source) }));
    for (const { one } of takers) void one();
    await pass();
    expect(takers.map(({ taken }) => taken.length)).toEqual([1, 1, 0, 0]);
    // The first is read, and has nothing more to tell; the second is given up in the middle.
    void takers[0]?.source.next();
    await pass();
    expect(takers.map(({ taken }) => taken.length)).toEqual([1, 1, 1, 0]);
    await takers[1]?.source.return();
    await pass();
    expect(takers.map(({ taken }) => taken.length)).toEqual([1, 1, 1, 1]);
    for (const { source } of takers) source.end();
    await reading.acquire();
    await reading.acquire();
  });

  test("that are not read in time end, and make room for others", async () => {
    const reading = new Semaphore(1);
    const [hung, next] = [begin(reading).source, begin(reading).source];
    const overdue: unknown[] = [];
    hung.onOverdue((error) => overdue.push(error));
    const [ofHung, ofNext] = [take(hung), take(next)];
    void ofHung.one();
    void ofNext.one();
    await pass(19_999);
    expect([overdue, ofHung.taken, ofNext.taken]).toEqual([[], [{ ticketId: null }], []]);
    await pass(1);
    expect(overdue).toMatchObject([{ extensions: { code: "OVERLOADED", retryable: true } }]);
    expect(ofNext.taken).toEqual([{ ticketId: null }]);
    expect(await hung.next()).toMatchObject({ done: true });
    // One that was read has no time to keep.
    const second = next.next();
    await pass(30_000);
    next.ask();
    next.tell(ticketsOf("alice", ["1"]));
    expect(await second).toMatchObject({ done: false });
    next.end();
  });

  test("that end while they wait for their turn leave it to others", async () => {
    const reading = new Semaphore(1);
    await reading.acquire();
    const { source } = begin(reading);
    const { taken, one } = take(source);
    const waiting = one();
    await pass();
    source.end();
    reading.release();
    await waiting;
    expect(taken).toEqual(["end"]);
    await reading.acquire();
  });
});

describe("editions", () => {
  const begin = (editionId: number | null) => {
    const source = new EditionEvents(subscriber().who, new Semaphore(4), editionId);
    source.begin(0);
    const reader = take(source);
    void reader.all();
    return { source, taken: reader.taken };
  };
  const changed = (...editionIds: number[]) => growth({ editionIds });

  test("come at most twice a second each, the last change never left out", async () => {
    const { source, taken } = begin(7);
    await pass();
    for (let tenth = 0; tenth < 29; tenth += 1) {
      source.tell(changed(7, 8));
      await pass(100);
    }
    // The first, then one at once, and one each half second of these three.
    expect(taken).toEqual(Array.from({ length: 7 }, () => ({ editionId: 7 })));
    await pass(60_000);
    expect(taken).toHaveLength(8);
    source.tell(changed(7));
    await pass();
    expect(taken).toHaveLength(9);
    source.end();
  });

  test("all of them come by turns: one that changes often hides no other", async () => {
    const { source, taken } = begin(null);
    await pass();
    source.tell(changed(1, 2, 3));
    await pass();
    source.tell(changed(1));
    source.tell(changed(1, 4));
    await pass(499);
    expect(taken).toEqual([null, 1, 2, 3].map((editionId) => ({ editionId })));
    await pass(1);
    expect(taken.slice(4)).toEqual([1, 4].map((editionId) => ({ editionId })));
    source.end();
  });
});

describe("the ledger", () => {
  const begin = (firstPlace: number | null, size: number) => {
    const source = new LedgerEvents(subscriber().who, new Semaphore(4), firstPlace);
    source.begin(size);
    const reader = take(source);
    void reader.all();
    return { source, taken: reader.taken };
  };
  const event = (treeSize: number, firstPlace: number, nextPlace: number) => ({ treeSize, firstPlace, nextPlace });

  test("comes a hundred entries at a time until its end, and then twice a second", async () => {
    const { source, taken } = begin(0, 250);
    await pass();
    expect(taken).toEqual([event(250, 0, 100), event(250, 100, 200), event(250, 200, 250)]);
    source.tell(growth({ size: 260 }));
    source.tell(growth({ size: 500 }));
    await pass(499);
    expect(taken).toHaveLength(3);
    await pass(1);
    expect(taken.slice(3)).toEqual([event(500, 250, 350), event(500, 350, 450), event(500, 450, 500)]);
    source.end();
  });

  test("from its end on, comes with what is new; from beyond it, with nothing until then", async () => {
    const end = begin(null, 250);
    const beyond = begin(255, 250);
    await pass();
    for (const { source } of [end, beyond]) source.tell(growth({ size: 253 }));
    await pass(500);
    for (const { source } of [end, beyond]) source.tell(growth({ size: 257 }));
    await pass(500);
    expect(end.taken).toEqual([event(250, 250, 250), event(253, 250, 253), event(257, 253, 257)]);
    expect(beyond.taken).toEqual([event(250, 255, 255), event(253, 255, 255), event(257, 255, 257)]);
    for (const { source } of [end, beyond]) source.end();
  });

  test("comes at once although it is empty", async () => {
    const { source, taken } = begin(null, 0);
    await pass();
    expect(taken).toEqual([event(0, 0, 0)]);
    source.end();
  });
});

describe("what was read for an event", () => {
  /** Reads each event of a holder's tickets for a second, unless it is said; `failures` of them in vain. */
  async function deliver({ expiresIn = 60_000, failures = 0, readMilliseconds = 1_000 } = {}) {
    const { who, closed } = subscriber({ ...alice, expiresAt: Date.now() + expiresIn });
    const source = new TicketEvents(who, new Semaphore(4), "alice");
    who.source = source;
    source.begin(0);
    let read = 0;
    async function* answers() {
      for await (const event of source) {
        await new Promise((resolve) => setTimeout(resolve, readMilliseconds));
        read += 1;
        const lost = new GraphQLError("failed", { originalError: new Error("Connection terminated unexpectedly") });
        yield read <= failures ? { errors: [lost] } : { data: event };
      }
    }
    return { closed, source, delivery: new Delivery(who, answers()), readCount: () => read };
  }

  test("is handed on, and the next one is read when that was taken", async () => {
    const { source, delivery, readCount } = await deliver();
    source.tell(ticketsOf("alice", ["1", "2"]));
    const first = delivery.next();
    await pass(10_000);
    expect(await first).toEqual({ done: false, value: { data: { ticketId: null } } });
    expect(readCount()).toBe(1);
    const second = delivery.next();
    await pass(10_000);
    expect(await second).toEqual({ done: false, value: { data: { ticketId: "1" } } });
    expect(readCount()).toBe(2);
  });

  test("is not handed on when the token ended meanwhile", async () => {
    const { delivery, closed, source } = await deliver({ expiresIn: 500 });
    const first = delivery.next();
    await pass(1_000);
    expect(await first).toMatchObject({ done: true });
    expect(closed).toEqual([4403]);
    expect(await source.next()).toMatchObject({ done: true });
  });

  test("in more time than there is comes never: whoever waits for it hears so", async () => {
    const { delivery, source } = await deliver({ readMilliseconds: 3_600_000 });
    const first = delivery.next().catch(({ extensions }) => extensions);
    await pass(20_000);
    expect(await first).toMatchObject({ code: "OVERLOADED", retryable: true });
    expect(await source.next()).toMatchObject({ done: true });
  });

  test("in vain, because the database was away, is read again and again", async () => {
    const { delivery } = await deliver({ failures: 3 });
    const first = delivery.next();
    await pass(10_000);
    expect(await first).toEqual({ done: false, value: { data: { ticketId: null } } });
  });
});
