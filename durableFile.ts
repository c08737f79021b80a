/** Files that appear under their name whole and on the disk, or not at all: a process killed in between leaves no half. */
import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a draft beside a file and gives it that name; both are on the disk when this returns.
 *
 * @param place gives the draft its name: `link` keeps a file that exists, `rename` replaces it
 */
export async function writeDurably(
  file: string,
  text: string,
  mode: number,
  place: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${file}.${randomBytes(8).toString("hex")}`;
  const handle = await open(draft, "wx", mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await place(draft);
    await syncFolder(dirname(file));
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
}

/** A new name in a folder survives a loss of power only when the folder is written too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
