import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../harness/children.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { missingNats, startNats } from "../peers/nats.ts";
import type { EventReader } from "../processes/eventReader.ts";
import type { PlainPublisher } from "../processes/plainPublisher.ts";
import type { WorkerProcess } from "../processes/worker.ts";
import { FILL_INBOX } from "./ledger.ts";

const EVENTS = 50_000;
const QUICK_EVENTS = 2_000;
const WAIT_MILLISECONDS = 60_000;
const LOOK_MILLISECONDS = 50;
const WORKER = "a worker";
const PLAIN = "the same bytes from memory";

export const events: Row = {
  name: "events",
  title: "events published to NATS JetStream when the broker is back, against the same bytes from memory",
  expectedSeconds: { full: 120, quick: 5 },
  skipReason: missingNats,
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const { options, source } = await startNats(bench);
  const press = await BenchPress.open(bench, "bench_events");
  const size = await fillLedger(press, bench.isQuick ? QUICK_EVENTS : EVENTS);
  const plain = startProcess<PlainPublisher>(bench, "plainPublisher");
  const { origin, databaseUrl } = press.worker;
  const expected = await plain.ask("load", { databaseUrl, origin, prefix: options.prefix, size });
  const reader = startProcess<EventReader>(bench, "eventReader");

  const timed = (publish: () => Promise<Child<WorkerProcess> | undefined>) => async () => {
    await plain.ask("deleteStream", options);
    const worker = await publish();
    const rate = await reader.ask("follow", { ...source, size });
    await worker?.stop();
    if ((await reader.ask("digest", { ...source, size })) !== expected)
      throw new Error("The stream is not what the ledger says.");
    return rate;
  };
  const rates = await interleave(bench, {
    [WORKER]: timed(() => press.startWorker({ events: options })),
    [PLAIN]: timed(async () => {
      await plain.ask("publish", options);
      return undefined;
    }),
  });
  const ours = rates.text(WORKER, "events/s");
  return {
    figures: [
      {
        what: "events published per second when the broker is back",
        ours,
        value: rates.spread(WORKER),
        unit: "events/s",
        goal: { better: "higher", first: 5_000, far: 16_000 },
      },
      {
        what: "the same, against the same bytes from memory",
        ours,
        peer: rates.text(PLAIN, "events/s"),
        value: rates.ratio(WORKER, PLAIN),
        unit: "×",
      },
    ],
    tables: [rates.table("events/s until the stream has them all")],
    notes: [
      `${readable(size)} entries of the ledger into an empty stream, from the first until the last, by the broker's clock. The peer publishes with the same client, under the same subjects and expectations, with as many events under way. After every run the whole stream is read, and is what the ledger says, byte for byte.`,
      "The broker is as it comes: it acknowledges what it has written, and syncs later. What it loses by that, the press publishes again.",
    ],
  };
}

/** Gives an empty ledger so many entries, under a checkpoint; returns its size, which is larger by the keys. */
async function fillLedger(press: BenchPress, entries: number): Promise<number> {
  await press.query(FILL_INBOX, [0, entries]);
  const worker = await press.startWorker();
  const until = performance.now() + WAIT_MILLISECONDS;
  for (;;) {
    const [row] = await press.query<{ size: number | null }>(
      `select max(c.tree_size)::float8 as size from press.checkpoints c, press_private.ledger_head h
       where c.tree_size = h.tree_size and not exists (select from press_private.ledger_inbox)`,
    );
    if ((row?.size ?? 0) > entries) {
      await worker.stop();
      return row?.size ?? 0;
    }
    if (performance.now() > until) throw new Error("The worker gives the entries no places.");
    await sleep(LOOK_MILLISECONDS);
  }
}
