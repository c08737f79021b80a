import { duration } from "../../../cli/progress.ts";
import type { Child } from "../harness/children.ts";
import { requireAcknowledged, requireLaws } from "../harness/invariants.ts";
import { readable, short } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { median, percentile, ratiosOf, spreadOf } from "../harness/statistics.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";
import { fillEdition, holdersOf } from "./fill.ts";

const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7];
const QUICK_SIZES = [1e3, 1e4];
/** Of all filling together; a size that would not be reached in this time is left out. */
const FILL_SECONDS = 600;
const MODES = [
  { name: "a call for one ticket", batchSize: 1, calls: 200 },
  { name: "a call of 100 requests", batchSize: 100, calls: 40 },
] as const;
const LIMIT = 1_000_000;

export const growth: Row = {
  name: "growth",
  title: "the time of one issue as the edition grows, 1,000 to 10,000,000 tickets",
  expectedSeconds: { full: 500, quick: 6 },
  run,
};

/** An edition of some size, in a database of its own. */
interface Grown {
  readonly press: BenchPress;
  readonly slug: string;
  readonly tickets: number;
}

async function run(bench: Bench): Promise<RowResult> {
  const callers = startProcess<SqlCallers>(bench, "sqlCallers");
  const since = performance.now();
  const grown = await fillAll(bench, since);
  const fillMilliseconds = performance.now() - since;
  const times = await timeAll(bench, callers, grown);
  for (const { press, slug, tickets } of grown) {
    bench.progress.step(`checking ${readable(tickets)} tickets`);
    await press.session((client) => requireLaws(client, [slug]));
  }
  return resultOf(grown, times, fillMilliseconds);
}

async function fillAll(bench: Bench, since: number): Promise<Grown[]> {
  const sizes = bench.isQuick ? QUICK_SIZES : SIZES;
  const all = sizes.reduce((sum, tickets) => sum + tickets, 0);
  const grown: Grown[] = [];
  // In chunks of about the same work: filling takes far longer than measuring.
  bench.progress.steps(all / 1e5 + 60);
  for (const tickets of sizes) {
    const press = await BenchPress.open(bench, `bench_growth_${tickets}`);
    const [slug] = (await press.openEditions(1, LIMIT)) as [string];
    const filled = await fillEdition(press, slug, tickets, (rows) => {
      bench.progress.step(`filling: ${readable(rows)} of ${readable(tickets)} tickets`);
      return performance.now() - since < FILL_SECONDS * 1000;
    });
    if (filled < tickets) break;
    grown.push({ press, slug, tickets });
  }
  return grown;
}

/** Every round calls all sizes in turns, call by call. By mode, by size, the median of each round, in milliseconds. */
async function timeAll(bench: Bench, callers: Child<SqlCallers>, grown: readonly Grown[]): Promise<Times> {
  const times = MODES.map(() => grown.map((): number[] => []));
  await bench.server.checkpoint();
  for (let round = -bench.rounds.warmUps; round < bench.rounds.count; round += 1) {
    for (const [mode, { name, batchSize, calls }] of MODES.entries()) {
      bench.progress.step(`${name}, ${round < 0 ? "warming up" : `round ${round + 1} of ${bench.rounds.count}`}`);
      const result = await callers.ask("time", {
        urls: grown.map(({ press }) => press.url("press_gateway")),
        slug: grown[0]?.slug ?? "",
        batchSize,
        holders: grown.map(({ tickets }) => holdersOf(tickets)),
        calls: bench.isQuick ? Math.ceil(calls / 10) : calls,
      });
      for (const [size, { press }] of grown.entries()) {
        await press.session((client) => requireAcknowledged(client, result.acknowledged[size] ?? new Map()));
        if (round >= 0) times[mode]?.[size]?.push(percentile(result.times[size] ?? [], 50));
      }
    }
  }
  return times;
}

type Times = readonly (readonly (readonly number[])[])[];

function resultOf(grown: readonly Grown[], times: Times, fillMilliseconds: number): RowResult {
  const [smallest, largest] = [grown[0], grown.at(-1)];
  if (smallest === undefined || largest === undefined)
    throw new Error("Not even the smallest edition could be filled.");
  const of = (mode: number, size: number) => times[mode]?.at(size) ?? [];
  return {
    figures: MODES.map(({ name }, mode) => ({
      what: `time of ${name} at ${readable(largest.tickets)} tickets, against at ${readable(smallest.tickets)}`,
      ours: `${readable(median(of(mode, -1)))} ms`,
      peer: `${readable(median(of(mode, 0)))} ms`,
      value: spreadOf(ratiosOf(of(mode, -1), of(mode, 0))),
      unit: "×" as const,
      ...(mode === 0 ? { goal: { better: "lower" as const, first: 1.2, far: 1.1 } } : null),
    })),
    tables: [
      {
        title: "milliseconds of one call, by tickets in the edition",
        columns: ["", ...grown.map(({ tickets }) => short(tickets))],
        rows: MODES.map(({ name }, mode) => [name, ...grown.map((_, size) => readable(median(of(mode, size))))]),
      },
    ],
    charts: {
      growth: {
        title: "One issue as the edition grows",
        description: `The time of one call, commit included, against the same call at ${short(smallest.tickets)} tickets.`,
        x: { label: "tickets in the edition", scale: "log" },
        y: { label: `time of a call, against that at ${short(smallest.tickets)} tickets` },
        series: MODES.map(({ name }, mode) => ({
          name,
          points: grown.map(({ tickets }, size) => ({
            x: tickets,
            ...spreadOf(ratiosOf(of(mode, size), of(mode, 0))),
          })),
        })),
      },
    },
    notes: [
      `Each size is a database of its own, filled in bulk (${duration(fillMilliseconds)} for all, of ${duration(FILL_SECONDS * 1000)} allowed: that reaches ${readable(largest.tickets)}), vacuumed and analyzed; all of them are measured in turns, call by call, by one caller. A holder has ten tickets already.`,
      "The times include the commit. The value is the median of the rounds' medians.",
    ],
  };
}
