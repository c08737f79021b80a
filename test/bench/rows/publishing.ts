import { Client, fundPool, publishedPayloads, type SignedRecord } from "../../chain/client.ts";
import { RegtestNode } from "../../chain/regtestNode.ts";
import { wallet } from "../../worker/chain/chainOptions.ts";
import type { Child } from "../harness/children.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { median, ratiosOf, spreadOf } from "../harness/statistics.ts";
import type { BareSender } from "../processes/bareSender.ts";

const RECORDS = 500;
const QUICK_RECORDS = 20;
const WINDOW_MILLISECONDS = 1_000;
const SATOSHIS = 1_000;

export const publishing: Row = {
  name: "publishing",
  title:
    "records on the public chain: from the submission of all of them until the node has taken the last transaction",
  expectedSeconds: { full: 200, quick: 25 },
  run,
};

interface Round {
  readonly milliseconds: number;
  readonly transactions: number;
  /** Of the peer in the same round; 0 where there is none. */
  readonly bareMilliseconds: number;
}

interface Chain {
  readonly node: RegtestNode;
  readonly sender: Child<BareSender>;
}

async function run(bench: Bench): Promise<RowResult> {
  const records = bench.isQuick ? QUICK_RECORDS : RECORDS;
  const node = await RegtestNode.start();
  bench.onEnd(() => node.stop());
  const chain = { node, sender: startProcess<BareSender>(bench, "bareSender") };
  const alone = await measure(bench, "bench_publishing", chain, records, 0);
  const together = await measure(bench, "bench_publishing_window", chain, records, WINDOW_MILLISECONDS);
  const milliseconds = (rounds: readonly Round[]) => rounds.map((round) => round.milliseconds);
  const bare = alone.map(({ bareMilliseconds }) => bareMilliseconds);
  const rate = (rounds: readonly number[]) => readable((1_000 * records) / median(rounds));
  const transactions = (rounds: readonly Round[]) => readable(median(rounds.map((round) => round.transactions)));
  return {
    figures: [
      {
        what: `${records} records, in ${transactions(alone)} transactions`,
        ours: `${rate(milliseconds(alone))} transactions/s`,
        value: spreadOf(milliseconds(alone)),
        unit: "ms",
        goal: { better: "lower", first: 3_000, far: 1_500 },
      },
      {
        what: "its time, against signing and sending them from memory",
        ours: `${readable(median(milliseconds(alone)))} ms`,
        peer: `${readable(median(bare))} ms`,
        value: spreadOf(ratiosOf(milliseconds(alone), bare)),
        unit: "×",
      },
      {
        what: `${records} records within a window of ${WINDOW_MILLISECONDS} ms, in ${transactions(together)} transactions`,
        ours: `${rate(milliseconds(together))} records/s`,
        value: spreadOf(milliseconds(together)),
        unit: "ms",
      },
    ],
    notes: [
      "One worker: claims coins, verifies each record, builds, signs, stores, sends, and has what became of it written down, each record once; its ledger grows meanwhile. The time begins with the commit of the statement that submits all records, and ends when the last transaction is recorded as taken, by the clock of the database; a window is part of it.",
      "The peer has the same records and coins of its own, and builds, signs and sends with the same functions, in the same requests, to the same node. It verifies, stores and records nothing.",
      "The node is bcash, on the same machine and in a process of its own: JavaScript, but for the signatures of transactions, which OpenSSL verifies. Node, worker, PostgreSQL and whoever looks on share its cores.",
      "After each round the node has each record once, and then a block has all of them, with a Merkle path each to the root in its header.",
    ],
  };
}

/** Checks after each round that the node has each record once, and mines. */
async function measure(
  bench: Bench,
  database: string,
  { node, sender }: Chain,
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
    await fundPool(session, node, SATOSHIS, count * rounds);
  });
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const records = makeRecords(client, count);
    const sendBare = async () => (windowMilliseconds === 0 ? measureBare(node, sender, client, count) : 0);
    const isFirst = round % 2 === 0;
    const before = isFirst ? await sendBare() : 0;
    const ours = await publish(press, client, records);
    await requireOnce(node, records);
    measured.push({ ...ours, bareMilliseconds: isFirst ? before : await sendBare() });
    await node.mine();
    const unmined = "select from press.chain_transactions where state <> 'mined' limit 1";
    await until(async () => (await press.query(unmined)).length === 0);
    const unproved = await press.query("select from press.chain_transactions where merkle_hashes is null limit 1");
    if (unproved.length > 0) throw new Error("A transaction is in a block, and its Merkle path is not there.");
  }
  await worker.stop();
  return measured.slice(bench.rounds.warmUps);
}

function makeRecords(client: Client, count: number): SignedRecord[] {
  return Array.from({ length: count }, (_, index) => client.record({ index, text: "x".repeat(100) }));
}

async function measureBare(
  node: RegtestNode,
  sender: Child<BareSender>,
  client: Client,
  count: number,
): Promise<number> {
  const coins = await node.fund(wallet.script, SATOSHIS, count);
  const milliseconds = await sender.ask("send", { nodeUrl: node.url, coins, records: makeRecords(client, count) });
  await node.mine();
  return milliseconds;
}

async function publish(
  press: BenchPress,
  client: Client,
  records: readonly SignedRecord[],
): Promise<Pick<Round, "milliseconds" | "transactions">> {
  const [before] = await press.query<{ id: string }>("select coalesce(max(id), 0) as id from press.chain_transactions");
  const since = await press.session(async (session) => {
    await session.query("begin");
    await client.submit(session, records);
    const { rows } = await session.query<{ now: string }>("select clock_timestamp()::text as now");
    await session.query("commit");
    return rows[0]?.now;
  });
  await until(
    async () => (await press.query("select from press.publications where state <> 'sent' limit 1")).length === 0,
  );
  const [row] = await press.query<{ milliseconds: number; transactions: number }>(
    `select extract(epoch from max(accepted_at) - $2::timestamptz)::float8 * 1000 as milliseconds, count(*)::integer as transactions
     from press.chain_transactions where id > $1`,
    [before?.id, since],
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
