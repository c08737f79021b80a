import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { duration } from "../../cli/progress.ts";
import { drawLineChart, type LineChart, niceStep } from "./harness/lineChart.ts";
import { readable, short } from "./harness/numbers.ts";
import { joined, median, percentile, ratiosOf, spreadOf } from "./harness/statistics.ts";

const execute = promisify(execFile);

describe("statistics", () => {
  test("the median is in the middle, whatever the order, and leaves the values as they are", () => {
    const values = [5, 1, 100, 3];
    expect(median(values)).toBe(4);
    expect(median([5, 1, 100])).toBe(5);
    expect(values).toEqual([5, 1, 100, 3]);
    expect(() => median([])).toThrow("no values");
  });

  test("the spread is the median between the least and the greatest", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });

  test("a ratio is taken round by round", () => {
    expect(ratiosOf([10, 30], [5, 10])).toEqual([2, 3]);
    expect(() => ratiosOf([1], [])).toThrow("every round");
  });

  test.each([
    [50, 500],
    [99, 990],
    [99.9, 999],
    [100, 1000],
    [0.01, 1],
  ])("the p%f of 1 to 1000 is %d", (percent, expected) => {
    const values = Float64Array.from({ length: 1000 }, (_, index) => 1000 - index);
    expect(percentile(values, percent)).toBe(expected);
  });

  test("a percentile is a value that was recorded", () => {
    expect(percentile([1, 1000], 50)).toBe(1);
    expect(percentile([1, 1000], 51)).toBe(1000);
    expect(() => percentile([], 50)).toThrow("no values");
  });

  test("recordings are joined without loss", () => {
    expect([...joined([Float64Array.of(1, 2), new Float64Array(0), Float64Array.of(3)])]).toEqual([1, 2, 3]);
  });
});

describe("numbers", () => {
  test.each([
    [12_345.6, "12,346"],
    [271.82, "272"],
    [12.345, "12.3"],
    [1.2345, "1.23"],
    [0.1234, "0.123"],
    [0, "0"],
  ])("%d is written %s", (value, text) => expect(readable(value)).toBe(text));

  test.each([
    [0.5, "0.5"],
    [1000, "1,000"],
    [25_000, "25k"],
    [10_000_000, "10M"],
  ])("a tick at %d says %s", (value, text) => expect(short(value)).toBe(text));

  test.each([
    [900, "1 s"],
    [250_000, "4 min 10 s"],
    [3_900_000, "1 h 05 min"],
  ])("%d ms are %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));
});

describe("line chart", () => {
  const point = (x: number, median: number) => ({ x, median, min: median * 0.9, max: median * 1.1 });
  const chart: LineChart = {
    title: "Tickets & <clients>",
    description: "What is shown.",
    x: { label: "clients", scale: "log" },
    y: { label: "tickets a second" },
    series: [
      { name: "ours", points: [point(1, 100), point(10, 200), point(100, 400)] },
      { name: "theirs", points: [point(1, 50), point(10, 50), point(100, 50)] },
    ],
  };
  const svg = drawLineChart(chart);
  const pathOf = (index: number) =>
    [...svg.matchAll(/<path d="(M[^"]*)" stroke-width="2" stroke-dasharray/g)][index]?.[1];
  const placesOf = (index: number) =>
    [...(pathOf(index) ?? "").matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

  test("says in words what it shows, escaped", () => {
    expect(svg).toContain('<title id="title">Tickets &#38; &#60;clients&#62;</title>');
    expect(svg).toMatch(
      /<desc id="description">What is shown\. ours: 100 at 1, 200 at 10, 400 at 100\. theirs: 50 at 1/,
    );
    expect(svg).toContain("tickets a second</text>");
    expect(svg).toContain(">clients</text>");
    expect(svg).toContain("prefers-color-scheme: dark");
  });

  test("puts powers of ten equally far apart, and heights in proportion from zero", () => {
    const [first, second, third] = placesOf(2) as [number[], number[], number[]];
    expect((third[0] ?? 0) - (second[0] ?? 0)).toBeCloseTo((second[0] ?? 0) - (first[0] ?? 0), 0);
    const bottom = Number(/class="axis" x1="[\d.]+" x2="[\d.]+" y1="([\d.]+)"/.exec(svg)?.[1]);
    const [low, high] = [bottom - (first[1] ?? 0), bottom - (third[1] ?? 0)];
    expect(high / low).toBeCloseTo(4, 1);
  });

  test("refuses what it cannot show", () => {
    expect(() => drawLineChart({ ...chart, series: [] })).toThrow("nothing to draw");
    const [series] = chart.series as [LineChart["series"][number]];
    expect(() => drawLineChart({ ...chart, series: [series, series, series, series, series] })).toThrow("at most 4");
  });

  test.each([
    [0.03, 0.05],
    [1, 1],
    [1.5, 2],
    [730, 1000],
  ])("a step of at least %d is %d", (atLeast, step) => expect(niceStep(atLeast)).toBe(step));
});

describe("npm run bench", () => {
  const bench = join(import.meta.dirname, "bench.ts");
  const report = join(import.meta.dirname, "..", "..", "docs", "bench", "results.json");
  const stateOfReport = () => (existsSync(report) ? [statSync(report).mtimeMs, readFileSync(report, "utf8")] : []);

  test("--quick measures a row, checks its rows and writes no report", async () => {
    const before = stateOfReport();
    const { stdout } = await execute(process.execPath, [bench, "--quick", "editions"], { timeout: 120_000 });
    expect(stdout).toMatch(/\| editions \| 64 editions sold at once against one, .*tickets\/s in 64 \|/);
    expect(stdout).toContain("Every run kept every promise.");
    expect(stateOfReport()).toEqual(before);
  }, 150_000);

  test("names the rows, and refuses others", async () => {
    const { stdout } = await execute(process.execPath, [bench, "--list"]);
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toContain("growth");
    await expect(execute(process.execPath, [bench, "nothing"])).rejects.toMatchObject({ code: 2 });
  });
});
