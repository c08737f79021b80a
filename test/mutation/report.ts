import type { Found } from "./hunt.ts";
import type { Listed } from "./listed.ts";
import { KINDS, type Kind } from "./mutant.ts";

/** A line for each kind: planted, noticed, and of the rest how many are equivalent; then whatever was not noticed, by name. */
export function reportOf(found: readonly Found[], listed: ReadonlyMap<string, Listed>): string {
  const rows = (Object.keys(KINDS) as Kind[]).flatMap((kind) => {
    const own = found.filter(({ mutant }) => mutant.kind === kind);
    return own.length === 0 ? [] : [row(KINDS[kind], own, listed)];
  });
  const survivors = found
    .filter(({ mutant, verdict }) => verdict.by === undefined && listed.get(mutant.name)?.as !== "equivalent")
    .map(
      ({ mutant }) =>
        `  ${mutant.name}${mutant.place === undefined ? "" : ` (${mutant.place})`}${tell(listed.get(mutant.name))}`,
    )
    .sort();
  return [
    "",
    "planted noticed elsewhere equivalent      %",
    ...rows,
    row("all", found, listed),
    "",
    survivors.length === 0 ? "Each was noticed." : `Not noticed by pgTAP:\n${survivors.join("\n")}`,
  ].join("\n");
}

const tell = (one: Listed | undefined) => (one === undefined ? "" : `: ${one.why}`);

function row(title: string, found: readonly Found[], listed: ReadonlyMap<string, Listed>): string {
  const noticed = found.filter(({ verdict }) => verdict.by !== undefined).length;
  const left = found.flatMap(({ mutant, verdict }) => (verdict.by === undefined ? [listed.get(mutant.name)?.as] : []));
  const equivalent = left.filter((as) => as === "equivalent").length;
  const elsewhere = left.filter((as) => as === "elsewhere").length;
  const percent = (100 * (noticed + elsewhere)) / Math.max(1, found.length - equivalent);
  const columns = [found.length, noticed, elsewhere, equivalent].map((count, index) =>
    String(count).padStart([7, 7, 9, 10][index] ?? 0),
  );
  return `${columns.join(" ")} ${percent.toFixed(1).padStart(6)}  ${title}`;
}
