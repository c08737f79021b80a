/* What a run has shown, for people. */
import type { EnduranceOptions, EnduranceReport } from "./endure.ts";
import type { Operation } from "./history.ts";

const FINDINGS_SHOWN = 40;

export function reportLines(
  report: EnduranceReport,
  { seed, seconds }: Pick<EnduranceOptions, "seed" | "seconds">,
): string[] {
  const { findings, load, faults, recoveries, kept } = report;
  const { doors } = load;
  const { operations, replays, counts } = load.requests;
  const lines = [
    "",
    `${number(operations.length)} requests under a key in ${seconds} s: ${(counts.acknowledged / report.heldSeconds).toFixed(1)} acknowledged a second; ${number(counts.heldBack)} were held back, because too many waited`,
    "",
    row([
      "requests",
      "asked",
      "acknowledged",
      "refused",
      "were unknown",
      "found by sending again",
      "by the key",
      "unknown for ever",
    ]),
  ];
  for (const [name, some] of groups(operations)) {
    const count = (is: (operation: Operation) => boolean) => number(some.filter(is).length);
    lines.push(
      row([
        name,
        number(some.length),
        count(({ outcome }) => outcome === "acknowledged"),
        count(({ outcome }) => outcome === "refused"),
        count(({ wasUnknown }) => wasUnknown),
        count(({ resolvedBy }) => resolvedBy === "sending it again"),
        count(({ resolvedBy }) => resolvedBy === "asking by its key"),
        count(({ outcome }) => outcome === "unknown"),
      ]),
    );
  }
  const refusals = tally(operations.flatMap(({ refusal }) => refusal ?? []));
  lines.push("", `refused: ${refusals.map(([name, count]) => `${name} ${number(count)}`).join(", ")}`);
  lines.push(`no outcome: ${[...doors.unknowns].map(([name, count]) => `${name} ${number(count)}`).join(", ")}`);
  const asked = tally(
    replays.map((replay) => `${replay.asked === "the same" ? "sent again" : "another under the key"}: ${replay.is}`),
  );
  lines.push(`under a used key: ${asked.map(([name, count]) => `${name} ${number(count)}`).join(", ")}`);
  lines.push(
    `checked: ${number(counts.checked)} answers, ${number(counts.verified)} envelopes, ${number(report.events)} events by three readers, ${number(report.checkpoints)} checkpoints, ${number(report.looks)} looks at all promises`,
    "",
    row(["faults", "injected"]),
  );
  for (const [name, count] of [...faults].sort(([, one], [, other]) => other - one))
    lines.push(row([name, number(count)]));
  lines.push("", row(["works again after", "p50", "p99", "worst"]));
  for (const name of [...recoveries.names, undefined]) {
    const of = (percent: number) => `${(recoveries.percentile(percent, name) / 1_000).toFixed(2)} s`;
    lines.push(row([name ?? "all", of(50), of(99), of(100)]));
  }
  lines.push("");
  for (const [what, count] of tally(findings.map((finding) => finding.what))) lines.push(`FOUND: ${what}: ${count}`);
  for (const { what, detail } of findings.slice(0, FINDINGS_SHOWN)) lines.push(`  ${what}: ${detail.slice(0, 2_000)}`);
  lines.push(
    findings.length === 0
      ? "Nothing was found."
      : `${findings.length} findings with the seed ${seed}. Logs and the history are in ${kept}/logs.`,
  );
  return lines;
}

function groups(operations: readonly Operation[]): [string, readonly Operation[]][] {
  const named = Map.groupBy(operations, ({ kind, way }) => `${kind}, ${way}`);
  return [...[...named].toSorted(([one], [other]) => (one < other ? -1 : 1)), ["all", operations]];
}

function tally(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

function row([name = "", ...cells]: readonly string[]): string {
  return `${name.padEnd(58)}${cells.map((cell) => cell.padStart(Math.max(12, cell.length + 2))).join("")}`;
}

function number(count: number): string {
  return count.toLocaleString("en");
}
