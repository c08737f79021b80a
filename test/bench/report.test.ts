import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { figuresTable, type Recorded, writeReport } from "./harness/report.ts";
import type { Figure, Row } from "./harness/row.ts";

const machine = {
  processor: "a processor",
  cores: 2,
  memoryGigabytes: 4,
  platform: "linux x64",
  node: "24.0.0",
  postgresql: "18.4",
  settings: { fsync: "on" },
  syncsPerSecond: 5000,
};
const fast: Figure = {
  what: "how fast",
  ours: "30,000 tickets/s",
  peer: "20,000 rows/s",
  value: { median: 1.5, min: 1.25, max: 1.75 },
  unit: "×",
  goal: { better: "higher", first: 0.7, far: 1 },
};
const recorded = (figure: Figure): Recorded => ({
  title: "a title",
  measuredOn: "2026-01-31",
  rounds: 5,
  machine,
  figures: [figure],
  tables: [{ title: "a table", columns: ["", "tickets/s", "note"], rows: [["first", "1,000", "words"]] }],
  charts: {
    picture: {
      title: "A picture",
      description: "Of one point.",
      x: { label: "x", scale: "linear" },
      y: { label: "y" },
      series: [{ name: "ours", points: [{ x: 1, median: 1, min: 1, max: 1 }] }],
    },
  },
  notes: ["A note."],
});
const rowNamed = (name: string): Row => ({
  name,
  title: name,
  expectedSeconds: { full: 1, quick: 1 },
  run: () => Promise.reject(new Error("not run here")),
});

test.each([
  [1.5, "higher", "far goal"],
  [1, "higher", "far goal"],
  [0.8, "higher", "first goal"],
  [0.6, "higher", "not yet"],
  [0.6, "lower", "far goal"],
  [0.8, "lower", "first goal"],
  [1.1, "lower", "not yet"],
] as const)("%d, where %s is better, has reached: %s", (median, better, expected) => {
  const goal = better === "higher" ? { better, first: 0.7, far: 1 } : { better, first: 1, far: 0.7 };
  const line = figuresTable([["row", { ...fast, value: { median, min: median, max: median }, goal }]]).split("\n")[2];
  expect(line?.endsWith(`| ${expected} |`)).toBe(true);
});

test("a figure is shown with its peer, its spread and its goals", () => {
  expect(figuresTable([["insert", fast]]).split("\n")[2]).toBe(
    "| insert | how fast | 30,000 tickets/s | 20,000 rows/s | **1.50 ×** | 1.25–1.75 | ≥ 0.7 | ≥ 1 | far goal |",
  );
});

test("a row that ran again replaces its own results and no others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "golden-press-report-"));
  try {
    const rows = [rowNamed("first"), rowNamed("second")];
    await writeReport(folder, rows, { second: recorded(fast) });
    await writeReport(folder, rows, { first: recorded({ ...fast, ours: "one" }) });
    await writeReport(folder, rows, { first: recorded({ ...fast, ours: "another" }) });

    expect(await readdir(folder)).toEqual(["picture.svg", "results.json", "results.md"]);
    const results = JSON.parse(await readFile(join(folder, "results.json"), "utf8")) as Record<string, Recorded>;
    expect(Object.entries(results).map(([name, { figures }]) => [name, figures[0]?.ours])).toEqual([
      ["first", "another"],
      ["second", "30,000 tickets/s"],
    ]);
    const page = await readFile(join(folder, "results.md"), "utf8");
    expect(page).toContain("![A picture](picture.svg)");
    expect(page).toContain("|  | tickets/s | note |\n| --- | ---: | --- |\n| first | 1,000 | words |");
    expect(page).toContain("2 cores (a processor), 4 GB, linux x64; PostgreSQL 18.4, Node 24.0.0");
    expect(page).not.toContain("| one |");
  } finally {
    await rm(folder, { recursive: true });
  }
});
