/* Committed migrations that were released are append-only: somebody's data were made by them. db/migrations/committed.sha256 lists them with
   their hashes (`sha256sum -c` checks it), and what was ever in that list, by the history of git, stays as it was. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const LIST = "committed.sha256";

/**
 * Adds what is committed to the list: from now on it cannot change.
 *
 * @param folder the migrations' folder
 * @throws Error naming a file that was released before and is not what it was
 */
export async function releaseMigrations(folder: string): Promise<void> {
  await requireUnchangedMigrations(folder);
  const lines = await linesOfFiles(folder);
  await writeFile(join(folder, LIST), lines.map((line) => `${line}\n`).join(""));
}

/** @throws Error naming the first file that was released and is not what it was */
export async function requireUnchangedMigrations(folder: string): Promise<void> {
  const files = await linesOfFiles(folder);
  const changed = (await releasedLines(folder)).find((line) => !files.includes(line));
  if (changed === undefined) return;
  throw new Error(
    `${fileOf(changed)} is not what was released: put it back (git log -p ${LIST}), and change the schema by another migration.`,
  );
}

/** @throws Error naming a committed migration that is not released */
export async function requireAllReleased(folder: string): Promise<void> {
  await requireUnchangedMigrations(folder);
  const listed = linesOf(await readList(folder));
  const unlisted = (await linesOfFiles(folder)).find((line) => !listed.includes(line));
  if (unlisted === undefined) return;
  throw new Error(`${fileOf(unlisted)} waits to be released: npm run commit-migration -- --release`);
}

/** @throws Error when the last migration of committed/ was released, and so cannot be reopened */
export async function requireUnreleased(folder: string): Promise<void> {
  const last = (await linesOfFiles(folder)).at(-1);
  if (last === undefined || !(await releasedLines(folder)).includes(last)) return;
  throw new Error(`${fileOf(last)} was released: somebody may have run it. Change the schema by another migration.`);
}

/** As sha256sum writes them, by number. */
async function linesOfFiles(folder: string): Promise<string[]> {
  const names = (await readdir(join(folder, "committed"))).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const hash = createHash("sha256").update(await readFile(join(folder, "committed", name)));
      return `${hash.digest("hex")}  committed/${name}`;
    }),
  );
}

/** What is in the list, and what ever was, by as much of its history as this checkout has. */
async function releasedLines(folder: string): Promise<string[]> {
  const options = ["-c", "safe.directory=*", "log", "--format=", "--patch", "--no-ext-diff", "--no-color", "--", LIST];
  const log = await promisify(execFile)("git", options, { cwd: folder }).catch(() => ({ stdout: "" }));
  return [...linesOf(await readList(folder)), ...linesOf(log.stdout.replace(/^\+/gm, ""))];
}

function readList(folder: string): Promise<string> {
  return readFile(join(folder, LIST), "utf8").catch(() => "");
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => /^[0-9a-f]{64} {2}committed\/\S+$/.test(line));
}

function fileOf(line: string): string {
  return line.replace(/^\S+ +/, "");
}
