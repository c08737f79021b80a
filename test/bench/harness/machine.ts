import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { BenchServer, Settings } from "./server.ts";

/** On what was measured; nothing that names it. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly platform: string;
  readonly node: string;
  readonly postgresql: string;
  readonly settings: Settings;
  /** How often a second 8 kB can be written and synced to the disk of the database: what every commit waits for. */
  readonly syncsPerSecond: number;
}

const PAGE_BYTES = 8192;
const PROBE_MILLISECONDS = 500;

export async function describeMachine(server: BenchServer): Promise<Machine> {
  const { version, settings } = await server.describe();
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    postgresql: version,
    settings,
    syncsPerSecond: Math.round(measureSyncs(server.home)),
  };
}

function measureSyncs(folder: string): number {
  const path = join(folder, "sync-probe");
  const file = openSync(path, "w");
  try {
    const page = Buffer.alloc(PAGE_BYTES, 1);
    const since = performance.now();
    let syncs = 0;
    while (performance.now() - since < PROBE_MILLISECONDS) {
      writeSync(file, page, 0, PAGE_BYTES, 0);
      fdatasyncSync(file);
      syncs += 1;
    }
    return syncs / ((performance.now() - since) / 1000);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
