/** A line chart as an SVG that stands by itself: it brings its colours for light and dark, its text, and nothing from elsewhere. */
import { short } from "./numbers.ts";

export interface LineChart {
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly description: string;
  readonly x: Axis;
  /** Always linear, from zero: a ratio is a ratio of heights. */
  readonly y: { readonly label: string };
  readonly series: readonly Series[];
}

export interface Axis {
  /** With its unit. */
  readonly label: string;
  readonly scale: "linear" | "log";
  /** Where the scale has marks; without them, at every x of the first series. */
  readonly ticks?: readonly { readonly at: number; readonly text: string }[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/** The median of several rounds, and the least and the greatest of them. */
export interface Point {
  readonly x: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

const WIDTH = 760;
const HEIGHT = 420;
const PLOT = { left: 78, right: WIDTH - 24, top: 96, bottom: HEIGHT - 62 };
/** Text of 12 px is about this wide a character. */
const CHARACTER = 6.6;
const LEGEND_MARK = 46;

/** Told apart by colour, by dashes and by the shape of their marks. */
const STYLES = [
  { dashes: "none", mark: (x: number, y: number) => `<circle cx="${x}" cy="${y}" r="4.5"/>` },
  { dashes: "7 4", mark: (x: number, y: number) => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8"/>` },
  { dashes: "2 4", mark: (x: number, y: number) => `<path d="M${x} ${y - 6}l6 6-6 6-6-6z"/>` },
  { dashes: "10 3 2 3", mark: (x: number, y: number) => `<path d="M${x} ${y - 6}l6 10h-12z"/>` },
] as const;

const CSS = `
  .card { fill: #ffffff; stroke: #d0d7de; } .title { fill: #1f2328; font-size: 16px; font-weight: 600; }
  text { fill: #57606a; font: 12px system-ui, sans-serif; } .grid { stroke: #d8dee4; } .axis { stroke: #57606a; }
  .s0 { --c: #0b62c4; } .s1 { --c: #b35900; } .s2 { --c: #1a7f37; } .s3 { --c: #8250df; }
  .series path, .series line { stroke: var(--c); fill: none; } .series .marks * { fill: var(--c); stroke: none; }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #30363d; } .title { fill: #e6edf3; } text { fill: #9198a1; } .grid { stroke: #262c36; } .axis { stroke: #9198a1; }
    .s0 { --c: #58a6ff; } .s1 { --c: #f0883e; } .s2 { --c: #3fb950; } .s3 { --c: #bc8cff; }
  }`;

/** Draws the chart. Lines join the medians; a thin line at each point reaches from the least to the greatest round. */
export function drawLineChart(chart: LineChart): string {
  if (chart.series.length > STYLES.length) throw new Error(`A chart has at most ${STYLES.length} lines.`);
  const place = placing(chart);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title description">
<title id="title">${escaped(chart.title)}</title>
<desc id="description">${escaped(`${chart.description} ${summary(chart)}`)}</desc>
<style>${CSS}
</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="6"/>
<text class="title" x="${PLOT.left}" y="30">${escaped(chart.title)}</text>
${legend(chart.series)}
${yAxis(chart, place)}
${xAxis(chart, place)}
${chart.series.map((series, index) => line(series, index, place)).join("\n")}
</svg>
`;
}

interface Placing {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  /** The step of the marks of the y axis, and how many there are above zero. */
  readonly step: number;
  readonly steps: number;
}

function placing({ x, series }: LineChart): Placing {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) throw new Error("There is nothing to draw.");
  const onScale = x.scale === "log" ? Math.log : (value: number) => value;
  const xs = points.map((point) => onScale(point.x));
  const [least, greatest] = [Math.min(...xs), Math.max(...xs)];
  const highest = Math.max(...points.map((point) => point.max), Number.MIN_VALUE);
  const step = niceStep(highest / 5);
  const steps = Math.ceil(highest / step - 1e-9);
  const across = (PLOT.right - PLOT.left) / (greatest - least || 1);
  const upward = (PLOT.bottom - PLOT.top) / (step * steps);
  return {
    x: (value) => round(PLOT.left + (onScale(value) - least) * across),
    y: (value) => round(PLOT.bottom - value * upward),
    step,
    steps,
  };
}

/** 1, 2 or 5 times a power of ten, at least as large. */
export function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= atLeast * (1 - 1e-9)) ?? 10;
  return Number((factor * power).toPrecision(12));
}

function legend(series: readonly Series[]): string {
  let x = PLOT.left;
  return series
    .map(({ name }, index) => {
      const entry = `<g class="series s${index}"><path d="M${x} 56h38" stroke-width="2" stroke-dasharray="${styleOf(index).dashes}"/>
<g class="marks">${styleOf(index).mark(x + 19, 56)}</g><text x="${x + LEGEND_MARK}" y="60">${escaped(name)}</text></g>`;
      x = round(x + LEGEND_MARK + name.length * CHARACTER + 22);
      return entry;
    })
    .join("\n");
}

function yAxis({ y }: LineChart, place: Placing): string {
  const marks = Array.from({ length: place.steps + 1 }, (_, index) => {
    const value = Number((index * place.step).toPrecision(12));
    const at = place.y(value);
    return `<line class="${index === 0 ? "axis" : "grid"}" x1="${PLOT.left}" x2="${PLOT.right}" y1="${at}" y2="${at}"/>
<text x="${PLOT.left - 8}" y="${at + 4}" text-anchor="end">${short(value)}</text>`;
  });
  return `${marks.join("\n")}\n<text x="${PLOT.left}" y="${PLOT.top - 12}">${escaped(y.label)}</text>`;
}

function xAxis({ x, series }: LineChart, place: Placing): string {
  const ticks = x.ticks ?? (series[0]?.points ?? []).map((point) => ({ at: point.x, text: short(point.x) }));
  const marks = ticks.map(({ at, text }) => {
    const position = place.x(at);
    return `<line class="axis" x1="${position}" x2="${position}" y1="${PLOT.bottom}" y2="${PLOT.bottom + 5}"/>
<text x="${position}" y="${PLOT.bottom + 20}" text-anchor="middle">${escaped(text)}</text>`;
  });
  const middle = (PLOT.left + PLOT.right) / 2;
  return `${marks.join("\n")}\n<text x="${middle}" y="${PLOT.bottom + 44}" text-anchor="middle">${escaped(x.label)}</text>`;
}

function line({ points }: Series, index: number, place: Placing): string {
  const path = points
    .map((point, at) => `${at === 0 ? "M" : "L"}${place.x(point.x)} ${place.y(point.median)}`)
    .join("");
  const spreads = points.map(({ x, min, max }) => {
    const at = place.x(x);
    return `<line x1="${at}" x2="${at}" y1="${place.y(min)}" y2="${place.y(max)}"/>`;
  });
  const marks = points.map((point) => styleOf(index).mark(place.x(point.x), place.y(point.median)));
  return `<g class="series s${index}"><path d="${path}" stroke-width="2" stroke-dasharray="${styleOf(index).dashes}"/>
${spreads.join("")}
<g class="marks">${marks.join("")}</g></g>`;
}

/** What the lines say, in words. */
function summary({ x, series }: LineChart): string {
  const textOf = (at: number) => x.ticks?.find((tick) => tick.at === at)?.text ?? short(at);
  return series
    .map(
      ({ name, points }) =>
        `${name}: ${points.map((point) => `${Number(point.median.toPrecision(3))} at ${textOf(point.x)}`).join(", ")}.`,
    )
    .join(" ");
}

function styleOf(index: number): (typeof STYLES)[number] {
  return STYLES[index] as (typeof STYLES)[number];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
