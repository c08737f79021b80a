import { totalmem } from "node:os";
import type { Child } from "../harness/children.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import type { Settings } from "../harness/server.ts";
import { median, ratiosOf, spreadOf } from "../harness/statistics.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";
import { fillEdition, holdersOf } from "./fill.ts";

const TICKETS = 1_000_000;
const QUICK_TICKETS = 1_000;
const GIGABYTE = 2 ** 30;
const DEFAULTS = "the defaults";

const quarterOfMemory = `${Math.max(Math.round(totalmem() / 4 / GIGABYTE), 1)}GB`;

/** One change each, and at last those that helped together. None of them can lose an acknowledged ticket. */
const CANDIDATES: Readonly<Record<string, Settings>> = {
  [DEFAULTS]: {},
  [`shared_buffers = ${quarterOfMemory}`]: { shared_buffers: quarterOfMemory },
  "wal_compression = on": { wal_compression: "on" },
  "max_wal_size = 64MB": { max_wal_size: "64MB" },
  "max_wal_size = 16GB, checkpoint_timeout = 30min": { max_wal_size: "16GB", checkpoint_timeout: "30min" },
  "wal_buffers = 64MB": { wal_buffers: "64MB" },
  "commit_delay = 100": { commit_delay: "100" },
  "all that help": {
    shared_buffers: quarterOfMemory,
    wal_compression: "on",
    max_wal_size: "16GB",
    checkpoint_timeout: "30min",
  },
};

const WORKLOADS = [
  { name: "batches", what: "2 callers × 1000 requests, one edition", editions: 1, callers: 2, batchSize: 1000 },
  { name: "single", what: "64 callers × one ticket, 64 editions", editions: 64, callers: 64, batchSize: 1 },
] as const;

type Workload = (typeof WORKLOADS)[number];

export const settings: Row = {
  name: "settings",
  title: "settings of PostgreSQL that matter, one changed at a time",
  expectedSeconds: { full: 700, quick: 22 },
  run,
};

/** What one run of one workload showed. */
interface Measured {
  readonly rate: number;
  readonly walBytesPerTicket: number;
}

async function run(bench: Bench): Promise<RowResult> {
  bench.onEnd(() => bench.server.restart({}));
  const press = await BenchPress.open(bench, "bench_settings");
  const callers = startProcess<SqlCallers>(bench, "sqlCallers");
  const [sold] = (await press.openEditions(1, TICKETS)) as [string];
  bench.progress.step("filling");
  const tickets = bench.isQuick ? QUICK_TICKETS : TICKETS;
  await fillEdition(press, sold, tickets, () => true);

  const candidates = Object.entries(CANDIDATES);
  const measured = new Map<string, Measured[]>();
  const contestants = (bench.isQuick ? candidates.slice(0, 2) : candidates).map(([name, changed]) => [
    name,
    async () => {
      await bench.server.restart(changed);
      await bench.server.describe(); // Refuses to measure what is not durable.
      for (const workload of WORKLOADS) {
        const key = `${name}, ${workload.name}`;
        measured.set(key, [...(measured.get(key) ?? []), await measure(bench, press, callers, workload)]);
      }
      return 0;
    },
  ]);
  await interleave(bench, Object.fromEntries(contestants));
  const of = (name: string, { name: workload }: Workload) =>
    (measured.get(`${name}, ${workload}`) ?? []).slice(bench.rounds.warmUps);
  return resultOf(
    contestants.map(([name]) => name as string),
    tickets,
    of,
  );
}

/** Long enough that the WAL of a run is that of a sale, and that a checkpoint can come. */
async function measure(
  bench: Bench,
  press: BenchPress,
  callers: Child<SqlCallers>,
  workload: Workload,
): Promise<Measured> {
  const { editions, callers: count, batchSize } = workload;
  const slugs = await press.openEditions(editions, 1);
  const before = await walPosition(press);
  const milliseconds = bench.rounds.milliseconds * (workload.name === "batches" ? 3 : 1);
  const issued = await press.issueUnchecked(callers, { slugs, callers: count, batchSize, milliseconds });
  const walBytes = (await walPosition(press)) - before;
  await press.check(slugs, issued.acknowledged);
  return { rate: issued.granted / (issued.milliseconds / 1000), walBytesPerTicket: walBytes / issued.granted };
}

async function walPosition(press: BenchPress): Promise<number> {
  const [row] = await press.query<{ bytes: string }>("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes");
  return Number(row?.bytes);
}

function resultOf(
  names: readonly string[],
  tickets: number,
  of: (name: string, workload: Workload) => readonly Measured[],
): RowResult {
  const rates = (name: string, workload: Workload) => of(name, workload).map(({ rate }) => rate);
  const effect = (name: string, workload: Workload) => {
    const { median, min, max } = spreadOf(ratiosOf(rates(name, workload), rates(DEFAULTS, workload)));
    return `${readable(median)} (${readable(min)}–${readable(max)})`;
  };
  const walBytes = (name: string, workload: Workload) =>
    readable(median(of(name, workload).map(({ walBytesPerTicket }) => walBytesPerTicket)));
  return {
    figures: [],
    tables: [
      {
        title: `tickets/s against the defaults, and bytes of WAL a ticket, at ${readable(tickets)} tickets`,
        columns: ["", ...WORKLOADS.flatMap(({ name }) => [`${name}: tickets/s`, "× defaults", "WAL bytes"])],
        rows: names.map((name) => [
          name,
          ...WORKLOADS.flatMap((workload) => [
            readable(median(rates(name, workload))),
            effect(name, workload),
            walBytes(name, workload),
          ]),
        ]),
      },
    ],
    notes: [
      `${WORKLOADS.map(({ name, what }) => `${name}: ${what}`).join("; ")}. The server is started anew for every run; ${readable(holdersOf(tickets))} holders have ${readable(tickets)} tickets of another edition already. fsync, synchronous_commit and full_page_writes are on in every run.`,
    ],
  };
}
