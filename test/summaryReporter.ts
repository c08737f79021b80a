import type { SerializedError } from "vitest";
import type { Reporter, TestModule, TestSuite } from "vitest/node";
import { describeLeg, isAllowedInCi } from "./allowedSkips.ts";

/**
 * Says at the end what the leg of CI is for, what was skipped and why, and what failed; the last line is exactly `N passed, N failed, N skipped`.
 * With CI=true a skip that is not allowed there makes the run fail.
 */
export class SummaryReporter implements Reporter {
  readonly #leftOut: readonly string[];

  /** @param leftOut files that this run has not, and others have */
  constructor(leftOut: readonly string[] = []) {
    this.#leftOut = leftOut;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[], reason: string): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const skips = tests.flatMap((test) => {
      const result = test.result();
      return result.state === "skipped" ? [{ test, reason: result.note ?? "no reason given" }] : [];
    });
    if (process.env.TEST_LEG) {
      console.log(`leg ${process.env.TEST_LEG}, ${describeLeg()}`);
    }
    for (const [reason, group] of Map.groupBy(skips, (skip) => skip.reason)) {
      console.log(`skipped, ${reason}`);
      for (const { test } of group) {
        console.log(`  ${test.module.relativeModuleId} > ${test.fullName}`);
      }
    }
    if (this.#leftOut.length > 0) {
      console.log(`not in this run, of the long files, others each time (TEST_SCALE=all has all of them)`);
      console.log(`  ${this.#leftOut.join(", ")}`);
    }
    const forbidden = process.env.CI === "true" ? skips.filter((skip) => !isAllowedInCi(skip.reason)) : [];
    if (forbidden.length > 0) {
      console.log(`CI allows no skip for such reasons: ${forbidden.length} tests must run or fail`);
      process.exitCode = 1;
    }
    for (const failure of failures(modules, unhandledErrors)) {
      console.log(`failed: ${failure}`);
    }
    const found = count("failed") + failuresOutsideTests(modules) + unhandledErrors.length;
    // Where not even the set-up succeeded, nothing was found and the run failed.
    const failed = found === 0 && reason === "failed" ? 1 : found;
    console.log(`${count("passed")} passed, ${failed} failed, ${skips.length} skipped`);
  }
}

/** A line each, so that the end of a long log is enough to know what to look at. */
function failures(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): string[] {
  const inTests = modules.flatMap((module) =>
    [...module.children.allTests("failed")].map(
      (test) => `${module.relativeModuleId} > ${test.fullName}: ${firstLine(test.result().errors)}`,
    ),
  );
  const outsideTests = suitesOf(modules)
    .filter((suite) => suite.errors().length > 0)
    .map((suite) => `${"fullName" in suite ? suite.fullName : suite.relativeModuleId}: ${firstLine(suite.errors())}`);
  return [...inTests, ...outsideTests, ...unhandledErrors.map((error) => `outside any test: ${firstLine([error])}`)];
}

function firstLine(errors: readonly { message: string }[] | undefined): string {
  return errors?.[0]?.message.split("\n", 1)[0] ?? "no error given";
}

/** A file that cannot be loaded and a hook that throws fail no test, and are failures nevertheless. */
function failuresOutsideTests(modules: readonly TestModule[]): number {
  return suitesOf(modules).filter((suite) => suite.errors().length > 0).length;
}

function suitesOf(modules: readonly TestModule[]): (TestModule | TestSuite)[] {
  return modules.flatMap((module) => [module, ...module.children.allSuites()]);
}
