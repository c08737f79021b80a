/* A small piece of what `npm run endure` does for an hour: a press of real processes, a mixed load, a few faults by the seed of this run. TEST_SCALE=ci: five minutes of
   it, in a leg of its own, because the press has a PostgreSQL of its own and is the same in all of them. */
import { expect } from "vitest";
import { seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { endure } from "./endure.ts";
import { reportLines } from "./report.ts";

const isCi = process.env.TEST_SCALE === "ci";
const seconds = isCi ? 300 : 10;
/** What it takes to start, to finish what was begun, and to look at everything, on a busy machine; a publisher that dies at the wrong moment holds its coins for five minutes. */
const OVERHEAD_MILLISECONDS = 900_000;

testRequiring("leg 18")(
  `${seconds} s of mixed load with random faults: everything that was acknowledged is there, and nothing else (seed ${seed})`,
  async () => {
    // How long it takes to be alive again is measured by the command: here others have the processor, too.
    const options = { seconds, seed, rate: isCi ? 20 : 8, aliveSeconds: 300 };
    const lines: string[] = [];
    const report = await endure({ ...options, print: (line) => lines.push(line) });
    expect(report.findings, [...lines, ...reportLines(report, options)].join("\n")).toEqual([]);
    expect(report.load.requests.counts.acknowledged).toBeGreaterThan(0);
    expect(report.faults.size).toBeGreaterThan(0);
    if (isCi) console.log(reportLines(report, options).join("\n"));
  },
  { timeout: seconds * 1_000 + OVERHEAD_MILLISECONDS },
);
