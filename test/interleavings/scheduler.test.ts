/* The scheduler itself, on anomalies that everybody knows: each is found at the levels that allow it, and at no other. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import { type Caller, everyOrder, type Isolation, inOrder, type Played, Scheduler } from "./scheduler.ts";

everyTestRequires("superuser"); // Locks are watched.
const LEVELS: readonly Isolation[] = ["read committed", "repeatable read", "serializable"];

let database: TestDatabase;
const schedulers = new Map<Isolation, Scheduler>();
beforeAll(async () => {
  if (missingRequirement("superuser") !== undefined) return;
  database = await createTestDatabase();
  const superuser = database.pool("superuser");
  await superuser.query(await readFile(join(import.meta.dirname, "interleavings.sql"), "utf8"));
  await superuser.query(`
    create table tests.counters (name text primary key, value integer not null);
    create function tests.count_up(name text) returns integer language plpgsql as $$
    declare v_value integer := (select c.value from tests.counters c where c.name = count_up.name);
    begin
      perform tests.stop();
      update tests.counters c set value = v_value + 1 where c.name = count_up.name;
      return v_value + 1;
    end $$`);
  await superuser.query(`alter database ${database.name} set deadlock_timeout = '10ms'`);
  for (const level of LEVELS) schedulers.set(level, await Scheduler.start(database, [level, level], ["superuser"]));
});
afterAll(async () => {
  for (const scheduler of schedulers.values()) await scheduler.end();
  await database?.drop();
});
beforeEach(async () => {
  await database
    ?.pool("superuser")
    .query("delete from tests.counters; insert into tests.counters values ('a', 0), ('b', 0)");
});

/** One transaction with these statements. */
function caller(...texts: string[]): Caller {
  const calls = texts.map((text) => ({
    text,
    hear: (rows: readonly { value?: number }[]) => rows[0]?.value?.toString(),
  }));
  return [{ login: "superuser", begin: "select from tests.counters", calls }];
}

/** Every order of the two, with what there is afterwards. */
async function playAll(
  isolation: Isolation,
  one: () => Caller,
  other: () => Caller,
): Promise<(Played & { values: string })[]> {
  const all: (Played & { values: string })[] = [];
  await everyOrder(async (choose) => {
    await database.pool("superuser").query("update tests.counters set value = 0");
    const played = await (schedulers.get(isolation) as Scheduler).play([one(), other()], { choose });
    const { rows } = await database
      .pool("superuser")
      .query("select string_agg(value::text, ' ' order by name) as values from tests.counters");
    all.push({ ...played, values: rows[0].values });
    return played;
  });
  expect(new Set(all.map(({ order }) => order)).size, "each order once").toBe(all.length);
  return all;
}

const sum = (all: readonly Played[], code: string) =>
  all.reduce((count, { retries }) => count + (retries[code] ?? 0), 0);

describe("two who do not meet", () => {
  const one = () => caller("update tests.counters set value = 1 where name = 'a'");
  const other = () => caller("update tests.counters set value = 1 where name = 'b'");

  test("at READ COMMITTED two steps each: all six orders", async () => {
    const all = await playAll("read committed", one, other);
    expect(all.map(({ order }) => order).sort()).toEqual(["AABB", "ABAB", "ABBA", "BAAB", "BABA", "BBAA"]);
  });

  test("at REPEATABLE READ three, because the snapshot is one: all twenty", async () => {
    const all = await playAll("repeatable read", one, other);
    expect(all).toHaveLength(20);
    expect(all.every(({ values, waits }) => values === "1 1" && waits === 0)).toBe(true);
  });
});

describe("two who read, stop, and write one more than they have read", () => {
  const count = () => caller("select tests.count_up('a') as value");

  test("at READ COMMITTED one is lost, in exactly the orders in which the second has read before the first has committed", async () => {
    const all = await playAll("read committed", count, count);
    const lost = all.filter(({ values }) => values === "1 0");
    expect(lost.map(({ told }) => told)).toEqual(lost.map(() => ["1", "1"]));
    const isLost = (order: string) =>
      order.indexOf("B") < order.lastIndexOf("A") && order.indexOf("A") < order.lastIndexOf("B");
    expect(all.map(({ order, values }) => [order, values === "1 0"])).toEqual(
      all.map(({ order }) => [order, isLost(order)]),
    );
  });

  test.each(["repeatable read", "serializable"] as const)(
    "at %s none is, because the second begins again",
    async (level) => {
      const all = await playAll(level, count, count);
      expect(new Set(all.map(({ values }) => values))).toEqual(new Set(["2 0"]));
      expect(sum(all, "40001")).toBeGreaterThan(0);
    },
  );
});

describe("two who each write what the other reads", () => {
  const write = (name: string, read: string) => () =>
    caller(
      `update tests.counters set value = 1 - (select value from tests.counters where name = '${read}') where name = '${name}'`,
    );

  test.each([
    ["read committed", ["0 1", "1 0", "1 1"]],
    ["repeatable read", ["0 1", "1 0", "1 1"]],
    ["serializable", ["0 1", "1 0"]],
  ] as const)("at %s there come out: %j", async (level, expected) => {
    const all = await playAll(level, write("a", "b"), write("b", "a"));
    expect([...new Set(all.map(({ values }) => values))].sort()).toEqual(expected);
  });
});

describe("two who take the same locks the other way round", () => {
  const lock =
    (...names: string[]) =>
    () =>
      caller(...names.map((name) => `update tests.counters set value = value + 1 where name = '${name}'`));

  test("a deadlock is broken, counted, and tried again", async () => {
    const all = await playAll("read committed", lock("a", "b"), lock("b", "a"));
    expect(sum(all, "40P01")).toBeGreaterThan(0);
    expect(new Set(all.map(({ values }) => values))).toEqual(new Set(["2 2"]));
  });

  test("who waits is not asked to go on, and an order in which they would is refused", async () => {
    const all = await playAll("read committed", lock("a"), lock("a"));
    expect(all.map(({ order, waits }) => `${order} ${waits}`).sort()).toEqual(["AABB 0", "ABAB 1", "BABA 1", "BBAA 0"]);
    const scheduler = schedulers.get("read committed") as Scheduler;
    const callers = [lock("a")(), lock("a")()] as const;
    await expect(scheduler.play(callers, { choose: inOrder("ABBA") })).rejects.toThrow("B cannot go on now");
    expect(await scheduler.play(callers, { choose: inOrder("ABAB") })).toMatchObject({ order: "ABAB", waits: 1 });
  });
});

test("an error that is no refusal ends the order, and the next one can be played", async () => {
  const scheduler = schedulers.get("serializable") as Scheduler;
  const count = caller("select tests.count_up('a') as value");
  const wrong = caller("select 1 / 0 as value");
  await expect(scheduler.play([count, wrong], { choose: inOrder("AABB") })).rejects.toThrow(
    "B has an error that is no refusal: 22012 division by zero",
  );
  expect((await scheduler.play([count, count], { choose: inOrder("") })).told).toEqual(["1", "2"]);
});
