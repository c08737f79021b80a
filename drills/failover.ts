/* The failover drill: a primary and a hot standby; the network between them breaks, then the primary is lost, and the standby is promoted.
   With synchronous replication nothing is acknowledged that the standby does not have; without it, what was acknowledged in between is lost. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Account, counted, takeAccount } from "./account.ts";
import { type ComeBack, comeBack, expectStandstill } from "./comeBack.ts";
import type { Act } from "./customers.ts";
import { DrillDatabase, type DrillServers, type Settings } from "./drillDatabase.ts";
import { Link } from "./link.ts";
import { must, waitFor } from "./waitFor.ts";
import { type Drill, more } from "./withDrill.ts";

export interface FailoverReport extends ComeBack {
  /** From the loss of the primary until a customer had a ticket again; of a press that was stopped the operator's steps included. */
  readonly awayMilliseconds: number;
}

interface Pair {
  readonly primary: DrillDatabase;
  readonly standby: DrillDatabase;
  readonly link: Link;
}

const SLOT = "standby";

/** @throws {DrillError} when the press does not keep what it promises */
export async function failoverDrill(
  drill: Drill,
  { isSynchronous }: { readonly isSynchronous: boolean },
): Promise<FailoverReport> {
  const { press, customers, print } = drill;
  print(
    `Failover, ${isSynchronous ? "synchronous" : "asynchronous"} replication. Base backups are made ${drill.backupTool.how}.`,
  );
  const pair = await startPair(drill, isSynchronous);
  const { primary, standby, link } = pair;
  try {
    await readFromStandby(drill, pair);
    await loseNetwork(drill, pair, isSynchronous);

    print("4 The primary is lost: killed, as by a loss of power.");
    const lostAt = performance.now();
    await primary.kill();
    await customers.stop();
    await press.stop();
    const acts = [...customers.acts];

    print("5 The standby is promoted, and the worker started on it first.");
    await standby.query("select pg_promote()");
    await standby.untilWritable();
    const back = await comeBack(drill, standby, { acts, isLossAccepted: true });
    const awayMilliseconds = (back.servedAt ?? Number.POSITIVE_INFINITY) - lostAt;
    print(`    a customer had a ticket again ${(awayMilliseconds / 1000).toFixed(1)} s after the loss`);
    if (isSynchronous) must(back.account.lost.length === 0, "Something is lost that was acknowledged.");

    await findOldPrimary(drill, pair, acts, back.account);
    await replaceStandby(drill, pair, isSynchronous);
    return { ...back, awayMilliseconds };
  } finally {
    link.close();
  }
}

async function startPair(
  { servers, press, customers, backupTool, print }: Drill,
  isSynchronous: boolean,
): Promise<Pair> {
  print("1 A primary, a standby that follows it, and customers who buy and redeem.");
  const primary = await DrillDatabase.create(servers, "primary", { max_slot_wal_keep_size: "1GB" });
  await press.openEdition(primary);
  await primary.query("select pg_create_physical_replication_slot($1, true)", [SLOT]);
  const backup = join(servers.folder, "backup");
  await backupTool.take(primary, backup);
  const link = await Link.to(primary.port);
  const standby = await DrillDatabase.fromBackup(servers, "standby", {
    backup,
    origin: primary,
    role: "standby",
    settings: following(servers, link.port),
  });
  await standby.start();
  await untilFollowed(primary, isSynchronous);
  customers.start(await press.start(primary));
  return { primary, standby, link };
}

/** `sync` or `async` while the standby streams. */
async function replicationState(primary: DrillDatabase): Promise<string | undefined> {
  const [row] = await primary.query<{ sync_state: string }>(
    "select sync_state from pg_stat_replication where application_name = 'standby' and state = 'streaming'",
  );
  return row?.sync_state;
}

/** What a hot standby is for, beside the day of this drill: reading, while everybody buys. */
async function readFromStandby(drill: Drill, { primary, standby }: Pair): Promise<void> {
  const { press, print, size } = drill;
  await more(drill, size);
  print("2 The standby is read from while they buy: the whole press is audited there.");
  await press.auditStandby(standby);
  const broken = await standby.query<{ subject: string; finding: string }>(
    "select subject, finding from press.invariants() where not is_ok and invariant <> 'I14'",
  );
  if (broken.length > 0) throw new Error(`On the standby a look finds: ${JSON.stringify(broken)}`);
  print("    and looked at: every promise holds there");
  const [row] = await primary.query<{ bytes: string }>(
    "select pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) as bytes from pg_stat_replication where application_name = 'standby'",
  );
  print(`    it is ${Number(row?.bytes).toLocaleString("en")} bytes of write-ahead log behind`);
}

/** Until customers wait for what does not come, or were told what the standby will never have. */
async function loseNetwork(drill: Drill, { primary, standby, link }: Pair, isSynchronous: boolean): Promise<void> {
  const { press, print, size } = drill;
  print("3 The network between them breaks; customers go on.");
  link.cut();
  if (isSynchronous) {
    await untilCommitsWait(primary);
    print("    nobody is told anything any more: every commit waits for the standby");
    const [cancelled] = await primary.query<{ at: string }>(
      "select clock_timestamp()::text as at, pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'",
    );
    await untilCommitsWait(primary, cancelled?.at);
    print("    the waits are cancelled, which nobody should do: those who ask again wait again");
    await primary.stop();
    await primary.start();
    await untilCommitsWait(primary);
    print(
      "    the primary is restarted, and has everything that was never answered: those who ask for it wait all the same",
    );
  } else {
    await untilReplayed(standby);
    const { size: followed } = await press.look(standby);
    await more(drill, size);
    await waitFor("a checkpoint that the standby does not have", async () => (await press.publishedSize()) > followed);
    print("    they are told that they have tickets which the standby knows nothing of");
  }
}

/** Until the standby, cut off, has replayed all that it was sent: it may be behind that. */
async function untilReplayed(standby: DrillDatabase): Promise<void> {
  await waitFor("the standby to replay what it was sent", async () => {
    const [row] = await standby.query<{ is_done: boolean }>(
      `select pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()
              and not exists (select from pg_stat_wal_receiver where status = 'streaming') as is_done`,
    );
    return row?.is_done ?? false;
  });
}

/** Until the standby is waited for by what a customer asked for, a call for tickets or a mutation's commit, that began after a moment. */
async function untilCommitsWait(primary: DrillDatabase, after = "-infinity"): Promise<void> {
  await waitFor("the commits to wait for the standby", async () => {
    const rows = await primary.query(
      "select from pg_stat_activity where wait_event = 'SyncRep' and query ~* 'press_gateway.issue_tickets|^commit' and query_start > $1",
      [after],
    );
    return rows.length > 0 && (await replicationState(primary)) === undefined;
  });
}

/**
 * The old primary is found again, with its disk. Everything that was acknowledged is there, so that what is missing in the new one is exactly
 * what was lost. A worker that is pointed to it by mistake stops it: there are never two presses.
 */
async function findOldPrimary(
  drill: Drill,
  { primary }: Pair,
  acts: readonly Act[],
  { lost, unansweredThere }: Account,
): Promise<void> {
  const { press, print } = drill;
  print("6 The old primary is found again, and a worker and a gateway are started on it by mistake.");
  await primary.setStopped({ synchronous_standby_names: "" }); // Else nothing could be written, and nothing would be shown.
  await primary.start();
  const old = await takeAccount(acts, primary);
  must(old.lost.length === 0, "The old primary has lost something that it acknowledged.");
  const unheard = counted(old.unansweredThere - unansweredThere, "act");
  print("    everything that was acknowledged is there");
  print(`    the new primary lacks ${counted(lost.length, "act")} of that, and ${unheard} that nobody was told of`);
  await expectStandstill(drill, primary, () => press.start(primary));
  await press.stop();
  await primary.stop();
}

/** The old primary's place is taken by a new standby, from a new base backup: its own data is of another history. */
async function replaceStandby(
  { servers, press, customers, backupTool, print }: Drill,
  { primary, standby }: Pair,
  isSynchronous: boolean,
): Promise<void> {
  print("7 The old primary becomes the standby of the new one, on a new base backup.");
  await rm(primary.data, { recursive: true });
  await standby.query("select pg_create_physical_replication_slot($1, true)", [SLOT]);
  const backup = join(servers.folder, "backup-of-new-primary");
  await backupTool.take(standby, backup);
  const next = await DrillDatabase.fromBackup(servers, "next-standby", {
    backup,
    origin: standby,
    role: "standby",
    settings: following(servers, standby.port),
  });
  await next.start();
  await untilFollowed(standby, isSynchronous);
  const answer = await customers.tryOnce(await press.start(standby));
  must(answer === null, `The press refuses with ${answer}.`);
  await press.untilRecorded(standby);
  await press.stop();
  print(`    it follows, ${isSynchronous ? "synchronously" : "asynchronously"}, and the press sells`);
}

function following({ password }: DrillServers, port: number): Settings {
  return {
    primary_conninfo: `host=127.0.0.1 port=${port} user=standby password=${password} application_name=standby`,
    primary_slot_name: SLOT,
  };
}

/** Until the standby streams; only then a commit may wait for it: under a name that nobody has, it would wait for ever. */
async function untilFollowed(primary: DrillDatabase, isSynchronous: boolean): Promise<void> {
  await waitFor("the standby to follow", async () => (await replicationState(primary)) !== undefined);
  if (!isSynchronous) return;
  await primary.set({ synchronous_standby_names: "FIRST 1 (standby)" });
  await waitFor("commits to wait for the standby", async () => (await replicationState(primary)) === "sync");
}
