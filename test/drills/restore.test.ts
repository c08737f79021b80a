/* The restore drill of docs/operating.md, small. The drill itself holds every ticket and every redemption against what its customer was told; here is
   what must come out. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { restoreDrill } from "../../drills/restore.ts";
import { LONG, lossOf, run } from "./support.ts";

const DRILL = join(import.meta.dirname, "..", "..", "drills", "drill.ts");

test(
  "restore: what the archive lacks is lost, and the press stops; with the end of the log nothing is; a moment is as it was",
  LONG,
  async () => {
    const { report, text } = await run(restoreDrill);
    const { fromArchive, withLastWal, toMoment } = report;
    expect(lossOf(fromArchive.account)).toBeGreaterThan(0);
    expect(fromArchive.isStopped).toBe(true);
    expect(lossOf(withLastWal.account)).toBe(0);
    expect(withLastWal).toMatchObject({ isStopped: false, found: expect.any(Number) });
    expect(lossOf(toMoment.account)).toBeGreaterThan(lossOf(fromArchive.account));
    expect(toMoment.isStopped).toBe(true);
    expect(toMoment.found).toBeLessThan(fromArchive.found);
    expect(text).toContain("because npm's PostgreSQL has no pg_basebackup");
    expect(text).toMatch(/the worker has stopped the press: This database has fewer than the \d+ ledger entries/);
    expect(text).toMatch(/Adopted \d+ entries as the ledger drill\.golden-press\.local\/ledger-2\./);
    expect(text.match(/audited .*: nothing found/g)).toHaveLength(2);
  },
);

test("a drill that nobody knows is refused, with those that there are", async () => {
  const failing = promisify(execFile)(process.execPath, [DRILL, "earthquake"]);
  await expect(failing).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("npm run drill -- restore") });
});
