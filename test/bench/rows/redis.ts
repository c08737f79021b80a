import { BenchPress, callersName, perSecond, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { missingRedisPrograms, Redis } from "../peers/redis.ts";
import type { RedisClients } from "../processes/redisClients.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";

const CLIENTS = 64;
const CALLERS = [1, 2, 4];
const BATCH_SIZE = 1000;
const BY_NODE = `Redis, ${CLIENTS} clients in node`;
const BY_BENCHMARK = `Redis, redis-benchmark with ${CLIENTS} clients`;
const KNOWN_HOLDERS = 400_000;
/** What Redis is asked for at first, to learn how many requests fill the time of a run. */
const PROBE_REQUESTS = 5_000;

export const redis: Row = {
  name: "redis",
  title: "the same against a Redis Lua counter that syncs before it answers",
  expectedSeconds: { full: 110, quick: 6 },
  skipReason() {
    const missing = missingRedisPrograms();
    return missing.length === 0 ? undefined : `${missing.join(", ")} not found: apt-get install redis-server`;
  },
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_redis");
  const callers = startProcess<SqlCallers>(bench, "sqlCallers");
  await press.makeHolders(bench.isQuick ? 20_000 : KNOWN_HOLDERS);
  const clients = startProcess<RedisClients>(bench, "redisClients");
  const server = await Redis.start(bench.server.home);
  bench.onEnd(() => server.stop());

  const issueByNode = async () => {
    const edition = server.newEdition();
    const milliseconds = bench.rounds.milliseconds;
    const result = await clients.ask("issue", { port: server.port, clients: CLIENTS, milliseconds, ...edition });
    const granted = await server.requireComplete(edition.keys);
    if (granted !== result.granted)
      throw new Error(`Redis said ${result.granted} times yes, and has ${granted} tickets.`);
    return perSecond(result);
  };
  let requests = PROBE_REQUESTS;
  const issueByBenchmark = async () => {
    const rate = await server.benchmark(CLIENTS, requests);
    requests = Math.max(Math.round(rate * (bench.rounds.milliseconds / 1000)), 1000);
    return rate;
  };
  await issueByBenchmark();
  const issuing = (count: number) => async () =>
    press.issue(callers, { slugs: await press.openEditions(1, 1), callers: count, batchSize: BATCH_SIZE });
  const ours = Object.fromEntries(CALLERS.map((count) => [callersName(count, BATCH_SIZE), issuing(count)]));
  const rates = await interleave(bench, { ...ours, [BY_NODE]: issueByNode, [BY_BENCHMARK]: issueByBenchmark });
  const best = rates.best(Object.keys(ours));
  return {
    figures: [BY_NODE, BY_BENCHMARK].map((peer) => ({
      what: `issuing in one edition, against a Redis Lua counter with appendfsync always, ${peer === BY_NODE ? "asked from node" : "asked by redis-benchmark"}`,
      ours: `${rates.text(best, "tickets/s")} (${best})`,
      peer: `${rates.text(peer, "tickets/s")} (${peer})`,
      value: rates.ratio(best, peer),
      unit: "×" as const,
      goal: { better: "higher" as const, first: 1, far: 1.2 },
    })),
    tables: [rates.table("tickets/s in one edition")],
    notes: [
      `Redis ${await server.version()}; the script checks the cap and the limit of the holder and records number, holder and key. No client pipelines. From node it is asked as a service would ask it, and the clients cost more than Redis; redis-benchmark, in C, shows what Redis could serve on this machine. It checks no identity, no window and no repeated key, and keeps no second index.`,
    ],
  };
}
