import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./test/summaryReporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/globalSetup.ts"],
    reporters: ["default", new SummaryReporter()],
    // Races, crashes and servers want whole cores: two files at a time, each in a process of its own.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    // A condition is waited for as long as the test may take: a busy machine is no failure.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    env: { GRAPHILE_ENV: "development" },
  },
});
