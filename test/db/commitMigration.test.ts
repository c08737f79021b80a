import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commitMigration, requireNothingToCommit, uncommitMigration } from "../../db/commitMigration.ts";
import { releaseMigrations, requireAllReleased, requireUnchangedMigrations } from "../../db/released.ts";
import { testRequiring } from "../requirements.ts";

let folder: string;

/** Migrations that need what installing provides: the owner's role, the schema of the jobs. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "golden-press-migrations-"));
  for (const part of ["committed", "current", "sql"]) {
    mkdirSync(join(folder, part));
  }
  symlinkSync("sql", join(folder, "fixtures"));
  write(
    "current/0010-things.sql",
    "--! Message: things\n\ncreate schema press;\ncreate table press.things (id integer);\n",
  );
  write("current/9000-functions.sql", "-- All of them.\n--! include index.sql\n");
  write("sql/index.sql", "--! include count_things.sql\n");
  write(
    "sql/count_things.sql",
    `create or replace function press.count_things() returns bigint language sql begin atomic
       select count(*) from press.things, graphile_worker.jobs;
     end;\n`,
  );
});

afterEach(() => rmSync(folder, { recursive: true }));

test("committing makes one numbered file with everything included, and empties current", async () => {
  await expect(requireNothingToCommit(folder)).rejects.toThrow(/0010-things.sql waits to be committed/);
  await commitMigration(folder);
  expect(globSync("committed/*", { cwd: folder })).toEqual(["committed/000001-things.sql"]);
  const text = readFileSync(join(folder, "committed/000001-things.sql"), "utf8");
  expect(text).toContain("--! Included count_things.sql\ncreate or replace function press.count_things()");
  await requireNothingToCommit(folder);
});

test("reopening gives back exactly what was committed", async () => {
  const before = contents();
  await commitMigration(folder);
  await uncommitMigration(folder);
  expect(contents()).toEqual(before);
});

test("the next migration is committed on top of the first", async () => {
  await commitMigration(folder);
  write("current/1-current.sql", "drop function press.count_things();\n");
  await commitMigration(folder, "fewer functions");
  expect(globSync("committed/*", { cwd: folder }).sort()).toEqual([
    "committed/000001-things.sql",
    "committed/000002-fewer-functions.sql",
  ]);
});

test("a migration that does not run changes no file, and its place is told", async () => {
  write("sql/count_things.sql", "select 1;\nselect broken from nothing;\n");
  const before = contents();
  await expect(commitMigration(folder)).rejects.toThrow(
    /line \d+, column \d+ [\s\S]*relation "nothing" does not exist/,
  );
  expect(contents()).toEqual(before);
});

test("nothing is reopened while current has something", async () => {
  const copy = contents();
  await expect(uncommitMigration(folder)).rejects.toThrow(/no committed migration/);
  await commitMigration(folder);
  cpSync(join(folder, "sql/count_things.sql"), join(folder, "current/2-more.sql"));
  await expect(uncommitMigration(folder)).rejects.toThrow(/current migration is not blank/);
  expect(contents()).not.toEqual(copy);
});

describe("released migrations are append-only", () => {
  test("those of this project are what they were", async () => {
    await requireUnchangedMigrations(join(import.meta.dirname, "../../db/migrations"));
  });

  test("the list is what sha256sum writes, and what differs from it is named", async () => {
    await commitMigration(folder);
    await expect(requireAllReleased(folder)).rejects.toThrow(/000001-things\.sql waits to be released/);
    await releaseMigrations(folder);
    await requireAllReleased(folder);
    const text = readFileSync(join(folder, "committed/000001-things.sql"), "utf8");
    const hash = createHash("sha256").update(text).digest("hex");
    expect(readFileSync(join(folder, "committed.sha256"), "utf8")).toBe(`${hash}  committed/000001-things.sql\n`);
    await expect(uncommitMigration(folder)).rejects.toThrow(/000001-things\.sql was released/);

    write("committed/000001-things.sql", `${text}-- another comment\n`);
    await expectChangeToBeRefused();
    write("committed/000001-things.sql", text);
    write("current/1-current.sql", "drop function press.count_things();\n");
    await commitMigration(folder, "fewer functions");
    await expect(requireAllReleased(folder)).rejects.toThrow(/000002-fewer-functions\.sql waits to be released/);
    await releaseMigrations(folder);
    rmSync(join(folder, "committed/000001-things.sql"));
    await expectChangeToBeRefused();
  });

  testRequiring("git")("also when the list is changed together with a file: its history remembers", async () => {
    git("init", "--quiet");
    await commitMigration(folder);
    await releaseMigrations(folder);
    git("add", "--all");
    git("commit", "--message", "things");
    const text = readFileSync(join(folder, "committed/000001-things.sql"), "utf8");
    write("committed.sha256", "");
    await expect(uncommitMigration(folder)).rejects.toThrow(/000001-things\.sql was released/);
    write("committed/000001-things.sql", `${text}-- another comment\n`);
    git("commit", "--all", "--message", "another history");
    await expectChangeToBeRefused();
  });

  async function expectChangeToBeRefused(): Promise<void> {
    const sentence = /^committed\/000001-things\.sql is not what was released: put it back/;
    await expect(requireUnchangedMigrations(folder)).rejects.toThrow(sentence);
    await expect(releaseMigrations(folder)).rejects.toThrow(sentence);
    await expect(commitMigration(folder, "more")).rejects.toThrow(sentence);
  }
});

/** In a repository around the migrations. */
function git(...args: string[]): void {
  const person = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...person, ...args], { cwd: folder, stdio: "ignore" });
}

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}

function contents(): Record<string, string> {
  const paths = globSync("{committed,current,sql}/*", { cwd: folder }).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}
