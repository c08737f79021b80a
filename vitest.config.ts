import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longestFirst.ts";
import { SummaryReporter } from "./test/summaryReporter.ts";

// Hundreds of processes of the press are started: each compiles the same files, unless it finds what the one before it has compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "compiled");

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/globalSetup.ts"],
    reporters: ["default", new SummaryReporter()],
    // Each file in a process of its own, and one more at a time than two cores: a good part of the tests waits, for processes, locks and databases.
    pool: "forks",
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    // A condition is waited for as long as the test may take: a busy machine is no failure.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    env: { GRAPHILE_ENV: "development" },
  },
});
