import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const VITEST = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
const CONFIG = join(import.meta.dirname, "examples/vitest.config.ts");

test("the last line counts, and every skip is listed under its reason", () => {
  const { lines, status } = runExample("skips.example.ts", "");
  expect(lines.at(-1)).toBe("1 passed, 0 failed, 2 skipped");
  expect(lines).toContain("skipped, openssl: not on this machine");
  expect(lines).toContain("  skips.example.ts > is not allowed to be skipped in CI");
  expect(status).toBe(0);
});

test("with CI=true a skip that a leg could avoid makes the run fail", () => {
  const { lines, status } = runExample("skips.example.ts", "true");
  expect(lines.at(-1)).toBe("1 passed, 0 failed, 2 skipped");
  expect(lines.at(-2)).toMatch(/^CI allows no skip .* 1 test/);
  expect(status).toBe(1);
});

test("a leg says what it is for, and what it cannot have may be skipped in it", () => {
  const { lines, status } = runExample("skips.example.ts", "true", "15");
  expect(lines).toContainEqual(
    expect.stringMatching(/^leg 15, on PostgreSQL 15 .*: it alone checks .*; it may skip what needs docker, /),
  );
  expect(lines.at(-2)).toMatch(/^CI allows no skip .* 2 tests/);
  expect(status).toBe(1);
});

test("a hook that throws counts as a failure", () => {
  const { lines, status } = runExample("failures.example.ts", "");
  expect(lines.at(-1)).toMatch(/^1 passed, 2 failed, \d skipped$/);
  expect(lines.filter((line) => line.startsWith("failed: "))).toEqual([
    "failed: failures.example.ts > fails: expected 1 to be 2 // Object.is equality",
    "failed: with a hook that throws: the hook threw",
  ]);
  expect(status).toBe(1);
});

test("a file that cannot be loaded counts as a failure", () => {
  const { lines, status } = runExample("unloadable.example.ts", "");
  expect(lines.at(-1)).toBe("0 passed, 1 failed, 0 skipped");
  expect(status).toBe(1);
});

function runExample(file: string, ci: string, leg = ""): { lines: string[]; status: number | null } {
  const { stdout, status } = spawnSync(process.execPath, [VITEST, "run", "--config", CONFIG, file], {
    env: { PATH: process.env.PATH, CI: ci, TEST_LEG: leg },
    encoding: "utf8",
  });
  return { lines: stdout.trimEnd().split("\n"), status };
}
