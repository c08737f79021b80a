/** What a bench leaves: docs/bench/results.json, and drawn from it results.md and the charts. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawLineChart } from "./lineChart.ts";
import type { Machine } from "./machine.ts";
import { readable } from "./numbers.ts";
import type { Figure, Goal, Row, RowResult, Table } from "./row.ts";

/** The result of a row, and how it came about. */
export interface Recorded extends RowResult {
  readonly title: string;
  /** The day, as in 2026-01-31. */
  readonly measuredOn: string;
  readonly rounds: number;
  readonly machine: Machine;
}

/** By the names of the rows. */
export type Results = Readonly<Record<string, Recorded>>;

/**
 * Puts the results of this run beside those of earlier ones; a row that ran again replaces its own.
 *
 * @param rows all rows there are, in their order
 */
export async function writeReport(folder: string, rows: readonly Row[], fresh: Results): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, "results.json");
  const known = { ...(await readResults(file)), ...fresh };
  const present = rows
    .filter(({ name }) => known[name] !== undefined)
    .map(({ name }) => [name, known[name] as Recorded]);
  const results = Object.fromEntries(present) as Results;
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(folder, "results.md"), reportOf(results));
  for (const { charts = {} } of Object.values(results)) {
    for (const [name, chart] of Object.entries(charts)) {
      await writeFile(join(folder, `${name}.svg`), drawLineChart(chart));
    }
  }
}

async function readResults(file: string): Promise<Results> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  return JSON.parse(text) as Results;
}

/** The whole page. */
export function reportOf(results: Results): string {
  const all = Object.entries(results);
  return `${[
    "# What was measured",
    "Made by `npm run bench`; [README.md](README.md) says how it is measured and how to read it.",
    figuresTable(all.flatMap(([name, { figures }]) => figures.map((figure) => [name, figure] as const))),
    ...all.map(([name, recorded]) => section(name, recorded)),
  ].join("\n\n")}\n`;
}

/** The table of figures, also as it is printed at the end of a run. */
export function figuresTable(figures: readonly (readonly [row: string, figure: Figure])[]): string {
  return markdownTable({
    title: "",
    columns: ["row", "figure", "ours", "peer", "value", "spread", "first goal", "far goal", "reached"],
    rows: figures.map(([row, { what, ours, peer, value, unit, goal }]) => [
      row,
      what,
      ours,
      peer ?? "",
      `**${withUnit(value.median, unit)}**`,
      `${readable(value.min)}–${readable(value.max)}`,
      goal === undefined ? "" : goalText(goal, goal.first, unit),
      goal === undefined ? "" : goalText(goal, goal.far, unit),
      goal === undefined ? "" : reached(goal, value.median),
    ]),
  });
}

function section(name: string, { title, tables = [], charts = {}, notes = [], ...how }: Recorded): string {
  return [
    `## ${name}: ${title}`,
    ...Object.entries(charts).map(([file, chart]) => `![${chart.title}](${file}.svg)`),
    ...tables.map((table) => `${table.title}:\n\n${markdownTable(table)}`),
    ...notes,
    conditions(how),
  ].join("\n\n");
}

function conditions({ measuredOn, rounds, machine }: Pick<Recorded, "measuredOn" | "rounds" | "machine">): string {
  const { cores, processor, memoryGigabytes, platform, postgresql, node, settings, syncsPerSecond } = machine;
  const set = Object.entries(settings).map(([setting, value]) => `${setting} = ${value}`);
  return `<sub>${measuredOn}, ${rounds} rounds. ${cores} cores (${processor}), ${memoryGigabytes} GB, ${platform}; PostgreSQL ${postgresql}, Node ${node}; a write of 8 kB is synced ${readable(syncsPerSecond)} times a second. ${set.join(", ")}.</sub>`;
}

/** Text to the left, numbers to the right. */
function markdownTable({ columns, rows }: Table): string {
  const isNumeric = (column: number) => column > 0 && rows.every((row) => /^[\d.,]*$/.test(row[column] ?? ""));
  const rule = columns.map((_, column) => (isNumeric(column) ? "---:" : "---"));
  return [columns, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function withUnit(value: number, unit: Figure["unit"]): string {
  return unit === "×" ? `${readable(value)} ×` : `${readable(value)} ${unit}`;
}

function goalText({ better }: Goal, value: number, unit: Figure["unit"]): string {
  const number = value.toLocaleString("en-US");
  return `${better === "higher" ? "≥" : "≤"} ${unit === "×" ? number : `${number} ${unit}`}`;
}

function reached({ better, first, far }: Goal, value: number): string {
  const isAtLeast = (goal: number) => (better === "higher" ? value >= goal : value <= goal);
  if (isAtLeast(far)) return "far goal";
  return isAtLeast(first) ? "first goal" : "not yet";
}
