import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../harness/children.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { joined, percentile, spreadOf } from "../harness/statistics.ts";
import { missingNats, startNats } from "../peers/nats.ts";
import type { EventReader } from "../processes/eventReader.ts";
import { inRounds, PER_SECOND, startSteadyClients } from "./latency.ts";

const WAIT_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 50;
const PERCENTS = [50, 99, 99.9];

export const consumer: Row = {
  name: "consumer",
  title: `issued → with a consumer of the events over NATS, at ${PER_SECOND} tickets/s through GraphQL`,
  expectedSeconds: { full: 120, quick: 6 },
  skipReason: missingNats,
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const { options, source } = await startNats(bench);
  const press = await BenchPress.open(bench, "bench_consumer");
  const issueSteadily = await startSteadyClients(bench, press, "{ ticket { rowId } }");
  await press.startWorker({ events: options });
  const reader = startProcess<EventReader>(bench, "eventReader");
  await reader.ask("follow", { ...source, size: 1 });
  await reader.ask("listen", source);
  const rounds = await inRounds(bench, async (milliseconds) => {
    const { slug, acknowledged } = await issueSteadily(milliseconds);
    return untilHeard(press, slug, await hear(reader, acknowledged.size));
  });
  const at = (percent: number) => `p${percent} ${readable(percentile(joined(rounds), percent))} ms`;
  return {
    figures: [
      {
        what: `issued → with a consumer over NATS, p99 at ${PER_SECOND} tickets/s`,
        ours: PERCENTS.map(at).join(", "),
        value: spreadOf(rounds.map((times) => percentile(times, 99))),
        unit: "ms",
        goal: { better: "lower", first: 1_000, far: 250 },
      },
    ],
    notes: [
      `${readable(joined(rounds).length)} tickets in ${rounds.length} rounds, and the event of each was heard. From when the ticket was issued, by its own timestamp, which is before its commit: signed, in the ledger and under a published checkpoint on its way.`,
    ],
  };
}
/** When each of so many tickets was heard of, in milliseconds since 1970, by its id. */
async function hear(reader: Child<EventReader>, tickets: number): Promise<Map<string, number>> {
  const until = performance.now() + WAIT_MILLISECONDS;
  const heard = new Map<string, number>();
  while (heard.size < tickets) {
    const { ticketIds, times } = await reader.ask("heard");
    for (const [index, id] of ticketIds.entries()) heard.set(id, times[index] as number);
    if (performance.now() > until) throw new Error(`The consumer heard of ${heard.size} tickets of ${tickets}.`);
    await sleep(LOOK_MILLISECONDS);
  }
  return heard;
}

async function untilHeard(press: BenchPress, slug: string, heard: Map<string, number>): Promise<Float64Array> {
  const tickets = await press.query<{ id: string; issued_at: number }>(
    `select t.id, (extract(epoch from t.issued_at) * 1000)::float8 as issued_at
     from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = $1`,
    [slug],
  );
  return Float64Array.from(tickets, ({ id, issued_at: issuedAt }) => {
    const time = heard.get(id);
    if (time === undefined) throw new Error(`The consumer heard nothing of the ticket ${id}.`);
    return time - issuedAt;
  });
}
