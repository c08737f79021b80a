/**
 * `npm run endure -- --minutes 60 --seed N --rate R`: load and faults for as long as it is told. Ends with exit code 1 when anything was found, and then says
 * where everything is kept.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { endure } from "./endure.ts";
import { FAULTS } from "./faults.ts";
import { reportLines } from "./report.ts";

const USAGE = `npm run endure -- [--minutes M] [--seed N] [--rate R] [--faults WORDS]

  --minutes M   how long; 60 unless it is said
  --seed N      the faults and the load of an earlier run
  --rate R      requests a second; 40 unless it is said
  --faults F    only faults whose names match this regular expression`;

function readArguments() {
  try {
    const options = {
      minutes: { type: "string", default: "60" },
      seed: { type: "string" },
      rate: { type: "string", default: "40" },
      faults: { type: "string", default: "" },
    } as const;
    const { values } = parseArgs({ options });
    const [minutes, rate, seed] = [
      Number(values.minutes),
      Number(values.rate),
      Number(values.seed ?? randomInt(2 ** 31)),
    ];
    if (!(minutes > 0 && minutes <= 10_000)) throw new Error(`--minutes must be a number, not "${values.minutes}".`);
    if (!(rate > 0 && rate <= 10_000)) throw new Error(`--rate must be a number, not "${values.rate}".`);
    if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be a whole number, not "${values.seed}".`);
    const faults = FAULTS.filter(({ name }) => new RegExp(values.faults).test(name));
    if (faults.length === 0)
      throw new Error(`--faults must match one of: ${FAULTS.map(({ name }) => name).join("; ")}.`);
    return { seconds: minutes * 60, rate, seed, faults };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = readArguments();
const report = await endure({ ...options, print: console.log });
for (const line of reportLines(report, options)) console.log(line);
process.exit(report.findings.length === 0 ? 0 : 1);
