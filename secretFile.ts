/** Files that only their owner may read: the signing keys, the secret of the tokens, the passwords of the embedded press. */
import { link, readFile } from "node:fs/promises";
import { writeDurably } from "./durableFile.ts";

const OWNER_ONLY = 0o600;

/**
 * Writes a new secret file. It appears under its name whole and on the disk, or not at all.
 *
 * @returns false when the file exists already; then it is not touched
 */
export async function writeSecretFile(file: string, text: string): Promise<boolean> {
  try {
    await writeDurably(file, text, OWNER_ONLY, (draft) => link(draft, file)); // Unlike a rename it never replaces a file.
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The secret in a file; one final line feed is not part of it. */
export async function readSecretFile(file: string): Promise<string> {
  return (await readFile(file, "utf8")).replace(/\n$/, "");
}
