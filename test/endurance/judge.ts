/* Holds what clients were told against what there is. It knows nothing of how the press works, only what it promises. */
import type { EditionFact, Effect, Facts, Finding, Operation, Replay } from "./history.ts";

/** What two readings of one clock may differ by. */
const CLOCKS_MILLISECONDS = 20;

/** Everything in the history that is not as it was promised; empty: nothing was found. */
export function judge(operations: readonly Operation[], replays: readonly Replay[], facts: Facts): Finding[] {
  return [
    ...judgeEffects(operations, facts.effects),
    ...judgeReplays(replays),
    ...facts.editions.flatMap((edition) => judgeNumbers(edition)),
    ...judgeOrder(operations),
    ...judgeRefusals(operations, facts.editions),
    ...judgeClosings(operations),
  ];
}

/** Acknowledged is there, refused is not, what is there was asked for, and once. */
function judgeEffects(operations: readonly Operation[], effects: readonly Effect[]): Finding[] {
  const findings: Finding[] = [];
  const byKey = new Map(operations.map((operation) => [nameOf(operation), operation]));
  const seen = new Map<string, Effect>();
  for (const effect of effects) {
    const name = nameOf(effect);
    const operation = byKey.get(name);
    if (seen.has(name))
      findings.push({ what: "done twice", detail: `${name}: ${seen.get(name)?.effect} and ${effect.effect}` });
    seen.set(name, effect);
    if (operation === undefined)
      findings.push({ what: "never asked for but there", detail: `${name}: ${effect.effect}` });
    else if (operation.outcome === "refused")
      findings.push({ what: "refused but there", detail: `${name} (${operation.refusal}): ${effect.effect}` });
    else if (operation.outcome === "acknowledged" && operation.effect !== effect.effect)
      findings.push({
        what: "another effect than acknowledged",
        detail: `${name}: ${effect.effect}, acknowledged was ${operation.effect}`,
      });
  }
  for (const operation of operations) {
    if (operation.outcome === "acknowledged" && !seen.has(nameOf(operation)))
      findings.push({ what: "acknowledged and lost", detail: `${nameOf(operation)}: ${operation.effect}` });
    if (operation.outcome === "unknown") findings.push({ what: "unknown for ever", detail: nameOf(operation) });
  }
  return findings;
}

function judgeReplays(replays: readonly Replay[]): Finding[] {
  return replays.flatMap(({ kind, key, asked, is, detail }): Finding[] => {
    if (asked === "the same" && (is === "another answer" || is === "refused"))
      return [{ what: "another answer to the same request", detail: `${kind} ${key}: ${detail}` }];
    if (asked === "something else" && is !== "refused")
      return [{ what: "granted under a used key", detail: `${kind} ${key}: ${detail}` }];
    return [];
  });
}

function judgeNumbers({ slug, cap, perHolderLimit, numbers, numbersByHolder }: EditionFact): Finding[] {
  const findings: Finding[] = [];
  const sorted = [...numbers].sort((one, other) => one - other);
  if (!sorted.every((number, index) => number === index + 1))
    findings.push({ what: "numbers not dense", detail: `${slug}: ${gapsOf(sorted)}` });
  if (sorted.length > cap) findings.push({ what: "beyond the cap", detail: `${slug}: ${sorted.length} of ${cap}` });
  for (const [holder, own] of numbersByHolder) {
    if (own.length > perHolderLimit)
      findings.push({
        what: "beyond the limit of a holder",
        detail: `${slug}: ${holder} has ${own.length} of ${perHolderLimit}`,
      });
  }
  return findings;
}

function gapsOf(sorted: readonly number[]): string {
  const index = sorted.findIndex((number, place) => number !== place + 1);
  return `number ${sorted[index]} where ${index + 1} should be`;
}

/** In real time: what was acknowledged before another request began has the smaller numbers. */
function judgeOrder(operations: readonly Operation[]): Finding[] {
  const findings: Finding[] = [];
  for (const [slug, issued] of issuedByEdition(operations)) {
    const byBeginning = issued.toSorted((one, other) => one.beganAt - other.beganAt);
    const byEnd = issued.toSorted((one, other) => one.endedAt - other.endedAt);
    let ended = 0;
    let highest: Operation | undefined;
    for (const operation of byBeginning) {
      for (; ended < byEnd.length && (byEnd[ended] as Operation).endedAt < operation.beganAt; ended += 1) {
        const earlier = byEnd[ended] as Operation;
        if (highest === undefined || lastOf(earlier) > lastOf(highest)) highest = earlier;
      }
      if (highest !== undefined && lastOf(highest) > firstOf(operation)) {
        const detail = `${slug}: ${nameOf(highest)} had ${highest.effect} before ${nameOf(operation)} began, which got ${operation.effect}`;
        findings.push({ what: "numbers out of order", detail });
      }
    }
  }
  return findings;
}

/** Whoever hears that nothing is left was asked too late, or would have had too much. */
function judgeRefusals(operations: readonly Operation[], editions: readonly EditionFact[]): Finding[] {
  const findings: Finding[] = [];
  const issued = issuedByEdition(operations);
  const bySlug = new Map(editions.map((edition) => [edition.slug, edition]));
  const closings = firstClosings(operations);
  for (const operation of operations) {
    if (operation.kind !== "issue" || operation.outcome !== "refused") continue;
    const edition = bySlug.get(operation.edition ?? "");
    const began = issued.get(operation.edition ?? "")?.filter(({ beganAt }) => beganAt < operation.endedAt) ?? [];
    const count = (holder?: string) =>
      began
        .filter((other) => holder === undefined || other.holder === holder)
        .reduce((sum, other) => sum + (other.quantity ?? 1), 0);
    const quantity = operation.quantity ?? 1;
    const isWrong =
      (operation.refusal === "CAP_REACHED" && edition !== undefined && count() + quantity <= edition.cap) ||
      (operation.refusal === "HOLDER_LIMIT_REACHED" &&
        edition !== undefined &&
        count(operation.holder) + quantity <= edition.perHolderLimit) ||
      (operation.refusal === "EDITION_NOT_OPEN" &&
        !(
          Math.min(
            closings.get(operation.edition ?? "") ?? Infinity,
            (edition?.closesAt ?? Infinity) - CLOCKS_MILLISECONDS,
          ) < operation.endedAt
        ));
    if (isWrong)
      findings.push({
        what: "refused without a reason",
        detail: `${nameOf(operation)} in ${operation.edition}: ${operation.refusal}`,
      });
  }
  return findings;
}

/** Once a closing was acknowledged nothing more is issued. */
function judgeClosings(operations: readonly Operation[]): Finding[] {
  const closed = new Map<string, number>();
  for (const { kind, outcome, edition = "", endedAt } of operations) {
    if ((kind !== "close" && kind !== "draw") || outcome !== "acknowledged") continue;
    closed.set(edition, Math.min(closed.get(edition) ?? Infinity, endedAt));
  }
  return operations
    .filter(
      ({ kind, outcome, edition = "", beganAt }) =>
        kind === "issue" && outcome === "acknowledged" && beganAt > (closed.get(edition) ?? Infinity),
    )
    .map((operation) => ({
      what: "issued after the closing",
      detail: `${nameOf(operation)} in ${operation.edition}: ${operation.effect}`,
    }));
}

/** When somebody first asked to close an edition, or to draw it, by its slug. */
function firstClosings(operations: readonly Operation[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { kind, edition = "", beganAt } of operations) {
    if (kind === "close" || kind === "draw") first.set(edition, Math.min(first.get(edition) ?? Infinity, beganAt));
  }
  return first;
}

function issuedByEdition(operations: readonly Operation[]): Map<string, Operation[]> {
  return Map.groupBy(
    operations.filter(({ kind, outcome }) => kind === "issue" && outcome === "acknowledged"),
    ({ edition = "" }) => edition,
  );
}

function nameOf({ kind, key }: Pick<Operation, "kind" | "key">): string {
  return `${kind} ${key}`;
}

function firstOf({ effect = "" }: Operation): number {
  return Math.min(...numbersOf(effect));
}

function lastOf({ effect = "" }: Operation): number {
  return Math.max(...numbersOf(effect));
}

/** The effect of issuing: to whom, and which numbers. */
export function issueEffect(holder: string, numbers: readonly number[]): string {
  return `${holder} has ${numbers.join(", ")}`;
}

/** The effect of a draw: its result. */
export function drawEffect(ticketNumber: number | null, entriesCount: number | null): string {
  return `${ticketNumber ?? "nobody"} of ${entriesCount}`;
}

function numbersOf(effect: string): number[] {
  return (effect.split(" has ").at(-1) ?? "").split(", ").map(Number);
}
