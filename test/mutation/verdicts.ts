/* What was found, in a file beside the packages, so that a run can go on where another one ended. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Mutant } from "./mutant.ts";
import { hashOf, type Reach, type SqlTest } from "./sqlTests.ts";

const FOLDER = join(import.meta.dirname, "../../node_modules/.cache/mutation");
const VERDICTS = join(FOLDER, "verdicts.jsonl");
const REACH = join(FOLDER, "reach.json");
/** In git, so that a run that remembers nothing begins with the files that are likely to notice. */
const HINTS = join(import.meta.dirname, "hints.json");
const HINTS_EACH = 4;

export interface Verdict {
  readonly name: string;
  /** Of the statement that plants it. */
  readonly statement: string;
  /** Of the file that noticed it; or of all that did not. */
  readonly tests: string;
  /** The file that noticed it; undefined: none did. */
  readonly by?: string;
  /** What it said. */
  readonly how?: string;
  readonly milliseconds: number;
}

export class Verdicts {
  readonly #known = new Map<string, Verdict>();

  constructor() {
    mkdirSync(FOLDER, { recursive: true });
    if (!existsSync(VERDICTS)) return;
    for (const line of readFileSync(VERDICTS, "utf8").split("\n")) {
      if (line === "") continue;
      const verdict = JSON.parse(line) as Verdict;
      this.#known.set(verdict.name, verdict);
    }
  }

  /** What was found before, if neither the mutant nor the tests that matter have changed since. */
  of(mutant: Mutant, tests: readonly SqlTest[]): Verdict | undefined {
    const known = this.#known.get(mutant.name);
    if (known === undefined || known.statement !== hashOf(mutant.sql)) return undefined;
    const relevant = known.by === undefined ? tests : tests.filter(({ file }) => file === known.by);
    return known.tests === testsHash(relevant) ? known : undefined;
  }

  /** By what is changed: the files that have noticed it, those that did most often first. */
  hints(): Record<string, string[]> {
    const counts = new Map<string, Map<string, number>>();
    for (const { name, by } of this.#known.values()) {
      const subject = name.slice(0, name.indexOf(":"));
      const own = counts.get(subject) ?? new Map<string, number>();
      if (by !== undefined) counts.set(subject, own.set(by, (own.get(by) ?? 0) + 1));
    }
    const sorted = [...counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(
      sorted.map(([subject, own]) => [
        subject,
        [...own]
          .toSorted(([, one], [, other]) => other - one)
          .slice(0, HINTS_EACH)
          .map(([file]) => file),
      ]),
    );
  }

  note(mutant: Mutant, tests: readonly SqlTest[], found: Pick<Verdict, "by" | "how" | "milliseconds">): Verdict {
    const relevant = found.by === undefined ? tests : tests.filter(({ file }) => file === found.by);
    const verdict: Verdict = {
      name: mutant.name,
      statement: hashOf(mutant.sql),
      tests: testsHash(relevant),
      ...found,
    };
    this.#known.set(mutant.name, verdict);
    appendFileSync(VERDICTS, `${JSON.stringify(verdict)}\n`);
    return verdict;
  }
}

const testsHash = (tests: readonly SqlTest[]) => hashOf(...tests.map(({ file, hash }) => `${file} ${hash}`).sort());

/** How far each file reaches, by its hash. */
export function knownReach(): Map<string, Reach> {
  return new Map(existsSync(REACH) ? Object.entries(JSON.parse(readFileSync(REACH, "utf8"))) : []);
}

export function noteReach(reach: ReadonlyMap<string, Reach>): void {
  mkdirSync(dirname(REACH), { recursive: true });
  writeFileSync(REACH, JSON.stringify(Object.fromEntries(reach)));
}

export function knownHints(): Record<string, string[]> {
  return JSON.parse(readFileSync(HINTS, "utf8"));
}

export function noteHints(verdicts: Verdicts): void {
  writeFileSync(HINTS, `${JSON.stringify(verdicts.hints(), null, 1)}\n`);
}
