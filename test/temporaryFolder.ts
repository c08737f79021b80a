import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const IN_MEMORY = "/dev/shm";
const ROOM_BYTES = 4 * 1024 ** 3;

/**
 * Where a run of the tests puts its servers' data and all else that it throws away: in memory where a machine has room there, else where the system
 * puts such things. The run makes and drops some 500 databases of 600 files each, and on ext4 a quarter of its time went into finding an inode that
 * was not in use a minute ago.
 */
export function temporaryFolder(): string {
  return process.env.TMPDIR === undefined && hasRoomInMemory() ? IN_MEMORY : tmpdir();
}

function hasRoomInMemory(): boolean {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ROOM_BYTES && availableMemory() >= 2 * ROOM_BYTES && mayRunProgramsThere();
  } catch {
    return false; // Only Linux has it.
  }
}

function availableMemory(): number {
  const [, kilobytes = "0"] = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

/** Packages that are tried out as a user would are installed in it, and PostgreSQL's programs are among them. */
function mayRunProgramsThere(): boolean {
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  const options = mounts.map((line) => line.split(" ")).findLast(([, folder]) => folder === IN_MEMORY)?.[3] ?? "noexec";
  return !options.split(",").includes("noexec");
}
