/* The tests of one isolation level, or of two: there is a file for each, so that they run side by side. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import { emptyTally, levelOf, nameOf, PAIRS, playPair, replay, type Tally } from "./pairs.ts";
import { InterleavedPress, type Pair } from "./press.ts";
import type { Isolations } from "./scheduler.ts";

const TIMEOUT_MILLISECONDS = 900_000;
/** Of plain `npm test`: so many pairs a level, in so many orders each. */
const SAMPLED_PAIRS = 5;
const SAMPLED_ORDERS = 3;
/** Of those that one of the two gives up, and of those whose levels differ. */
const MORE_ORDERS = 4;

/** @param place which part of the sample of plain `npm test` it has */
export function testEveryPair(isolations: Isolations, place: number): void {
  const level = levelOf(isolations);
  const isMixed = isolations[0] !== isolations[1];
  everyTestRequires("superuser"); // Functions are made to stop, locks watched.
  const asked = process.env.TEST_ORDER;

  describe(`at ${level} (TEST_SEED=${seed})`, () => {
    let press: InterleavedPress;
    const tally = emptyTally();
    let begun = 0;
    beforeAll(async () => {
      begun = Date.now();
      if (missingRequirement("superuser") === undefined) press = await InterleavedPress.start(isolations);
    });
    afterAll(async () => {
      if (press === undefined) return;
      const deadlocks = await press.end();
      console.info(`${level}: ${sentenceOf(tally, deadlocks)} In ${Math.round((Date.now() - begun) / 1000)} s.`);
    });

    if (asked !== undefined) {
      test(`${asked}, again`, async () => {
        const pair = everyPair().find((one) => asked === `${nameOf(one)}, ${orderOf(asked)}`);
        if (pair === undefined) throw new Error("TEST_ORDER is a pair and an order, as a failing test names them.");
        console.info(await replay(press, pair, orderOf(asked)));
      });
      return;
    }

    const pairs = rounds(sample(place), isMixed ? PAIRS : everyPair());
    test.each(pairs.map((pair) => [nameOf(pair), pair] as const))(
      "%s",
      async (_, pair) => {
        const isEvery = pair.ends === undefined && !isMixed;
        await playPair(press, pair, tally, rounds(SAMPLED_ORDERS, isEvery ? undefined : MORE_ORDERS));
      },
      TIMEOUT_MILLISECONDS,
    );

    test(
      "and the audit finds nothing in what is left",
      async () => {
        // Not of keys: most of them have no comb here.
        const text = `select a."check", a.subject, a.finding from unnest(enum_range(null::press.audit_part)) part, press.audit(false, part) a
                      where part <> 'keys' and not a.is_ok`;
        expect((await press.database.pool("operator").query(text)).rows).toEqual([]);
      },
      TIMEOUT_MILLISECONDS,
    );
  });
}

const orderOf = (asked: string) => asked.slice(asked.lastIndexOf(" ") + 1);

function sentenceOf({ orders, steps, reads, waits, retries }: Tally, deadlocks: number): string {
  const again = Object.entries(retries).map(([code, count]) => `${count} of ${code}`);
  return `${orders} orders with ${steps} steps, ${reads} looks whether everything holds, ${waits} waits, ${deadlocks} deadlocks, ${again.join(" and ") || "no"} retries.`;
}

/** And what comes of it when one of the two gives up after all. */
function everyPair(): Pair[] {
  const ends = [
    ["rollback", "commit"],
    ["commit", "rollback"],
  ] as const;
  return [...PAIRS, ...PAIRS.flatMap((pair) => ends.map((end): Pair => ({ ...pair, ends: end })))];
}

/** Each file has others. */
function sample(place: number): Pair[] {
  const shuffled = everyPair()
    .map((pair) => ({ pair, turn: random.integer(2 ** 31) }))
    .toSorted((one, other) => one.turn - other.turn);
  return shuffled.slice(SAMPLED_PAIRS * place, SAMPLED_PAIRS * (place + 1)).map(({ pair }) => pair);
}
