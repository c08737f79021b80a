import { defineConfig } from "vitest/config";
import { SummaryReporter } from "../../summaryReporter.ts";

export default defineConfig({
  test: { root: import.meta.dirname, include: ["*.example.ts"], reporters: [new SummaryReporter()] },
});
