/* Base backups: with pg_basebackup where the PostgreSQL has one; npm's has none, and there it is done by hand, as PostgreSQL's manual describes it
   under "Making a Base Backup Using the Low Level API". */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { serverUser } from "../db/serverUser.ts";
import type { DrillDatabase } from "./drillDatabase.ts";
import { copyTree, makeOwned, writeOwned } from "./files.ts";

const execute = promisify(execFile);

/** A way to make base backups. */
export interface BackupTool {
  /** Completes the sentence "Base backups are made …". */
  readonly how: string;
  /** Copies the data of a running server into a new folder: complete only together with the WAL that is written meanwhile. */
  take(of: DrillDatabase, folder: string): Promise<void>;
}

/** @param binDirectory the programs of the PostgreSQL; npm's unless it is said */
export function findBackupTool(binDirectory: string | undefined): BackupTool {
  const program = binDirectory === undefined ? undefined : join(binDirectory, "pg_basebackup");
  if (program !== undefined && existsSync(program)) return withProgram(program);
  const why =
    binDirectory === undefined ? "npm's PostgreSQL has no pg_basebackup" : `${binDirectory} has no pg_basebackup`;
  return { how: `by copying the files between pg_backup_start and pg_backup_stop, because ${why}`, take: copyByHand };
}

function withProgram(program: string): BackupTool {
  return {
    how: `with ${program}`,
    async take(of, folder) {
      await makeOwned(folder);
      const user = await serverUser(() => undefined);
      const { hostname, port, username, password } = new URL(of.url("standby"));
      await execute(
        program,
        [`--host=${hostname}`, `--port=${port}`, `--username=${username}`, `--pgdata=${folder}`, "--checkpoint=fast"],
        { ...user, cwd: "/", env: { PATH: process.env.PATH, LC_ALL: "C", PGPASSWORD: password } },
      );
    },
  };
}

/** Of another server's life, or of this one's in memory; the server makes them anew. */
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|server\.log|pg_(wal|replslot|dynshmem|notify|serial|snapshots|stat_tmp|subtrans)\/.*|.*\/pgsql_tmp.*|.*\/pg_internal\.init)$/;
/** Says how far the server had come when it last wrote down everything: copied last. */
const CONTROL = join("global", "pg_control");

async function copyByHand(of: DrillDatabase, folder: string): Promise<void> {
  await of.with(async (client) => {
    await client.query("select pg_backup_start('golden-press drill', fast => true)");
    await makeOwned(folder);
    await copyTree(of.data, folder, (path) => path !== CONTROL && !LEFT_OUT.test(path));
    await copyTree(join(of.data, CONTROL), join(folder, CONTROL));
    const { rows } = await client.query<{ labelfile: string }>("select labelfile from pg_backup_stop()");
    await writeOwned(join(folder, "backup_label"), rows[0]?.labelfile ?? "");
  });
}
