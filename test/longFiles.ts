import { existsSync } from "node:fs";
import { join } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { sample } from "./random.ts";

const ROOT = join(import.meta.dirname, "..");

/** They wait more than they work, or are what is long where `TEST_SCALE` is set. */
const ALWAYS_FIRST = [
  "test/gateway/eventRoutes.test.ts",
  "test/gateway/silentDatabase.test.ts",
  "test/interleavings/serializable.test.ts",
  "test/interleavings/repeatable_read.test.ts",
  "test/interleavings/read_committed.test.ts",
  "test/interleavings/mixed_levels.test.ts",
  "test/start/start.test.ts",
];

/** Some 20 seconds each and more, on two cores; the longest first. Together they take two thirds of the time of all files. */
const LONG = [
  "test/gateway/hostile/slowClients.test.ts",
  "test/cuts/cuts.test.ts",
  "test/endurance/endurance.test.ts",
  "test/drills/failover.test.ts",
  "test/worker/draws.test.ts",
  "test/browser/holder.test.ts",
  "test/drills/restore.test.ts",
  "test/cli/audit.test.ts",
  "test/crash/attestations_killed.test.ts",
  "test/worker/chain/publisher.test.ts",
  "test/browser/raffle.test.ts",
  "test/crash/draws_killed.test.ts",
  "test/crash/events_killed.test.ts",
  "test/crash/publishing_killed.test.ts",
  "test/drills/documentation.test.ts",
  "test/worker/attestations.test.ts",
  "test/browser/scripts.test.ts",
  "test/gateway/subscriptionLeaks.test.ts",
  "test/cli/unusableDatabase.test.ts",
  "test/browser/accessibility.test.ts",
  "test/cli/publish.test.ts",
  "test/crash/worker_killed_between_steps.test.ts",
  "test/crash/clocks_shifted.test.ts",
  "test/browser/proofs.test.ts",
  "test/worker/worker.test.ts",
  "test/cli/draw.test.ts",
  "test/worker/events.test.ts",
  "test/race/attestations.test.ts",
  "test/race/draws.test.ts",
  "test/race/utxos.test.ts",
  "test/crash/ledger_killed_between_steps.test.ts",
  "test/race/forgetting.test.ts",
  "test/browser/gate.test.ts",
  "test/race/invariants.test.ts",
  "test/gateway/events.test.ts",
  "test/worker/ledger.test.ts",
  "test/race/one_redemption.test.ts",
  "test/audit/tampering.test.ts",
  "test/start/databaseOfOthers.test.ts",
  "test/crash/ledger_killed_at_random.test.ts",
  "test/verifier/package.test.ts",
  "test/cli/publishingDocumentation.test.ts",
  "test/crash/gateway_killed.test.ts",
  "test/crash/migration_under_load.test.ts",
  "test/crash/keys_rotated.test.ts",
  "test/cli/credential.test.ts",
  "test/crash/database_from_backup.test.ts",
  "test/race/records.test.ts",
  "test/verifier/otherTools.test.ts",
];

/** Of the long files a run of everything has so many, others each time; where `TEST_SCALE` is set all of them. */
const SAMPLE = Math.ceil(LONG.length / 5);

/**
 * The long files that this run leaves out: none of those that somebody has named, or may have.
 *
 * @param argv what vitest was called with
 */
export function leaveOut(argv: readonly string[]): readonly string[] {
  if (argv.join(" ") !== "run") return [];
  const chosen = sample(LONG, SAMPLE);
  return LONG.filter((file) => !chosen.includes(file));
}

/** Begins with what takes longest, so that no long file is left for the end, when the other workers have nothing to do. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = [...ALWAYS_FIRST, ...LONG];
    const missing = order.filter((file) => !existsSync(join(ROOT, file)));
    if (missing.length > 0) throw new Error(`test/longFiles.ts names what is not there: ${missing.join(", ")}.`);
    const paths = order.map((file) => join(ROOT, file));
    const turn = ({ moduleId }: TestSpecification) =>
      paths.includes(moduleId) ? paths.indexOf(moduleId) : paths.length;
    return (await super.sort(files)).toSorted((one, other) => turn(one) - turn(other));
  }
}
