/* A small drill, what it printed, and what of its account a test looks at. */
import { expect } from "vitest";
import type { Account } from "../../drills/account.ts";
import { type Drill, withDrill } from "../../drills/withDrill.ts";

/** Servers and processes are started and stopped many times. */
export const LONG = { timeout: 300_000 };

export async function run<Report>(
  act: (drill: Drill) => Promise<Report>,
  binDirectory?: string,
): Promise<{ report: Report; text: string }> {
  const lines: string[] = [];
  const report = await withDrill({ size: 10, binDirectory, print: (line) => lines.push(line) }, act);
  return { report, text: lines.join("\n") };
}

/** How much of an account is lost; and that it is whole. */
export function lossOf({ acknowledged, there, lost }: Account): number {
  expect(acknowledged).toBeGreaterThanOrEqual(20);
  expect(there + lost.length).toBe(acknowledged);
  return lost.length;
}
