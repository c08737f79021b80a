/* Files of PostgreSQL's user, who is another one than ours where we are root. */
import { chmod, chown, copyFile, lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serverUser } from "../db/serverUser.ts";

/**
 * Copies a file or a folder, with its mode, for PostgreSQL's user. What disappears meanwhile is left out, as a running server's files do.
 *
 * @param isWanted whether something in the folder is copied, by its path from there
 */
export async function copyTree(
  from: string,
  to: string,
  isWanted: (path: string) => boolean = () => true,
  path = "",
): Promise<void> {
  try {
    const state = await lstat(join(from, path));
    const target = join(to, path);
    if (state.isDirectory()) {
      await mkdir(target, { recursive: true });
      for (const name of await readdir(join(from, path))) {
        const inner = join(path, name);
        if (isWanted(inner)) await copyTree(from, to, isWanted, inner);
      }
    } else {
      await copyFile(join(from, path), target);
    }
    await chmod(target, state.mode & 0o777);
    await own(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || path === "") throw error;
  }
}

/** Writes a file that belongs to PostgreSQL's user. */
export async function writeOwned(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  await own(file);
}

/** Makes a folder that belongs to PostgreSQL's user. */
export async function makeOwned(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  await own(folder);
}

let asked: ReturnType<typeof serverUser> | undefined;

async function own(path: string): Promise<void> {
  asked ??= serverUser(() => undefined);
  const user = await asked;
  if ("uid" in user) await chown(path, user.uid, user.gid);
}
