import type { Child } from "../harness/children.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { median, ratiosOf, spreadOf } from "../harness/statistics.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";
import type { Work, WorkerProcess } from "../processes/worker.ts";

const BATCH_SIZE = 500;
const CALLS = 20;
const QUICK_CALLS = 1;
const PIPELINE = "pipeline";
const BARE = "bare signing";

export const signing: Row = {
  name: "signing",
  title: "the signing pipeline of one worker, against the bare signing rate of noble",
  expectedSeconds: { full: 70, quick: 4 },
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_signing");
  const callers = startProcess<SqlCallers>(bench, "sqlCallers");
  const noble = startProcess<WorkerProcess>(bench, "worker");

  const pipelines: Work[] = [];
  const sign = async () => {
    const tickets = await makePending(press, callers, bench.isQuick ? QUICK_CALLS : CALLS);
    const worker = startProcess<WorkerProcess>(bench, "worker");
    const work = await worker.ask("drain", { ...press.worker, tickets });
    await worker.stop();
    await requireSigned(press);
    pipelines.push(work);
    return work.tickets / work.seconds;
  };
  const signBare = async () => {
    const work = await noble.ask("signBare", { milliseconds: bench.rounds.milliseconds });
    return work.tickets / work.cpuSeconds;
  };
  const rates = await interleave(bench, { [PIPELINE]: sign, [BARE]: signBare });
  const counted = pipelines.slice(bench.rounds.warmUps);
  const perCpuSecond = counted.map((work) => work.tickets / work.cpuSeconds);
  const peer = rates.text(BARE, "signatures/s of one core");
  return {
    figures: [
      {
        what: "signing pipeline, one worker process (at most one core), against bare signing",
        ours: rates.text(PIPELINE, "tickets/s by the clock"),
        peer,
        value: rates.ratio(PIPELINE, BARE),
        unit: "×",
        goal: { better: "higher", first: 0.4, far: 0.6 },
      },
      {
        what: "the same by the CPU time of the worker alone",
        ours: `${readable(median(perCpuSecond))} tickets per CPU second`,
        peer,
        value: spreadOf(ratiosOf(perCpuSecond, rates.of(BARE))),
        unit: "×",
      },
    ],
    notes: [
      `${readable(median(counted.map((work) => work.tickets)))} pending tickets a round, from the worker's first claim until the last envelope is stored: claimed, signed, checked with another implementation, stored, durable.`,
      `The worker used ${readable(100 * median(counted.map((work) => work.cpuSeconds / work.seconds)))} % of a core; the rest of the time it waited for the database.`,
    ],
  };
}

/** Issues by the core what the worker will find; it does not run yet. Returns how many tickets there are. */
async function makePending(press: BenchPress, callers: Child<SqlCallers>, calls: number): Promise<number> {
  const [slug] = (await press.openEditions(1, calls * BATCH_SIZE)) as [string];
  const { acknowledged } = await callers.ask("time", {
    urls: [press.url("press_gateway")],
    slug,
    batchSize: BATCH_SIZE,
    holders: [calls * BATCH_SIZE],
    calls,
  });
  const tickets = acknowledged[0] ?? new Map();
  await press.check([slug], tickets);
  return tickets.size;
}

/** Every ticket has an envelope, and it is the one of its row. */
async function requireSigned(press: BenchPress): Promise<void> {
  const [row] = await press.query<{ wrong: number }>(
    `select count(*)::integer as wrong from press.tickets t join press.editions e on e.id = t.edition_id join press.holders h on h.id = t.holder_id
     where t.envelope is null
        or (t.envelope::jsonb ->> 'ticket_id', t.envelope::jsonb ->> 'edition', t.envelope::jsonb ->> 'recipient', t.envelope::jsonb ->> 'ticket_number')
           is distinct from (t.id::text, e.slug, h.subject, t.ticket_number::text)
        or length(t.envelope::jsonb ->> 'signature') <> 128`,
  );
  if (row?.wrong !== 0) throw new Error(`${row?.wrong} tickets have no envelope, or that of another ticket.`);
}
