import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The user that PostgreSQL's programs run as; empty means the user of this process. */
export type ServerUser = { uid: number; gid: number } | Record<string, never>;

/**
 * PostgreSQL refuses to run as root, so root runs it as the user `postgres`, made when missing.
 * @throws Error when root can neither find nor make that user
 */
export async function serverUser(log: (message: string) => void): Promise<ServerUser> {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const known = await identify().catch(() => undefined);
  if (known !== undefined) {
    return known;
  }
  log("making the system user postgres, because PostgreSQL does not run as root");
  try {
    await run("useradd", ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]);
    return await identify();
  } catch (error) {
    throw new Error(
      "PostgreSQL does not run as root, and the system user postgres could not be made. Add such a user, or start Golden Press as an ordinary user.",
      { cause: error },
    );
  }
}

async function identify(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run("id", ["-u", "postgres"]), run("id", ["-g", "postgres"])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/**
 * Says no, naming the directory, where the server's user could not enter on its way to `path`.
 * Only asked when that is another user than ours: the answer to EACCES in the depths of initdb is hard to read.
 * @throws Error naming the first closed directory
 */
export async function requireReachable(path: string, user: ServerUser): Promise<void> {
  if (!("uid" in user)) {
    return;
  }
  for (let directory = path; ; directory = dirname(directory)) {
    const { mode, uid, gid } = await stat(directory);
    const mayEnter = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & mayEnter) === 0) {
      throw new Error(
        `PostgreSQL runs as the user postgres, who may not enter ${directory}. Allow it with "chmod o+x ${directory}", choose another place (GOLDEN_PRESS_HOME for the data), or start Golden Press as an ordinary user.`,
      );
    }
    if (directory === dirname(directory)) {
      return;
    }
  }
}
