/* Who is told that a publication has changed, against a database that says what a test has it say. */
import type { Logger } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import type { Identity } from "../../gateway/auth.ts";
import { PublicationEvents } from "../../gateway/eventSources.ts";
import { PublicationWatch } from "../../gateway/publicationWatch.ts";
import { Semaphore } from "../../gateway/semaphore.ts";
import { Subscriber } from "../../gateway/subscriber.ts";
import { makeLog } from "../worker/support.ts";

interface Row {
  subject: string | null;
  changed_at: Date;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A watch, the rows that its database has, by id, what it was asked, and what gives it a hint. */
function play() {
  const rows = new Map<string, Row>();
  const asked: (readonly string[])[] = [];
  const state = { failure: null as Error | null };
  let hint: () => void = () => undefined;
  const query = async ({ values: [ids, seen] }: { values: [string[], (Date | null)[]] }) => {
    asked.push(ids);
    if (state.failure !== null) throw state.failure;
    const changed = ids.flatMap((id, index) => {
      const row = rows.get(id);
      return row === undefined || row.changed_at.getTime() === seen[index]?.getTime()
        ? []
        : [{ publication_id: id, ...row }];
    });
    return { rows: changed };
  };
  const listener = {
    on(_channel: string, look: () => void) {
      hint = look;
    },
  };
  const log = makeLog() as unknown as Logger;
  const watch = new PublicationWatch({ pool: { query } as never, listener, log });
  return { watch, rows, asked, state, hint: () => hint() };
}

const holder = (subject: string): Identity => ({ role: "press_holder", subject, expiresAt: Date.now() + 3_600_000 });
const operator: Identity = { role: "press_operator", subject: "olga", expiresAt: Date.now() + 3_600_000 };
const nobody: Identity = { role: "press_anonymous", subject: null, expiresAt: null };

function follow(identity: Identity, id = "p") {
  const source = new PublicationEvents(new Subscriber(identity, {} as WebSocket), new Semaphore(4), id);
  const changes = vi.spyOn(source, "change");
  return { source, changes };
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const pass = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

test("its holder and operators are told of each change once, at a hint and within a second without one", async () => {
  const { watch, rows, hint } = play();
  rows.set("p", { subject: "ann", changed_at: at(1) });
  const listeners = [holder("ann"), operator, holder("bob"), nobody].map((identity) => follow(identity));
  for (const { source } of listeners) await watch.watch(source);
  for (const { changes } of listeners) changes.mockClear();
  const counts = () => listeners.map(({ changes }) => changes.mock.calls.length);
  rows.set("p", { subject: "ann", changed_at: at(2) });
  hint();
  await pass();
  expect(counts()).toEqual([1, 1, 0, 0]);
  rows.set("p", { subject: "ann", changed_at: at(3) });
  await pass(1_000);
  expect(counts()).toEqual([2, 2, 0, 0]);
  hint();
  await pass(5_000);
  expect(counts()).toEqual([2, 2, 0, 0]);
  // Its holder is forgotten: that is told to nobody who was not told before.
  rows.set("p", { subject: "", changed_at: at(4) });
  await pass(1_000);
  expect(counts()).toEqual([3, 3, 0, 0]);
  await watch.close();
});

test("of somebody who was forgotten before only operators are told, until that person is there again", async () => {
  const { watch, rows } = play();
  rows.set("p", { subject: "", changed_at: at(1) });
  const listeners = [holder("ann"), operator, holder("bob"), nobody].map((identity) => follow(identity));
  for (const { source } of listeners) await watch.watch(source);
  const counts = () => listeners.map(({ changes }) => changes.mock.calls.length);
  for (const { changes } of listeners) changes.mockClear();
  rows.set("p", { subject: "", changed_at: at(2) });
  await pass(1_000);
  expect(counts()).toEqual([0, 1, 0, 0]);
  rows.set("p", { subject: "ann", changed_at: at(3) });
  await pass(1_000);
  expect(counts()).toEqual([1, 2, 0, 0]);
  await watch.close();
});

test("of a checkpoint everybody is told", async () => {
  const { watch, rows } = play();
  rows.set("p", { subject: null, changed_at: at(1) });
  const { source, changes } = follow(nobody);
  await watch.watch(source);
  changes.mockClear();
  rows.set("p", { subject: null, changed_at: at(2) });
  await pass(1_000);
  expect(changes).toHaveBeenCalledOnce();
  await watch.close();
});

test("all are asked for at once, and nothing is asked for nobody", async () => {
  const { watch, asked } = play();
  const [one, same, other] = [follow(operator, "p"), follow(operator, "p"), follow(operator, "q")];
  for (const { source } of [one, same, other]) await watch.watch(source);
  asked.length = 0;
  await pass(1_000);
  expect(asked).toEqual([["p", "q"]]);
  watch.leave(one.source);
  watch.leave(other.source);
  await pass(1_000);
  expect(asked.at(-1)).toEqual(["p"]);
  watch.leave(same.source);
  watch.leave(same.source);
  asked.length = 0;
  await pass(10_000);
  expect(asked).toEqual([]);
  await watch.close();
});

test("a database that is away when somebody comes refuses them; one that goes later is asked again, and nothing is missed", async () => {
  const { watch, rows, state } = play();
  state.failure = new Error("away");
  const { source, changes } = follow(operator);
  await expect(watch.watch(source)).rejects.toThrow("away");
  watch.leave(source);
  state.failure = null;
  rows.set("p", { subject: "ann", changed_at: at(1) });
  await watch.watch(source);
  changes.mockClear();
  state.failure = new Error("away");
  rows.set("p", { subject: "ann", changed_at: at(2) });
  await pass(3_000);
  expect(changes).not.toHaveBeenCalled();
  state.failure = null;
  await pass(1_000);
  expect(changes).toHaveBeenCalledOnce();
  await watch.close();
});

test("a publication comes at once, and then at most twice a second, however often it changes", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const { source } = follow(operator);
  source.begin(0);
  const taken: unknown[] = [];
  const one = async () => {
    source.ask();
    taken.push((await source.next()).value);
  };
  await one();
  for (let change = 0; change < 5; change += 1) source.change();
  const second = one();
  await pass(499);
  expect(taken).toHaveLength(1);
  await pass(1);
  await second;
  void one();
  await pass(10_000);
  expect(taken).toEqual([{ publicationId: "p" }, { publicationId: "p" }]);
  source.end();
});
