import { setTimeout as sleep } from "node:timers/promises";
import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { joined, percentile, spreadOf } from "../harness/statistics.ts";
import type { CheckpointReader, Seen } from "../processes/checkpointReader.ts";
import type { HttpClients, HttpResult } from "../processes/httpClients.ts";
import { issueTicketTemplate, startGateway } from "./graphql.ts";

export const PER_SECOND = 500;
/** Enough that a request which is due finds a client that is free. */
const CLIENTS = 256;
const MILLISECONDS = 20_000;
const WAIT_MILLISECONDS = 10_000;
/** A minute of signing, at least. */
const RECORD_MILLISECONDS = 60_000;
const PERCENTS = [50, 90, 99, 99.9];

export const latency: Row = {
  name: "latency",
  title: `issued → signed → in a checkpoint, at ${PER_SECOND} tickets/s through GraphQL`,
  expectedSeconds: { full: 120, quick: 6 },
  run,
};

interface Round extends HttpResult {
  /** From the moment that a ticket was issued until a checkpoint over it was seen, in milliseconds. */
  readonly sinceIssuedToCheckpoint: Float64Array;
}

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_latency");
  const issueSteadily = await startSteadyClients(
    bench,
    press,
    `{ ticket { rowId } envelope(waitMilliseconds: ${WAIT_MILLISECONDS}) }`,
  );
  await press.startWorker();
  const reader = startProcess<CheckpointReader>(bench, "checkpointReader");
  await reader.ask("start", { url: press.url() });

  const rounds = await inRounds(bench, async (milliseconds): Promise<Round> => {
    const { slug, ...result } = await issueSteadily(milliseconds);
    const places = await recordedPlaces(press, slug, result.acknowledged.size);
    return { ...result, sinceIssuedToCheckpoint: untilSeen(places, await reader.ask("seen")) };
  });
  return resultOf(rounds);
}

/** What clients at a fixed rate were given. */
export interface Steady extends HttpResult {
  /** The edition in which they asked. */
  readonly slug: string;
}

/**
 * A gateway, and clients who ask it for a fixed number of tickets a second, in a new edition each time that they are asked to, and hold what
 * they were given to the laws.
 *
 * @param selection what they ask of a ticket, in GraphQL
 */
export async function startSteadyClients(
  bench: Bench,
  press: BenchPress,
  selection: string,
): Promise<(milliseconds: number) => Promise<Steady>> {
  const { url, tokens } = await startGateway(bench, press, CLIENTS);
  const clients = startProcess<HttpClients>(bench, "httpClients");
  return async (milliseconds) => {
    const [slug] = (await press.openEditions(1, 1_000_000)) as [string];
    const templates = tokens.map((token) => issueTicketTemplate(token, slug, selection));
    await bench.server.checkpoint();
    const result = await clients.ask("run", { url, templates, milliseconds, perSecond: PER_SECOND });
    await press.check([slug], result.acknowledged);
    return { ...result, slug };
  };
}

/** What came of each round, after one to warm up. */
export async function inRounds<Result>(
  { rounds: { count }, progress, isQuick }: Bench,
  run: (milliseconds: number) => Promise<Result>,
): Promise<Result[]> {
  progress.steps(count + 1);
  progress.step("warming up");
  await run(isQuick ? 500 : 5_000);
  const results: Result[] = [];
  for (let round = 1; round <= count; round += 1) {
    progress.step(`round ${round} of ${count}`);
    results.push(await run(isQuick ? 1_000 : MILLISECONDS));
  }
  return results;
}

/** A ticket's place in the ledger, and when it was issued, in milliseconds since 1970. */
interface Place {
  readonly place: number;
  readonly issued_at: number;
}

/** Waits until every ticket of the edition is under a checkpoint. */
export async function recordedPlaces(press: BenchPress, slug: string, count: number): Promise<Place[]> {
  const until = performance.now() + RECORD_MILLISECONDS;
  for (;;) {
    const places = await press.query<Place>(
      `select l.place::float8 as place, (extract(epoch from t.issued_at) * 1000)::float8 as issued_at
       from press.editions e join press.tickets t on t.edition_id = e.id
       join press.ledger_entries l on l.edition_id = t.edition_id and l.ticket_number = t.ticket_number and l.type = 'ticket.issued'
       where e.slug = $1 and l.place < (select max(tree_size) from press.checkpoints)`,
      [slug],
    );
    if (places.length === count) return places;
    if (performance.now() > until) throw new Error(`${count - places.length} tickets are in no checkpoint.`);
    await sleep(100);
  }
}

function untilSeen(places: readonly Place[], { sizes, times }: Seen): Float64Array {
  return Float64Array.from(places, ({ place, issued_at: issuedAt }) => {
    const first = sizes.findIndex((size) => size > place);
    return (times[first] ?? Number.POSITIVE_INFINITY) - issuedAt;
  });
}

function resultOf(rounds: readonly Round[]): RowResult {
  const recordings = {
    "issued → in a published checkpoint": rounds.map(({ sinceIssuedToCheckpoint }) => sinceIssuedToCheckpoint),
    "issued → envelope in the client's hands": rounds.map(({ sinceIssued }) => sinceIssued),
    "asked → envelope in the client's hands": rounds.map(({ times }) => times),
  };
  const [recorded, ...others] = Object.keys(recordings) as [keyof typeof recordings, ...(keyof typeof recordings)[]];
  const at = (name: keyof typeof recordings, percent: number) => percentile(joined(recordings[name]), percent);
  const figure = (name: keyof typeof recordings) => ({
    what: `${name}, p99 at ${PER_SECOND} tickets/s`,
    ours: `p50 ${readable(at(name, 50))} ms, p99 ${readable(at(name, 99))} ms, p99.9 ${readable(at(name, 99.9))} ms`,
    value: spreadOf(recordings[name].map((times) => percentile(times, 99))),
    unit: "ms" as const,
  });
  const tickets = rounds.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  return {
    figures: [{ ...figure(recorded), goal: { better: "lower", first: 1_000, far: 250 } }, ...others.map(figure)],
    charts: {
      latency: {
        title: `Latency at ${PER_SECOND} tickets a second`,
        description:
          "Milliseconds by percentile: until the envelope is in the client's hands, and until a checkpoint over the ticket is there for everybody.",
        x: {
          label: "percentile",
          scale: "log",
          ticks: PERCENTS.map((percent) => ({ at: rarity(percent), text: `p${percent}` })),
        },
        y: { label: "milliseconds" },
        series: Object.keys(recordings).map((name) => ({
          name,
          points: PERCENTS.map((percent) => ({
            x: rarity(percent),
            ...spreadOf(recordings[name as keyof typeof recordings].map((times) => percentile(times, percent))),
          })),
        })),
      },
    },
    notes: [
      `${readable(tickets)} tickets in ${rounds.length} rounds, each asked for when it was due whether the earlier ones were answered or not, so that a stall is counted for everybody whom it would have met.`,
      "A checkpoint counts when somebody who reads the ledger has seen it: signed, kept in its store, published, committed.",
      "One round trip brings the ticket and its envelope. When it was issued is what the envelope itself says: the clock of the database, on the same machine.",
      "Exact recordings, no buckets. The value of the table is the median of the rounds' p99.",
    ],
  };
}

/** How rare it is to be beyond a percentile: one in so many. Percentiles are equally far apart by their nines. */
function rarity(percent: number): number {
  return 100 / (100 - percent);
}
