/* The restore drill: a press whose write-ahead log is archived loses its machine. It is restored three times: from the archive alone, with the end
   of the log that the lost machine had not archived yet, and to a moment in time. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type ComeBack, type ComeBackOptions, comeBack } from "./comeBack.ts";
import type { Act } from "./customers.ts";
import { DrillDatabase, type Settings } from "./drillDatabase.ts";
import { copyTree, makeOwned } from "./files.ts";
import { must, waitFor } from "./waitFor.ts";
import { type Drill, more, since } from "./withDrill.ts";

export interface RestoreReport {
  readonly fromArchive: ComeBack;
  readonly withLastWal: ComeBack;
  readonly toMoment: ComeBack;
}

/** Where the lost press has left what is restored from. */
interface Remains {
  readonly origin: DrillDatabase;
  readonly backup: string;
  readonly archive: string;
  /** The end of the write-ahead log, as it was on the lost machine. */
  readonly lastWal: string;
  /** When everything had been archived, and a moment that somebody might want back, by the clock of the database. */
  readonly archivedAt: Date;
  readonly moment: Date;
  /** What customers had asked for by then. */
  readonly acts: readonly Act[];
}

/** @throws {DrillError} when the press does not keep what it promises */
export async function restoreDrill(drill: Drill): Promise<RestoreReport> {
  const { print } = drill;
  print(`Restore. Base backups are made ${drill.backupTool.how}.`);
  const remains = await liveAndLose(drill);
  const { acts, archivedAt, lastWal } = remains;

  print("5 Restored from the base backup and the archive alone.");
  const archiveOnly = await restoreTo(drill, remains, "from-archive", {});
  const fromArchive = await comeBackFrom(drill, archiveOnly, { acts, isLossAccepted: false, keptUntil: archivedAt });

  print("6 Restored with the write-ahead log that was left on the lost machine.");
  const complete = await restoreTo(drill, remains, "complete", {}, lastWal);
  const withLastWal = await comeBackFrom(drill, complete, { acts, isLossAccepted: false });
  must(
    withLastWal.account.lost.length === 0,
    "With the whole write-ahead log something is lost that was acknowledged.",
  );

  const moment = remains.moment.toISOString().replace("Z", "+00"); // A zone by its letter is not known yet where this is read.
  print(`7 Restored to a moment, ${moment}, and the loss of what came later is accepted.`);
  const target = { recovery_target_time: moment, recovery_target_action: "promote" };
  const earlier = await restoreTo(drill, remains, "to-moment", target, lastWal);
  const toMoment = await comeBackFrom(drill, earlier, { acts, isLossAccepted: true, keptUntil: remains.moment });
  return { fromArchive, withLastWal, toMoment };
}

async function liveAndLose(drill: Drill): Promise<Remains> {
  const { servers, press, customers, backupTool, size, print } = drill;
  const archive = join(servers.folder, "archive");
  await makeOwned(archive);
  print("1 A press, whose PostgreSQL archives its write-ahead log, and customers who buy and redeem.");
  const origin = await DrillDatabase.create(servers, "primary", {
    archive_mode: "on",
    // Under its name only when it is complete, and never in the place of another.
    archive_command: `test ! -f "${archive}/%f" && cp "%p" "${archive}/%f.part" && mv "${archive}/%f.part" "${archive}/%f"`,
  });
  await press.openEdition(origin);
  customers.start(await press.start(origin));
  await more(drill, size);

  print("2 A base backup is made while they buy.");
  const backup = join(servers.folder, "backup");
  await backupTool.take(origin, backup);
  await more(drill, size);
  const moment = await clock(origin);
  const { size: momentSize } = await press.look(origin);
  await more(drill, size);
  await waitFor("a checkpoint over what came after the moment", async () => (await press.publishedSize()) > momentSize);

  print("3 The write-ahead log is archived; they go on.");
  const archivedAt = await archiveAll(origin);
  const { size: archivedSize } = await press.look(origin);
  await more(drill, size);
  await waitFor("a checkpoint over what is not archived", async () => (await press.publishedSize()) > archivedSize);

  print("4 The machine is lost: PostgreSQL is killed, its data is gone but for the end of the write-ahead log.");
  await origin.kill();
  await customers.stop();
  await press.stop();
  const lastWal = join(servers.folder, "last-wal");
  await copyTree(join(origin.data, "pg_wal"), lastWal);
  print(
    `    acknowledged: ${customers.acknowledged.toLocaleString("en")}; published: ${await press.publishedSize()} entries of the ledger`,
  );
  await rm(origin.data, { recursive: true });
  return { origin, backup, archive, lastWal, archivedAt, moment, acts: [...customers.acts] };
}

async function clock(database: DrillDatabase): Promise<Date> {
  const [row] = await database.query<{ now: Date }>("select clock_timestamp() as now");
  must(row !== undefined, "The database has no clock.");
  return row.now;
}

/** Has all be archived that is written now; returns the moment. */
async function archiveAll(database: DrillDatabase): Promise<Date> {
  const at = await clock(database);
  const [row] = await database.query<{ file: string }>("select pg_walfile_name(pg_switch_wal()) as file");
  await waitFor("the archive", async () => {
    const [archived] = await database.query<{ is_there: boolean }>(
      "select last_archived_wal >= $1 as is_there from pg_stat_archiver",
      [row?.file],
    );
    return archived?.is_there ?? false;
  });
  return at;
}

async function restoreTo(
  { servers, print }: Drill,
  { origin, backup, archive }: Remains,
  name: string,
  target: Settings,
  lastWal?: string,
): Promise<DrillDatabase> {
  const settings = { restore_command: `cp "${archive}/%f" "%p"`, archive_mode: "off", ...target };
  const began = performance.now();
  const database = await DrillDatabase.fromBackup(servers, name, { backup, origin, role: "recovery", settings });
  if (lastWal !== undefined) await copyTree(lastWal, join(database.data, "pg_wal"));
  await database.start();
  await database.untilWritable();
  print(`    restored in ${since(began)}`);
  return database;
}

/** What comes back of it; nothing is lost that was acknowledged before a moment. */
async function comeBackFrom(
  drill: Drill,
  database: DrillDatabase,
  options: ComeBackOptions & { readonly keptUntil?: Date },
): Promise<ComeBack> {
  const { keptUntil } = options;
  const back = await comeBack(drill, database, options);
  const tooMuch = back.account.lost.filter(
    ({ acknowledgedAt = 0 }) => keptUntil !== undefined && acknowledgedAt < keptUntil,
  );
  must(
    tooMuch.length === 0,
    `${tooMuch.length} acts are lost that were acknowledged before ${keptUntil?.toISOString()}.`,
  );
  await database.stop();
  return back;
}
