/**
 * An hour of mixed load with random faults, or as long as it is told: a press of its own, clients who write down what they were told, faults by a seed, and in the end
 * every word that was given is held against what there is.
 */
import { execFile } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { fundPool } from "../chain/client.ts";
import { Looking } from "../invariants.ts";
import { Dice } from "./dice.ts";
import { EndurancePress } from "./endurancePress.ts";
import { judgeChain, judgeCredentials, judgeStream, readFacts } from "./facts.ts";
import { type Begun, FAULTS, type Fault } from "./faults.ts";
import type { Finding } from "./history.ts";
import { judge } from "./judge.ts";
import { Load } from "./load.ts";
import { Recoveries } from "./recoveries.ts";
import { CheckpointMonitor, EventStreamReader, SubscriptionReader } from "./witness.ts";

export interface EnduranceOptions {
  /** How long load and faults go on; what comes after is as long as it takes. */
  readonly seconds: number;
  readonly seed: number;
  /** Requests a second. */
  readonly rate: number;
  /** What may go wrong; all of {@link FAULTS} unless it is said. */
  readonly faults?: readonly Fault[];
  /** How long anything may take, at most, to work again once everything is healed; ten seconds unless it is said. */
  readonly aliveSeconds?: number;
  readonly print: (line: string) => void;
}

/** What a run has shown. */
export interface EnduranceReport {
  readonly findings: readonly Finding[];
  readonly load: Load;
  readonly faults: ReadonlyMap<string, number>;
  readonly recoveries: Recoveries;
  readonly looks: number;
  readonly checkpoints: number;
  readonly events: number;
  readonly heldSeconds: number;
  /** Where everything is kept; undefined: nothing was found, and nothing is kept. */
  readonly kept: string | undefined;
}

const execute = promisify(execFile);
const PRESS = join(import.meta.dirname, "..", "..", "press.ts");
const FAULTS_AT_ONCE_MAX = 3;
const ALIVE_SECONDS = 10;
/** How long a reader may take to notice that its connection is none any more, and to read what it has not. */
const READERS_MILLISECONDS = 60_000;
const PROGRESS_MILLISECONDS = 10_000;
const MINE_MILLISECONDS = 3_000;
const COINS_LEAST = 40;
const COIN_SATOSHIS = 1_000;
/** What a publisher had in hand when it died waits for as long as its claims last, 90 seconds or five minutes: it is waited for in the end. */
const OF_THE_CHAIN = "^press\\.(publications|chain_transactions) ";
/** Longer than a claim of a publisher that died between claiming coins and storing what it made of them. */
const DRAIN_MILLISECONDS = 400_000;

/** Runs it all, and leaves nothing behind where nothing was found. */
export async function endure(options: EnduranceOptions): Promise<EnduranceReport> {
  const { seconds, seed, rate, print } = options;
  print(`seed ${seed}: ${seconds} s, ${rate} requests a second`);
  const press = await EndurancePress.start();
  const run = new Run(press, options);
  let isKept = true;
  try {
    const report = await run.run();
    isKept = report.findings.length > 0;
    if (isKept) await run.keep(report.findings);
    return { ...report, kept: isKept ? press.folder : undefined };
  } finally {
    await press.stop();
    if (isKept) print(`The logs of all processes are in ${press.logFolder}.`);
    else await press.remove();
  }
}

class Run {
  readonly #press: EndurancePress;
  readonly #options: EnduranceOptions;
  readonly #load: Load;
  #rounds = 0;
  readonly #readers: readonly (EventStreamReader | SubscriptionReader)[];
  readonly #reference: EventStreamReader;
  readonly #monitor: CheckpointMonitor;
  readonly #recoveries: Recoveries;
  readonly #faults = new Map<string, number>();
  readonly #findings: Finding[] = [];
  #began = 0;

  constructor(press: EndurancePress, options: EnduranceOptions) {
    this.#press = press;
    this.#options = options;
    this.#load = new Load(press, options);
    this.#recoveries = new Recoveries(1_000 * (options.aliveSeconds ?? ALIVE_SECONDS));
    const urls = press.gateways.map((_, index) => press.gatewayUrl(index));
    this.#reference = new EventStreamReader("the first reader of events", urls);
    this.#readers = [
      this.#reference,
      new EventStreamReader("the second reader of events", urls.toReversed()),
      new SubscriptionReader("the subscriber", urls),
    ];
    this.#monitor = new CheckpointMonitor(
      press.gateways.map((_, index) => press.directGatewayUrl(index)),
      () => press.vkeys,
    );
  }

  async run(): Promise<Omit<EnduranceReport, "kept">> {
    const { print, seconds } = this.#options;
    await this.#load.prepare();
    await this.#fund();
    const looking = new Looking(this.#press.database, { pauseMilliseconds: 1_000 });
    for (const witness of [...this.#readers, this.#monitor]) witness.start();
    const chain = this.#keepChainGoing();
    this.#began = performance.now();
    this.#load.start();
    const progress = setInterval(() => print(this.#progress()), PROGRESS_MILLISECONDS);
    try {
      while (this.#elapsed() < seconds * 1_000) await this.#round();
    } finally {
      clearInterval(progress);
    }
    const heldSeconds = this.#elapsed() / 1_000;
    print(`${this.#at()}  the load ends`);
    await this.#load.stop();
    await this.#load.requests.resolve();
    await this.#drain();
    await this.#load.requests.resolve();
    await this.#drain();
    await this.#monitor.stop();
    const events = await this.#untilReadersHaveAll();
    await chain.stop();
    const seen = await looking.end();
    this.#findings.push(
      ...seen.found.map((broken) => ({ what: "invariant", detail: JSON.stringify(broken) }) as const),
    );
    for (const reader of this.#readers) await reader.stop();
    const { operations, replays } = this.#load.requests;
    const checkpoints = this.#monitor.compare(this.#reference.roots);
    for (const { findings } of [...this.#readers, this.#monitor, this.#load.requests]) this.#findings.push(...findings);
    this.#findings.push(...judge(operations, replays, await readFacts(this.#press, operations)));
    this.#findings.push(...(await judgeChain(this.#press)), ...(await judgeCredentials(this.#press, operations)));
    if (this.#press.nats !== undefined) this.#findings.push(...(await judgeStream(this.#press, events)));
    await this.#audit();
    for (const { deaths } of this.#press.processes)
      this.#findings.push(...deaths.map((detail) => ({ what: "process", detail }) as const));
    this.#findings.push(...this.#recoveries.findings);
    await this.#load.doors.close();
    return {
      findings: this.#findings,
      load: this.#load,
      faults: this.#faults,
      recoveries: this.#recoveries,
      looks: seen.count,
      checkpoints,
      events,
      heldSeconds,
    };
  }

  /** Writes down what clients asked for and were told, for whoever looks for the cause. */
  async keep(findings: readonly Finding[]): Promise<void> {
    const lines = [...findings, ...this.#load.requests.operations, ...this.#load.requests.replays].map(
      (item) => `${JSON.stringify(item)}\n`,
    );
    for (let first = 0; first < lines.length; first += 10_000)
      await appendFile(join(this.#press.logFolder, "history.jsonl"), lines.slice(first, first + 10_000).join(""));
  }

  /** Calm, then one to three faults at once, then healing, and then everything has to work again, soon. */
  async #round(): Promise<void> {
    const { seed, faults = FAULTS, print } = this.#options;
    const round = ++this.#rounds;
    // Each fault throws dice of its own: where one cannot begin this time, the others are the same.
    const dice = new Dice(seed, `round ${round}`);
    await sleep(dice.between(1_000, 4_000));
    const weights = new Map(faults.map((fault) => [fault, fault.weight]));
    const chosen = Array.from({ length: dice.between(1, FAULTS_AT_ONCE_MAX) }, () => dice.weighted(weights));
    const least = Math.max(1_000, ...chosen.map(({ leastMilliseconds = 0 }) => leastMilliseconds));
    const holdMilliseconds = dice.between(least, least + 5_000);
    const taken = new Set<string>();
    const begun: Begun[] = [];
    for (const [index, fault] of chosen.entries()) {
      const stage = {
        press: this.#press,
        load: this.#load,
        dice: new Dice(seed, `round ${round} fault ${index}`),
        taken,
      };
      // A database that is away may not even be asked for what there is to break.
      const one = await fault.begin(stage).catch(() => undefined);
      if (one === undefined) continue;
      begun.push(one);
      this.#faults.set(fault.name, (this.#faults.get(fault.name) ?? 0) + 1);
      print(`${this.#at()}  ${fault.name}${one.detail === "" ? "" : `: ${one.detail}`}`);
      await sleep(dice.between(0, 500));
    }
    if (begun.length === 0) return;
    await sleep(holdMilliseconds);
    await Promise.all(begun.map(({ heal }) => heal()));
    await this.#checkLiveness();
  }

  async #checkLiveness(): Promise<void> {
    const healedAt = performance.now();
    const superuser = this.#press.database.pool("superuser");
    const size = async () =>
      Number(
        (await superuser.query("select coalesce(max(place) + 1, 0) as size from press.ledger_entries")).rows[0]?.size,
      );
    const sizeThen = await size().catch(() => 0);
    const probes = new Map(this.#load.probes);
    probes.set("readers of events have them", () =>
      until(async () => this.#readers.every(({ tree }) => tree.size >= sizeThen)),
    );
    if (this.#press.nats !== undefined)
      probes.set("NATS has the events", () => until(async () => ((await this.#press.streamSize()) ?? 0) >= sizeThen));
    probes.set("nothing waits from before", () =>
      until(async () => {
        const waited = Math.ceil((performance.now() - healedAt) / 1_000) + 1;
        const { rows } = await superuser.query("select from press_private.audit_waiting($1) where subject !~ $2", [
          waited,
          OF_THE_CHAIN,
        ]);
        return rows.length === 0;
      }),
    );
    const slowest = await this.#recoveries.measure(probes, healedAt);
    this.#options.print(
      `${this.#at()}  healed; the last to work again was ${slowest.name}, after ${(slowest.milliseconds / 1_000).toFixed(1)} s`,
    );
  }

  /** Mines, and pays the wallet, as others would. */
  #keepChainGoing(): { stop(): Promise<void> } {
    let isOver = false;
    const running = (async () => {
      while (!isOver) {
        await this.#press.node.mine().catch(() => undefined);
        await this.#fund().catch(() => undefined);
        await sleep(MINE_MILLISECONDS);
      }
    })();
    return {
      stop() {
        isOver = true;
        return running;
      },
    };
  }

  /** What is left of coins that were spent again and again pays for nothing, so it does not count. */
  async #fund(): Promise<void> {
    const operator = this.#press.database.pool("operator");
    const { rowCount } = await this.#press.database
      .pool("superuser")
      .query("select from press.utxos where state = 'available' and satoshis >= $1", [COIN_SATOSHIS / 2]);
    if ((rowCount ?? 0) < COINS_LEAST) await fundPool(operator, this.#press.node, COIN_SATOSHIS, COINS_LEAST);
  }

  /** Until everything that was begun is done. */
  async #drain(): Promise<void> {
    const began = performance.now();
    const text = `select (select count(*) from press.tickets where status = 'pending') as tickets,
      (select count(*) from press_private.ledger_inbox) as entries,
      (select coalesce(max(place) + 1, 0) from press.ledger_entries) - (select coalesce(max(tree_size), 0) from press.checkpoints) as uncovered,
      (select count(*) from press.draws where status = 'requested') as draws, (select count(*) from press.credentials where status = 'pending') as credentials,
      (select count(*) from press.attestations where status = 'submitted') as attestations,
      (select count(*) from press.publications where state in ('queued', 'processing', 'unknown')) as publications,
      (select count(*) from press.chain_transactions where state in ('reserved', 'sending', 'unknown', 'accepted')) as transactions`;
    for (;;) {
      const { rows } = await this.#press.database.pool("superuser").query<Record<string, string>>(text);
      const waiting = Object.entries(rows[0] ?? {}).filter(([, count]) => count !== "0");
      if (waiting.length === 0) return;
      if (performance.now() - began > DRAIN_MILLISECONDS) {
        this.#findings.push({
          what: "not alive",
          detail: `In the end there wait ${waiting.map(([name, count]) => `${count} ${name}`).join(", ")}.`,
        });
        return;
      }
      await sleep(200);
    }
  }

  /** How many there are. */
  async #untilReadersHaveAll(): Promise<number> {
    const began = performance.now();
    for (;;) {
      const { rows } = await this.#press.database
        .pool("superuser")
        .query<{ size: string }>("select max(tree_size) as size from press.checkpoints");
      const size = Number(rows[0]?.size ?? 0);
      const missing = this.#readers.filter(({ tree }) => tree.size < size);
      const isInNats = this.#press.nats === undefined || ((await this.#press.streamSize().catch(() => 0)) ?? 0) >= size;
      if (missing.length === 0 && isInNats) return size;
      if (performance.now() - began > READERS_MILLISECONDS) {
        const names = missing.map(({ name, tree }) => `${name} has ${tree.size}`);
        this.#findings.push({
          what: "events",
          detail: `Of ${size} events ${[...names, ...(isInNats ? [] : ["NATS has not all"])].join(", ")}.`,
        });
        return size;
      }
      await sleep(100);
    }
  }

  /** The command that a person would run. */
  async #audit(): Promise<void> {
    await execute(process.execPath, [PRESS, "audit"], { env: this.#press.commandEnv, maxBuffer: 50_000_000 }).catch(
      ({ stdout, stderr }: { stdout: string; stderr: string }) => {
        this.#findings.push({ what: "audit", detail: `${stdout}${stderr}`.trim() });
      },
    );
  }

  #elapsed(): number {
    return performance.now() - this.#began;
  }

  #at(): string {
    return `${(this.#elapsed() / 1_000).toFixed(1).padStart(8)} s`;
  }

  #progress(): string {
    const { operations, counts, findings } = this.#load.requests;
    const rate = operations.length / (this.#elapsed() / 1_000);
    const faults = [...this.#faults.values()].reduce((sum, count) => sum + count, 0);
    const slowest = this.#recoveries.slowest;
    return [
      `${this.#at()}  ${operations.length.toLocaleString("en")} requests under a key (${rate.toFixed(1)}/s), ${counts.acknowledged.toLocaleString("en")} acknowledged,`,
      `${counts.refused.toLocaleString("en")} refused, ${this.#load.waiting} under way, ${counts.checked.toLocaleString("en")} answers compared; ${faults} faults;`,
      `${findings.length + this.#findings.length + this.#recoveries.findings.length} findings;`,
      slowest === undefined ? "" : `slowest recovery ${(slowest.milliseconds / 1_000).toFixed(1)} s (${slowest.name})`,
    ].join(" ");
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
