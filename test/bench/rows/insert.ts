import { BenchPress, callersName, startProcess } from "../harness/press.ts";
import { type Contestant, interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";
import { makePlainInserts, PLAIN_CLIENTS } from "./plainInserts.ts";

const BATCH_SIZES = [1, 10, 100, 1000];
const CALLERS = [1, 2, 4];
const KNOWN_HOLDERS = 400_000;

export const insert: Row = {
  name: "insert",
  title: "issuing in one contended edition, in batches, against plain single-row INSERTs",
  expectedSeconds: { full: 330, quick: 8 },
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_insert");
  const callers = startProcess<SqlCallers>(bench, "sqlCallers");
  await press.makeHolders(bench.isQuick ? 20_000 : KNOWN_HOLDERS);

  const issuing = (count: number, batchSize: number, holderPrefix?: string): Contestant => {
    return async () => {
      const slugs = await press.openEditions(1, 1);
      const prefix = holderPrefix === undefined ? {} : { holderPrefix: `${slugs[0]} ${holderPrefix}` };
      return press.issue(callers, { slugs, callers: count, batchSize, ...prefix });
    };
  };
  const ours = Object.fromEntries(
    CALLERS.flatMap((count) => BATCH_SIZES.map((size) => [callersName(count, size), issuing(count, size)])),
  );
  const newcomers = { [NEWCOMERS]: issuing(2, 1000, "newcomer-") };
  const plain = await makePlainInserts(bench, press, callers);
  const rates = await interleave(bench, { ...ours, ...newcomers, ...plain });

  const best = rates.best(Object.keys(ours));
  const peer = rates.best(Object.keys(plain));
  const figure = (what: string, name: string) => ({
    what,
    ours: `${rates.text(name, "tickets/s")} (${name})`,
    peer: `${rates.text(peer, "rows/s")} (${peer})`,
    value: rates.ratio(name, peer),
    unit: "×" as const,
  });
  return {
    figures: [
      {
        ...figure("issuing in one edition, against plain INSERTs", best),
        goal: { better: "higher", first: 0.7, far: 1 },
      },
      figure("the same when every ticket is a new holder's first", NEWCOMERS),
    ],
    tables: [rates.table("tickets/s in one edition, by callers and requests in a batch")],
    charts: {
      insert: {
        title: "Issuing in one contended edition",
        description:
          "Tickets a second by the number of requests in a batch, with 1, 2 and 4 callers, against plain INSERTs.",
        x: { label: "requests in a batch", scale: "log" },
        y: { label: "tickets a second" },
        series: [
          ...CALLERS.map((count) => ({
            name: count === 1 ? "1 caller" : `${count} callers`,
            points: BATCH_SIZES.map((size) => ({ x: size, ...rates.spread(callersName(count, size)) })),
          })),
          {
            name: `plain INSERTs, ${PLAIN_CLIENTS} clients`,
            points: BATCH_SIZES.map((size) => ({ x: size, ...rates.spread(peer) })),
          },
        ],
      },
    },
    notes: [
      `Every request has a holder and a request key of its own, and asks for one ticket; the limit per holder is 1. The holders are known (${NEWCOMERS}: they are not, and are made by the same call).`,
      `The plain INSERTs are prepared statements of ${PLAIN_CLIENTS} clients into a table with the primary key of tickets and nothing else; the faster client is the peer.`,
    ],
  };
}

const NEWCOMERS = "2 callers × 1000, newcomers";
