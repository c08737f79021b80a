/* docs/scaling.md says nothing measured that was not. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const DOCS = join(import.meta.dirname, "..", "..", "docs");
const NUMBER = /\d[\d,]*(?:\.\d+)?/g;

test("every figure of docs/scaling.md is in docs/bench/results.md", async () => {
  const [page, results] = await Promise.all([
    readFile(join(DOCS, "scaling.md"), "utf8"),
    readFile(join(DOCS, "bench", "results.md"), "utf8"),
  ]);
  const table = page.slice(page.indexOf("| what | measured | row |"), page.indexOf("What is the bottleneck"));
  const rows = [...table.matchAll(/^\| .+ \| (.+) \| `(\w+)` \|$/gm)];
  expect(rows.length).toBeGreaterThan(8);
  for (const [, measured = "", row = ""] of rows) {
    expect(results, row).toContain(`\n## ${row}: `);
    const ofRow = [
      ...results.matchAll(new RegExp(`^\\| ${row} \\|.*$|^## ${row}: (?:.|\\n)*?(?=\n## |$(?!.|\\n))`, "gm")),
    ].join("\n");
    for (const number of measured.replaceAll("p99", "").match(NUMBER) ?? []) expect(ofRow, row).toContain(number);
  }
  for (const [, figures = ""] of page.matchAll(/Measured: ([^.]+)\./g)) {
    for (const number of figures.match(NUMBER) ?? []) expect(results).toContain(number);
  }
});
