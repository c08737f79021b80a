/* The pgTAP files, and which of them could notice what. */
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { functionFiles } from "./bodies.ts";
import type { Kind, Mutant } from "./mutant.ts";

const SQL_TESTS = join(import.meta.dirname, "../sql");
/** They read the source of functions: what only they notice is a change of the text, and no fault. */
const READ_SOURCE = ["laws/functions.test.sql", "laws/refusals.test.sql"];
/** The kinds that change what a function says of itself in the catalogue, or the rows of it. */
const OF_THE_CATALOGUE = new Set<Kind>([
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
]);

export interface SqlTest {
  /** From the folder of these tests. */
  readonly file: string;
  readonly text: string;
  readonly hash: string;
}

/** What a file did when it was run without a fault. */
export interface Reach {
  readonly milliseconds: number;
  /** The functions that it ran, but for those that PostgreSQL puts in the place of their calls. */
  readonly functions: readonly string[];
  /** The tables in which it read, and in which it wrote. */
  readonly read: readonly string[];
  readonly written: readonly string[];
}

export const hashOf = (...texts: string[]) =>
  createHash("sha256").update(texts.join("\0")).digest("base64url").slice(0, 12);

export function sqlTests(): SqlTest[] {
  const helpers = readFileSync(join(SQL_TESTS, "helpers.sql"), "utf8");
  return globSync("**/*.test.sql", { cwd: SQL_TESTS })
    .sort()
    .map((file) => {
      const text = readFileSync(join(SQL_TESTS, file), "utf8");
      return { file, text, hash: hashOf(helpers, text) };
    });
}

/** Who calls whom, and who writes into what, as the sources say. */
export class Callers {
  readonly #sources = new Map(functionFiles().map(({ name, text, body, end }) => [name, text.slice(body, end)]));

  /** Those that call it, nearest first; itself is the first. */
  of(name: string): string[] {
    const found = [name];
    for (const called of found) {
      const mention = new RegExp(`${asPattern(called)}\\b`);
      for (const [caller, source] of this.#sources) {
        if (!found.includes(caller) && mention.test(source)) found.push(caller);
      }
    }
    return found;
  }

  /** The functions that name a table. */
  naming(table: string): string[] {
    const mention = new RegExp(`${asPattern(table)}\\b`);
    return [...this.#sources].flatMap(([name, source]) => (mention.test(source) ? [name] : []));
  }
}

const asPattern = (text: string) => text.replaceAll(".", "\\.");

/** The folder of what is said of all tables or functions at once. */
function lawsOf(kind: Kind): string | undefined {
  if (kind === "definer") return "rights";
  if (["grant", "policy", "policy true", "row security"].includes(kind)) return "laws";
  return OF_THE_CATALOGUE.has(kind) ? "rows" : undefined;
}

/**
 * The files that could notice a mutant, in the order in which it is likely: its own folder and, of the catalogue, the laws; the folders of its callers; the others. Of those
 * that are as likely the quickest comes first.
 *
 * @param reach of the files; without it no file is left out
 */
export function testsFor(
  mutant: Mutant,
  tests: readonly SqlTest[],
  callers: Callers,
  reach?: ReadonlyMap<string, Reach>,
): SqlTest[] {
  const isCatalogue = OF_THE_CATALOGUE.has(mutant.kind);
  const isTable = isCatalogue && mutant.kind !== "definer" && !mutant.name.includes("public executes");
  const related = isTable ? callers.naming(mutant.subject) : callers.of(mutant.subject);
  const folders = related.map((name) => name.replace(/^.*\./, ""));
  const short = mutant.subject.replace(/^.*\./, "");
  const mention = new RegExp(`\\b${short}\\b`);
  const reached = ({ file, text }: SqlTest) => {
    const own = reach?.get(file);
    if (own === undefined || mention.test(text)) return true;
    if (isTable)
      return (
        [...own.read, ...own.written].includes(mutant.subject) || related.some((name) => own.functions.includes(name))
      );
    if (own.functions.includes(mutant.subject)) return true;
    // What PostgreSQL has put in the place of its call is not counted; who calls it is.
    const isCounted = [...(reach?.values() ?? [])].some(({ functions }) => functions.includes(mutant.subject));
    return !isCounted && (related.length === 1 || related.some((name) => own.functions.includes(name)));
  };
  const turn = ({ file, text }: SqlTest) => {
    const folder = file.split("/")[0] ?? "";
    if (folder === lawsOf(mutant.kind)) return -1;
    if (folder === short || (isCatalogue && folder === "laws")) return 0;
    if (isTable) return mention.test(text) ? 1 : reach?.get(file)?.written.includes(mutant.subject) ? 2 : 3;
    return folders.includes(folder) ? 1 : mention.test(text) ? 2 : 3;
  };
  const cost = ({ file }: SqlTest) => reach?.get(file)?.milliseconds ?? 0;
  return tests
    .filter((test) => isCatalogue || !test.file.startsWith("laws/") || !READ_SOURCE.includes(test.file))
    .filter((test) => (isCatalogue && test.file.startsWith("laws/")) || reached(test))
    .toSorted((one, other) => turn(one) - turn(other) || cost(one) - cost(other));
}
