/**
 * `npm run bench`: measures the press against its peers on this machine, checks after every run that it kept its promise, and writes
 * docs/bench. See docs/bench/README.md.
 */
import { constants } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { duration, Progress } from "../../cli/progress.ts";
import { Endings } from "./harness/endings.ts";
import { describeMachine } from "./harness/machine.ts";
import { figuresTable, type Recorded, type Results, writeReport } from "./harness/report.ts";
import type { Rounds, Row } from "./harness/row.ts";
import { BenchServer } from "./harness/server.ts";
import { consumer } from "./rows/consumer.ts";
import { editions } from "./rows/editions.ts";
import { events } from "./rows/events.ts";
import { graphql } from "./rows/graphql.ts";
import { growth } from "./rows/growth.ts";
import { hostile } from "./rows/hostile.ts";
import { insert } from "./rows/insert.ts";
import { latency } from "./rows/latency.ts";
import { ledger } from "./rows/ledger.ts";
import { outage } from "./rows/outage.ts";
import { publishing } from "./rows/publishing.ts";
import { redis } from "./rows/redis.ts";
import { settings } from "./rows/settings.ts";
import { signing } from "./rows/signing.ts";
import { verify } from "./rows/verify.ts";

const ROWS: readonly Row[] = [
  insert,
  redis,
  graphql,
  growth,
  latency,
  events,
  consumer,
  outage,
  hostile,
  signing,
  ledger,
  verify,
  editions,
  publishing,
  settings,
];
const FULL: Rounds = { count: 5, warmUps: 1, milliseconds: 3_000 };
const QUICK: Rounds = { count: 1, warmUps: 0, milliseconds: 300 };
const REPORT = join(import.meta.dirname, "..", "..", "docs", "bench");

const USAGE = `npm run bench                      all rows, into docs/bench
npm run bench -- NAME [NAME …]     some of them
npm run bench -- --quick [NAME …]  a smoke test: seconds instead of minutes, nothing is written
npm run bench -- --list            which rows there are`;

async function main(): Promise<void> {
  const { rows, isQuick, isList } = readArguments();
  if (isList) {
    for (const { name, title } of rows) console.log(`${name.padEnd(10)} ${title}`);
    return;
  }
  const endings = new Endings();
  let isInterrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      isInterrupted = true;
      process.exitCode = 128 + constants.signals[signal];
      void endings.end();
    });
  }
  try {
    await bench(rows, isQuick, endings);
  } catch (error) {
    if (!isInterrupted) throw error; // Else it is what the row says of losing everything under its feet.
  } finally {
    await endings.end();
  }
}

function readArguments(): { rows: readonly Row[]; isQuick: boolean; isList: boolean } {
  const options = { quick: { type: "boolean", default: false }, list: { type: "boolean", default: false } } as const;
  try {
    const { values, positionals: names } = parseArgs({ allowPositionals: true, options });
    const unknown = names.find((name) => !ROWS.some((row) => row.name === name));
    if (unknown !== undefined) throw new Error(`There is no row "${unknown}".`);
    const rows = names.length === 0 ? ROWS : ROWS.filter(({ name }) => names.includes(name));
    return { rows, isQuick: values.quick, isList: values.list };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function bench(chosen: readonly Row[], isQuick: boolean, endings: Endings): Promise<void> {
  const since = performance.now();
  const partOf = ({ name, expectedSeconds }: Row) => ({
    name,
    expectedSeconds: isQuick ? expectedSeconds.quick : expectedSeconds.full,
  });
  const skipped = chosen.filter((row) => row.skipReason?.() !== undefined);
  const rows = chosen.filter((row) => !skipped.includes(row));
  const progress = new Progress(rows.map(partOf));
  for (const row of skipped) progress.say(`skipped: ${row.name} (${row.skipReason?.()})`);

  const server = await BenchServer.start();
  endings.add(() => server.stop());
  const machine = await describeMachine(server);
  const rounds = isQuick ? QUICK : FULL;
  const results: Record<string, Recorded> = {};
  for (const row of rows) {
    progress.begin(partOf(row));
    const ofRow = new Endings();
    endings.add(() => ofRow.end());
    const result = await row.run({ isQuick, rounds, server, progress, onEnd: (ending) => ofRow.add(ending) });
    await ofRow.end();
    progress.end();
    results[row.name] = { title: row.title, measuredOn: today(), rounds: rounds.count, machine, ...result };
    for (const { what, ours, peer } of result.figures)
      progress.say(`${row.name}: ${what}: ${ours}${peer ? `; ${peer}` : ""}`);
    if (!isQuick) await writeReport(REPORT, ROWS, results);
  }
  progress.clear();
  print(results, isQuick, performance.now() - since);
}

function print(results: Results, isQuick: boolean, milliseconds: number): void {
  console.log(
    figuresTable(Object.entries(results).flatMap(([name, { figures }]) => figures.map((figure) => [name, figure]))),
  );
  console.log(`\nEvery run kept every promise. It took ${duration(milliseconds)}.`);
  console.log(isQuick ? "This was a smoke test: its figures mean nothing." : "The report is docs/bench/results.md.");
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

await main().catch((error: Error) => {
  console.error(error);
  process.exitCode = 1;
});
