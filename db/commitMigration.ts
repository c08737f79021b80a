/* `npm run commit-migration -- "message"` closes db/migrations/current into one numbered file of db/migrations/committed, after
   running it on an empty database of a throwaway server. `-- --uncommit` instead reopens the last one, unless it was released;
   `-- --release` says that what is committed is released, before anybody else can run it: see released.ts. `-- --check` changes
   nothing, and fails when current/ waits to be committed, a migration waits to be released, or a released one is not what it was. */
import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { commit, migrate, type Settings, uncommit } from "graphile-migrate";
import pg from "pg";
import type { EmbeddedServer } from "./embedded.ts";
import { prepareDatabase } from "./install.ts";
import { withMigrationTool } from "./migrations.ts";
import { releaseMigrations, requireAllReleased, requireUnchangedMigrations, requireUnreleased } from "./released.ts";
import { withThrowawayServer } from "./throwaway.ts";

/**
 * Commits `current/`.
 * @param folder the migrations' folder, with committed/, current/ and fixtures/
 * @param message a short noun phrase; undefined where the migration has a `--! Message:` line
 * @throws Error with file, line and column when it does not run; then nothing has changed
 */
export async function commitMigration(folder: string, message?: string): Promise<void> {
  await requireUnchangedMigrations(folder);
  await withServerFor(folder, async (settings) => {
    await commit(settings, message);
    const committed = join(folder, "committed");
    // graphile-migrate lets only the owner's group read it, but whoever installs must.
    for (const name of await readdir(committed)) {
      await chmod(join(committed, name), 0o644);
    }
  });
}

/**
 * Reopens the last committed migration: its parts are in `current/` again, with their includes.
 * @throws Error when it was released
 */
export async function uncommitMigration(folder: string): Promise<void> {
  await requireUnreleased(folder);
  await withServerFor(folder, async (settings) => {
    await migrate(settings);
    await uncommit(settings);
    // graphile-migrate spells the lines otherwise than the files of this project do.
    await eachFile(join(folder, "current"), (text, path) =>
      writeFile(path, text.replace(/^--!include /gm, "--! include ")),
    );
  });
}

/** @throws Error when `current/` holds more than comments */
export async function requireNothingToCommit(folder: string): Promise<void> {
  await eachFile(join(folder, "current"), async (text, path) => {
    if (text.replace(/^--(?!!).*$/gm, "").trim() !== "") {
      throw new Error(`${path} waits to be committed: npm run commit-migration -- "what it does"`);
    }
  });
}

async function eachFile(directory: string, visit: (text: string, path: string) => Promise<void>): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    await visit(await readFile(path, "utf8"), path);
  }
}

/** Lends `work` a server, and puts the migrations back as they were when it fails: a failed commit leaves them in pieces. */
async function withServerFor(folder: string, work: (settings: Settings) => Promise<void>): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), "golden-press-migrations-"));
  try {
    await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
    await withThrowawayServer(async (server) => {
      await prepareServer(server);
      await withMigrationTool(settingsFor(server, folder), work);
    });
  } catch (error) {
    for (const part of ["committed", "current"]) {
      await rm(join(folder, part), { recursive: true });
      await cp(join(copy, part), join(folder, part), { recursive: true });
    }
    throw error;
  } finally {
    await rm(copy, { recursive: true });
  }
}

/**
 * Every new database of the server begins as migrations expect it: with the roles and the schema of the jobs. graphile-migrate
 * drops and makes its shadow database itself, and template1 is what PostgreSQL makes databases from.
 */
async function prepareServer(server: EmbeddedServer): Promise<void> {
  const template = new pg.Client({ connectionString: server.superuserUrl("template1") });
  await template.connect();
  await prepareDatabase(template, server.superuserUrl("template1"));
  await template.end();
  const root = new pg.Client({ connectionString: server.superuserUrl("postgres") });
  await root.connect();
  await root.query("create database press owner press_owner");
  await root.end();
}

function settingsFor(server: EmbeddedServer, migrationsFolder: string) {
  const asOwner = `?options=${encodeURIComponent("-c role=press_owner")}`;
  return {
    migrationsFolder,
    connectionString: server.superuserUrl("press") + asOwner,
    shadowConnectionString: server.superuserUrl("shadow") + asOwner,
    rootConnectionString: server.superuserUrl("postgres"),
    databaseOwner: "press_owner",
    // Not the role of .gmrc: the root connection makes databases, which the owner may not.
    pgSettings: { search_path: "pg_catalog, pg_temp" },
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { uncommit: { type: "boolean" }, release: { type: "boolean" }, check: { type: "boolean" } },
    allowPositionals: true,
  });
  const folder = join(import.meta.dirname, "migrations");
  if (values.check) {
    await requireNothingToCommit(folder);
    await requireAllReleased(folder);
  } else if (values.release) {
    await releaseMigrations(folder);
  } else if (values.uncommit) {
    await uncommitMigration(folder);
  } else {
    await commitMigration(folder, positionals[0]);
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
