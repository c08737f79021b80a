/** The course of a sale as a line in a chart. */
import type { SalePoint } from "./OperatorDocuments.ts";

export interface SaleLine {
  /** Steps, as the data of an SVG path. */
  readonly path: string;
  /** Where the line ends. */
  readonly end: { readonly x: number; readonly y: number };
}

/**
 * Draws the points into a field of `width` by `height`, time to the right from the first to the last, the count upwards from 0 to `cap`.
 *
 * @param points in the order of time, at least one
 */
export function saleLine(points: readonly SalePoint[], cap: number, width: number, height: number): SaleLine {
  const times = points.map(({ issuedAt }) => Date.parse(issuedAt));
  const first = times[0] ?? 0;
  const span = Math.max((times.at(-1) ?? 0) - first, 1);
  const round = (value: number) => Math.round(value * 10) / 10;
  const places = points.map(({ issuedCount }, index) => ({
    x: round((((times[index] ?? 0) - first) / span) * width),
    y: round(height - (issuedCount / Math.max(cap, 1)) * height),
  }));
  const steps = places.map(({ x, y }) => `H${x}V${y}`);
  return { path: `M0 ${height}${steps.join("")}`, end: places.at(-1) ?? { x: 0, y: height } };
}
