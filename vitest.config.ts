import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst, leaveOut } from "./test/longFiles.ts";
import { SummaryReporter } from "./test/summaryReporter.ts";
import { temporaryFolder } from "./test/temporaryFolder.ts";

// Hundreds of processes of the press are started: each compiles the same files, unless it finds what the one before it has compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "compiled");

process.env.TMPDIR = temporaryFolder();

const leftOut = leaveOut(process.argv.slice(2));

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...leftOut],
    globalSetup: ["test/globalSetup.ts"],
    reporters: ["default", new SummaryReporter(leftOut)],
    // Each file in a process of its own, and two more at a time than two cores: a good part of the tests waits, for processes, locks and databases.
    pool: "forks",
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    // A condition is waited for as long as the test may take: a busy machine is no failure.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    env: { GRAPHILE_ENV: "development" },
  },
});
