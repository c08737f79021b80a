/* Runs every *.test.sql of this folder, each in one transaction that is rolled back (see ../tapFile.ts); each assertion of
   pgTAP becomes a test under its own description. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createTestDatabase } from "../database.ts";
import { missingRequirement, testRequiring } from "../requirements.ts";
import { runTapFile, type TapRun } from "../tapFile.ts";

const database = await createTestDatabase();
afterAll(() => database.drop());

for (const file of globSync("**/*.test.sql", { cwd: import.meta.dirname }).sort()) {
  const text = readFileSync(join(import.meta.dirname, file), "utf8");
  // The laws look at the catalogue; the rest takes the place of other logins.
  if (file.startsWith("laws/") || missingRequirement("superuser") === undefined) {
    defineTests(file, await runTapFile(database.url("superuser"), text));
  } else {
    testRequiring("superuser")(file, () => undefined);
  }
}

function defineTests(file: string, run: TapRun): void {
  describe(file, () => {
    for (const { ok, title, diagnosis, skip, todo } of run.assertions) {
      test(title, (context) => {
        if (skip !== undefined || (todo !== undefined && !ok)) {
          context.skip(skip ?? `todo: ${todo}`);
        }
        expect(ok, diagnosis || title).toBe(true);
      });
    }
    test("ran to the end with the planned number", () => {
      if (run.error !== undefined) {
        throw new Error(run.error);
      }
      expect(run.planned, "plan(n) comes first, or finish() last with no_plan()").toBe(run.assertions.length);
    });
  });
}

const functions = await database
  .pool("superuser")
  .query<{ name: string }>(
    "select distinct proname::text as name from pg_proc where pronamespace = 'press'::regnamespace order by 1",
  );

describe("every public function has a folder of tests", () => {
  test.each(functions.rows)("$name", ({ name }) => {
    const files = globSync(`${name}/*.test.sql`, { cwd: import.meta.dirname });
    expect(files.length, `write test/sql/${name}/<what_it_does>.test.sql`).toBeGreaterThan(0);
  });
});
