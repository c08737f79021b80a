import { BenchPress, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";

const CALLERS = 64;
const EDITIONS = [1, 4, 16, 64];
const MODES = [
  { name: "one ticket a call", batchSize: 1 },
  { name: "100 requests a call", batchSize: 100 },
] as const;
const KNOWN_HOLDERS = 400_000;

export const editions: Row = {
  name: "editions",
  title: `64 editions sold at once against one, ${CALLERS} callers in all`,
  expectedSeconds: { full: 190, quick: 6 },
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_editions");
  const callers = startProcess<SqlCallers>(bench, "sqlCallers");
  await press.makeHolders(bench.isQuick ? 20_000 : KNOWN_HOLDERS);
  const contestants = MODES.flatMap(({ name, batchSize }) =>
    EDITIONS.map((count) => [
      nameOf(name, count),
      async () => press.issue(callers, { slugs: await press.openEditions(count, 1), callers: CALLERS, batchSize }),
    ]),
  );
  const rates = await interleave(bench, Object.fromEntries(contestants));
  return {
    figures: MODES.map(({ name }) => ({
      what: `64 editions sold at once against one, ${CALLERS} callers, ${name}`,
      ours: rates.text(nameOf(name, 64), "tickets/s in 64"),
      peer: rates.text(nameOf(name, 1), "tickets/s in one"),
      value: rates.ratio(nameOf(name, 64), nameOf(name, 1)),
      unit: "×" as const,
      goal: { better: "higher" as const, first: 0.9, far: 1 },
    })),
    tables: [rates.table(`tickets/s of ${CALLERS} callers, by editions`)],
    charts: {
      editions: {
        title: `Editions sold at once by ${CALLERS} callers`,
        description:
          "Tickets a second over all editions, by their number, for calls of one ticket and calls of 100 requests.",
        x: { label: "editions sold at once", scale: "log" },
        y: { label: "tickets a second, against those in one edition" },
        series: MODES.map(({ name }) => ({
          name,
          points: EDITIONS.map((x) => ({ x, ...rates.ratio(nameOf(name, x), nameOf(name, 1)) })),
        })),
      },
    },
    notes: [
      "Each caller has a connection of its own and calls the core; the callers are shared out evenly among the editions. Every request has a holder and a key of its own.",
    ],
  };
}

function nameOf(mode: string, editions: number): string {
  return `${editions} ${editions === 1 ? "edition" : "editions"}, ${mode}`;
}
