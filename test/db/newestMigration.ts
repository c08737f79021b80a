import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const DATABASE_FOLDER = join(import.meta.dirname, "../../db");

/** The last step to the present: db/migrations/current, or when that is empty the last committed migration. */
export interface NewestMigration {
  /** The number of the last migration before it, six digits: of the version that is upgraded. */
  readonly before: string;
  /** Its statements, with what it includes. */
  readonly text: string;
}

export async function newestMigration(): Promise<NewestMigration> {
  const committed = (await filesOf("committed")).filter((name) => /^\d{6}/.test(name));
  const current = await Promise.all((await filesOf("current")).map((name) => migrationText("current", name)));
  const text = current.join("\n");
  const last = committed.at(-1) ?? "";
  if (/^(?!\s*(--|$))/m.test(text)) return { before: last.slice(0, 6), text };
  return { before: committed.at(-2)?.slice(0, 6) ?? "", text: await migrationText("committed", last) };
}

/** The text of a migration, with what it includes put in as graphile-migrate does when it is committed. */
export async function migrationText(part: "committed" | "current", name: string): Promise<string> {
  return withIncludes(join(DATABASE_FOLDER, "migrations", part, name));
}

export async function filesOf(part: "committed" | "current"): Promise<string[]> {
  return (await readdir(join(DATABASE_FOLDER, "migrations", part))).filter((name) => name.endsWith(".sql")).toSorted();
}

async function withIncludes(path: string): Promise<string> {
  const parts = (await readFile(path, "utf8")).split(/^--! ?include (\S+)$/m);
  const expanded = parts.map((part, index) =>
    index % 2 === 0 ? part : withIncludes(join(DATABASE_FOLDER, "sql", part)),
  );
  return (await Promise.all(expanded)).join("");
}
