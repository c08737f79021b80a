/**
 * `npm run drill`: loses a press on purpose and brings it back by the steps of docs/operating.md, on this machine, in a folder that is gone
 * afterwards; says what was acknowledged, what is there, and what was lost. It touches no other press.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { failoverDrill } from "./failover.ts";
import { restoreDrill } from "./restore.ts";
import { DrillError } from "./waitFor.ts";
import { type Drill, withDrill } from "./withDrill.ts";

const USAGE = `npm run drill -- restore    the machine is lost; base backup and archived write-ahead log are there
npm run drill -- failover   the primary is lost; a standby follows it, synchronously, and in a second run asynchronously

  --bin FOLDER   the programs of your PostgreSQL, like /usr/lib/postgresql/15/bin; npm's unless it is said
  --size N       how many answers customers get in each phase; 500 unless it is said`;

const DRILLS: Readonly<Record<string, readonly ((drill: Drill) => Promise<unknown>)[]>> = {
  restore: [restoreDrill],
  failover: [
    (drill) => failoverDrill(drill, { isSynchronous: true }),
    (drill) => failoverDrill(drill, { isSynchronous: false }),
  ],
};

async function main(): Promise<void> {
  const { drills, binDirectory, size } = readArguments();
  try {
    for (const drill of drills) await withDrill({ binDirectory, size, print: console.log }, drill);
    console.log("The drill has shown what the press promises.");
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    console.error(`THE DRILL FAILED: ${error.message}`);
    process.exitCode = 1;
  }
}

function readArguments() {
  const options = { bin: { type: "string" }, size: { type: "string", default: "500" } } as const;
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const drills = positionals.length === 1 ? DRILLS[positionals[0] ?? ""] : undefined;
    if (drills === undefined) throw new Error("Name one drill.");
    if (!/^[1-9]\d{0,5}$/.test(values.size)) throw new Error(`--size must be a number, not "${values.size}".`);
    if (values.bin !== undefined && !existsSync(join(values.bin, "initdb")))
      throw new Error(`There is no initdb in ${values.bin}: name the folder of PostgreSQL's programs.`);
    return { drills, binDirectory: values.bin, size: Number(values.size) };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

await main();
