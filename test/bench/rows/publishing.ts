import { Client, fundPool, publishedPayloads, type SignedRecord } from "../../chain/client.ts";
import { RegtestNode } from "../../chain/regtestNode.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress } from "../harness/press.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { median, spreadOf } from "../harness/statistics.ts";

const RECORDS = 500;
const QUICK_RECORDS = 20;
const WINDOW_MILLISECONDS = 1_000;

export const publishing: Row = {
  name: "publishing",
  title: "records on the public chain: from the first claim of a coin until the node has taken the last transaction",
  expectedSeconds: { full: 70, quick: 15 },
  run,
};

interface Round {
  readonly milliseconds: number;
  readonly transactions: number;
}

async function run(bench: Bench): Promise<RowResult> {
  const records = bench.isQuick ? QUICK_RECORDS : RECORDS;
  const node = await RegtestNode.start();
  bench.onEnd(() => node.stop());
  const alone = await measure(bench, "bench_publishing", node, records, 0);
  const together = await measure(bench, "bench_publishing_window", node, records, WINDOW_MILLISECONDS);
  const milliseconds = (rounds: readonly Round[]) => spreadOf(rounds.map((round) => round.milliseconds));
  return {
    figures: [
      {
        what: `${records} records, each in a transaction of its own`,
        ours: `${readable((1_000 * records) / milliseconds(alone).median)} transactions/s`,
        value: milliseconds(alone),
        unit: "ms",
        goal: { better: "lower", first: 3_000, far: 1_500 },
      },
      {
        what: `the same with a window of ${WINDOW_MILLISECONDS} ms, in ${readable(median(together.map(({ transactions }) => transactions)))} transactions`,
        ours: `${readable((1_000 * records) / milliseconds(together).median)} records/s`,
        value: milliseconds(together),
        unit: "ms",
      },
    ],
    notes: [
      "One worker: claims coins, verifies each record, signs, stores, sends, and has what became of it written down. The node is bcash with all its arithmetic in JavaScript, on the same machine: it verifies each signature too.",
      "By the clock of the database. With a window the time begins when it is over.",
    ],
  };
}

/** Checks after each round that the node has each record once, and mines. */
async function measure(
  bench: Bench,
  database: string,
  node: RegtestNode,
  count: number,
  windowMilliseconds: number,
): Promise<Round[]> {
  const press = await BenchPress.open(bench, database);
  const worker = await press.startWorker({ chain: { nodeUrl: node.url, windowMilliseconds } });
  const rounds = bench.rounds.count + bench.rounds.warmUps;
  const client = new Client();
  await until(
    async () => (await press.query<{ name: string | null }>("select press_private.ledger_origin() as name"))[0]?.name,
  );
  await press.session(async (session) => {
    await client.register(session, "holder-1");
    await fundPool(session, node, 1_000, count * rounds);
  });
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const records = Array.from({ length: count }, (_, index) => client.record({ index, text: "x".repeat(100) }));
    measured.push(await publish(press, client, records));
    await requireOnce(node, records);
    await node.mine();
    const unmined = "select from press.chain_transactions where state <> 'mined' limit 1";
    await until(async () => (await press.query(unmined)).length === 0);
  }
  await worker.stop();
  return measured.slice(bench.rounds.warmUps);
}

async function publish(press: BenchPress, client: Client, records: readonly SignedRecord[]): Promise<Round> {
  const [before] = await press.query<{ id: string }>("select coalesce(max(id), 0) as id from press.chain_transactions");
  await press.session((session) => client.submit(session, records));
  await until(
    async () => (await press.query("select from press.publications where state <> 'sent' limit 1")).length === 0,
  );
  const [row] = await press.query<{ milliseconds: number; transactions: number }>(
    `select extract(epoch from max(accepted_at) - min(created_at))::float8 * 1000 as milliseconds, count(*)::integer as transactions
     from press.chain_transactions where id > $1`,
    [before?.id],
  );
  if (row === undefined) throw new Error("Nothing was published.");
  return row;
}

async function requireOnce(node: RegtestNode, records: readonly SignedRecord[]): Promise<void> {
  const transactions = await Promise.all((await node.mempool()).map((txid) => node.transaction(txid)));
  const published = publishedPayloads(transactions.filter((transaction) => transaction !== undefined));
  const wrong = records.filter(({ payload }) => published.get(payload)?.length !== 1);
  if (wrong.length > 0) throw new Error(`${wrong.length} records are not in the node's memory, once.`);
}

/** Asks seldom: it would take time from what is measured. */
async function until(condition: () => Promise<unknown>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100));
}
