import { existsSync } from "node:fs";
import { join } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const ROOT = join(import.meta.dirname, "..");

/** What takes longest, the longest first: where nothing is remembered of an earlier run, vitest would go by the size of the files. */
const LONGEST = [
  "test/cuts/cuts.test.ts",
  "test/endurance/endurance.test.ts",
  "test/drills/failover.test.ts",
  "test/interleavings/serializable.test.ts",
  "test/interleavings/repeatable_read.test.ts",
  "test/interleavings/read_committed.test.ts",
  "test/interleavings/mixed_levels.test.ts",
  "test/browser/holder.test.ts",
  "test/drills/restore.test.ts",
  "test/crash/ledger_killed_at_random.test.ts",
  "test/worker/draws.test.ts",
  "test/cli/draw.test.ts",
  "test/crash/draws_killed.test.ts",
  "test/browser/scripts.test.ts",
  "test/browser/raffle.test.ts",
  "test/race/draws.test.ts",
  "test/audit/tampering.test.ts",
  "test/start/start.test.ts",
  "test/crash/publishing_killed.test.ts",
  "test/worker/chain/publisher.test.ts",
  "test/cli/publish.test.ts",
  "test/sql/ed25519_verify/agreement.test.ts",
  "test/cli/audit.test.ts",
  "test/db/embedded.test.ts",
  "test/cli/keyCeremony.test.ts",
  "test/sql/pgtap.test.ts",
  "test/oracle/random_batches.test.ts",
  "test/race/utxos.test.ts",
  "test/verifier/package.test.ts",
];

/** Begins with what takes longest, so that no long file is left for the end, when the other workers have nothing to do. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const missing = LONGEST.filter((file) => !existsSync(join(ROOT, file)));
    if (missing.length > 0) throw new Error(`test/longestFirst.ts names what is not there: ${missing.join(", ")}.`);
    const paths = LONGEST.map((file) => join(ROOT, file));
    const turn = ({ moduleId }: TestSpecification) =>
      paths.includes(moduleId) ? paths.indexOf(moduleId) : paths.length;
    return (await super.sort(files)).toSorted((one, other) => turn(one) - turn(other));
  }
}
