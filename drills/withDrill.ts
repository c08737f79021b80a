import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackupTool, findBackupTool } from "./baseBackup.ts";
import { Customers } from "./customers.ts";
import type { DrillServers } from "./drillDatabase.ts";
import { DrillPress, EDITION } from "./drillPress.ts";
import { waitFor } from "./waitFor.ts";

export interface DrillOptions {
  /** The programs of another PostgreSQL than npm's. */
  readonly binDirectory?: string | undefined;
  /** How many answers customers get in each phase. */
  readonly size: number;
  readonly print: (line: string) => void;
}

/** What a drill works with. */
export interface Drill {
  readonly servers: DrillServers;
  readonly press: DrillPress;
  readonly customers: Customers;
  readonly backupTool: BackupTool;
  readonly size: number;
  readonly print: (line: string) => void;
}

const CUSTOMERS = 8;

/** Lends what a drill needs; whatever happens, nothing of it is left. */
export async function withDrill<Report>(
  { binDirectory, size, print }: DrillOptions,
  act: (drill: Drill) => Promise<Report>,
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "golden-press-drill-"));
  await chmod(folder, 0o755); // Started by root, the servers run as another user, who must be able to enter.
  const secrets = join(folder, "secrets");
  await mkdir(secrets, { mode: 0o700 });
  const secret = randomBytes(32).toString("hex");
  const servers: DrillServers = {
    folder,
    password: randomBytes(16).toString("hex"),
    binDirectory,
    started: new Set(),
  };
  const press = new DrillPress({ folder: secrets, secret, print });
  const customers = new Customers({ count: CUSTOMERS, edition: EDITION, secret });
  const backupTool = findBackupTool(binDirectory);
  try {
    return await act({ servers, press, customers, backupTool, size, print });
  } finally {
    await customers.stop();
    await press.stop();
    for (const database of servers.started) await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits until customers have so many answers more. */
export function more({ customers }: Drill, answers: number): Promise<void> {
  const enough = customers.acknowledged + answers;
  return waitFor(`${answers} answers`, () => customers.acknowledged >= enough);
}

/** 3.2 s */
export function since(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}
