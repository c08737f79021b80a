/** Programs of others that a bench uses where they are installed. */
import { execFile } from "node:child_process";
import { accessSync, constants, globSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

export const execute = promisify(execFile);

/** Where Debian keeps what it does not put on the PATH. */
const OTHER_FOLDERS = globSync("/usr/lib/postgresql/*/bin").sort().reverse();

/** The path of a program, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...OTHER_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
