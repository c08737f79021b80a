/* What pgTAP does not notice, by name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind } from "./mutant.ts";

export interface Listed {
  /** equivalent: nobody could notice it; elsewhere: another test does; survivor: nothing does. */
  readonly as: "equivalent" | "elsewhere" | "survivor";
  /** Why; or which test; or what would. */
  readonly why: string;
}

/** The kinds of which every mutant was looked at: whatever of them is in no list must be noticed. */
export const EXAMINED: ReadonlySet<Kind> = new Set<Kind>([
  "key",
  "foreign key",
  "check",
  "not null",
  "exclusion",
  "unique index",
  "trigger",
  "trigger condition",
  "policy",
  "policy true",
  "row security",
  "grant",
  "definer",
  "guard",
  "lock",
  "skip locked",
  "handler",
]);

const FILES = { equivalent: "equivalent.txt", elsewhere: "elsewhere.txt", survivor: "survivors.txt" } as const;

/** By the name of the mutant. A line that is indented is one, what it is under says why. */
export function listed(): Map<string, Listed> {
  const found = new Map<string, Listed>();
  for (const [as, file] of Object.entries(FILES)) {
    let why = "";
    for (const line of readFileSync(join(import.meta.dirname, file), "utf8").split("\n")) {
      if (line.startsWith("#") || line === "") continue;
      if (line.startsWith("  ")) found.set(line.trim(), { as: as as Listed["as"], why });
      else why = line;
    }
  }
  return found;
}
