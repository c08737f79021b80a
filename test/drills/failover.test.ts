/* The failover drill of docs/operating.md, small, as restore.test.ts has the other. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { failoverDrill } from "../../drills/failover.ts";
import { POSTGRESQL_15, testRequiring } from "../requirements.ts";
import { LONG, lossOf, run } from "./support.ts";

test(
  "failover, synchronous: nothing is lost that was acknowledged, and the press goes on by itself, in one place",
  LONG,
  async () => {
    const { report, text } = await run((drill) => failoverDrill(drill, { isSynchronous: true }));
    expect(lossOf(report.account)).toBe(0);
    expect(report.isStopped).toBe(false);
    expect(report.found).toBeGreaterThanOrEqual(report.published);
    expect(text).toContain("the worker has stopped the press: This database");
    expect(text).toContain("it follows, synchronously, and the press sells");
  },
);

testRequiring("postgresql15")(
  "failover, asynchronous, by pg_basebackup: what the standby had not is lost, each by name, and the press stops",
  async () => {
    const { report, text } = await run((drill) => failoverDrill(drill, { isSynchronous: false }), POSTGRESQL_15);
    expect(lossOf(report.account)).toBeGreaterThan(0);
    expect(report.isStopped).toBe(true);
    expect(report.found).toBeLessThan(report.published);
    expect(text).toContain(`with ${join(POSTGRESQL_15, "pg_basebackup")}`);
    expect(text).toContain("it follows, asynchronously, and the press sells");
  },
  LONG,
);
