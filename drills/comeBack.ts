/* What a press makes of a database that came back: it goes on where it has everything that was published, and is stopped where it has not. */
import { type Account, describeAccount, takeAccount } from "./account.ts";
import type { Act } from "./customers.ts";
import type { DrillDatabase } from "./drillDatabase.ts";
import { must, waitFor } from "./waitFor.ts";
import type { Drill } from "./withDrill.ts";

/** What came back. */
export interface ComeBack {
  readonly account: Account;
  /** Entries of the ledger that were published, and those that the database had. */
  readonly published: number;
  readonly found: number;
  /** Whether the worker stopped the press. */
  readonly isStopped: boolean;
  /** When a customer had a ticket again, as `performance.now()` has it; undefined where the press stays stopped. */
  readonly servedAt: number | undefined;
}

export interface ComeBackOptions {
  /** What customers had asked for when the press was lost. */
  readonly acts: readonly Act[];
  /** Whether what is lost is given up, where the press was stopped for it. */
  readonly isLossAccepted: boolean;
}

/**
 * Starts the press on a database that came back, and stops it again.
 *
 * @throws {DrillError} when it does not keep what it promises
 */
export async function comeBack(
  drill: Drill,
  database: DrillDatabase,
  { acts, isLossAccepted }: ComeBackOptions,
): Promise<ComeBack> {
  const { press, print } = drill;
  const account = await takeAccount(acts, database);
  print(`    ${describeAccount(account)}`);
  const published = await press.publishedSize();
  const { size: found } = await press.look(database);
  print(`    the ledger has ${found} entries, of ${published} that were published`);
  const isStopped = published > found;
  let servedAt: number | undefined;
  if (!isStopped) servedAt = await goOn(drill, database, await press.start(database));
  else {
    await expectStandstill(drill, database, () => press.start(database));
    if (isLossAccepted) servedAt = await goOn(drill, database, await press.acceptLoss(database));
    await press.requireNoFork(database, found);
  }
  await press.stop();
  return { account, published, found, isStopped, servedAt };
}

/** That the worker stops the press, says why, and then nobody gets anything, nor is anything signed. */
export async function expectStandstill(
  { press, customers, print }: Drill,
  database: DrillDatabase,
  start: () => Promise<string>,
): Promise<void> {
  const { checkpoints } = await press.look(database);
  const url = await start();
  await waitFor("the worker to stop the press", async () => (await press.look(database)).stopReason !== null);
  const { stopReason } = await press.look(database);
  print(`    the worker has stopped the press: ${stopReason}`);
  const answer = await customers.tryOnce(url);
  must(answer === "PRESS_STOPPED", `A press that forgot what it published answers ${answer ?? "with a ticket"}.`);
  const after = await press.look(database);
  must(after.checkpoints === checkpoints, "A checkpoint was signed over a ledger that went back.");
}

/** That customers are served, and everything is signed, recorded and as it should be; when the first was served. */
async function goOn({ press, customers, print }: Drill, database: DrillDatabase, url: string): Promise<number> {
  const { stopReason } = await press.look(database);
  must(stopReason === null, `The press is stopped although it should go on: ${stopReason}`);
  const answer = await customers.tryOnce(url);
  const servedAt = performance.now();
  must(answer === null, `The press refuses with ${answer}.`);
  await press.untilRecorded(database);
  print("    the press goes on: a ticket was issued, signed and recorded");
  await press.audit(database);
  return servedAt;
}
