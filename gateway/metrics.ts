/**
 * What this process and its press do, in numbers, for Prometheus. None of them is about a person or an edition.
 */
import type { FastifyInstance } from "fastify";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { FailureLog } from "./failureLog.ts";
import { kept } from "./kept.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether an answer ends only when its reader goes: how long it took says nothing. */
    isEndless?: boolean;
  }
}

/** A row of press_gateway.press_metrics. */
interface PressRow {
  readonly ledger_size: string;
  readonly checkpoint_size: string;
  readonly checkpoint_at: Date | null;
  readonly inbox_waiting: string;
  readonly stream_size: string | null;
  readonly stream_seen_at: Date | null;
  readonly is_stream_held: boolean;
  readonly is_stopped: boolean;
  readonly pending_since: Date | null;
  /** Coins that are not spent, by their state; a bigint's digits are numbers here: satoshis are fewer than 2^53. */
  readonly pool: Readonly<Partial<Record<string, { readonly count: number; readonly satoshis: number }>>> | null;
  readonly publications_queued_since: Date | null;
  readonly transactions_unknown_since: Date | null;
  readonly looked_at: Date | null;
  /** How many findings there are against each promise. */
  readonly violations: Readonly<Record<string, number>>;
}

interface PressGauge {
  readonly name: string;
  readonly help: string;
  /** Null: there is no such thing, and nothing is shown. */
  readonly value: (press: PressRow) => number | null;
}

const PRESS_GAUGES: readonly PressGauge[] = [
  {
    name: "ledger_entries",
    help: "Entries of the ledger.",
    value: ({ ledger_size }) => Number(ledger_size),
  },
  {
    name: "ledger_inbox_entries",
    help: "What waits for its place in the ledger; an upper bound.",
    value: ({ inbox_waiting }) => Number(inbox_waiting),
  },
  {
    name: "ledger_checkpoint_entries",
    help: "Entries under the latest published checkpoint.",
    value: ({ checkpoint_size }) => Number(checkpoint_size),
  },
  {
    name: "ledger_checkpoint_timestamp_seconds",
    help: "When the latest checkpoint was signed; nothing before the first.",
    value: ({ checkpoint_at }) => secondsOf(checkpoint_at),
  },
  {
    name: "events_published",
    help: "Events in the stream, as a worker saw it last; nothing where none ever did.",
    value: ({ stream_size }) => (stream_size === null ? null : Number(stream_size)),
  },
  {
    name: "events_lag",
    help: "Events that are not in the stream yet; nothing where no worker ever published. It stays, and grows, when none does any more.",
    value: (press) => (isStreamUsed(press) ? Number(press.checkpoint_size) - Number(press.stream_size ?? 0) : null),
  },
  {
    name: "events_seen_timestamp_seconds",
    help: "When a worker saw the stream last; nothing where none ever did.",
    value: ({ stream_seen_at }) => secondsOf(stream_seen_at),
  },
  {
    name: "events_publishers",
    help: "Workers that publish events: 1 or 0.",
    value: ({ is_stream_held }) => Number(is_stream_held),
  },
  {
    name: "press_stopped",
    help: "Whether the press is stopped: 1 or 0.",
    value: ({ is_stopped }) => Number(is_stopped),
  },
  {
    name: "signing_oldest_pending_timestamp_seconds",
    help: "When the oldest ticket was issued that is not signed yet; nothing where all are.",
    value: ({ pending_since }) => secondsOf(pending_since),
  },
  {
    name: "publishing_oldest_queued_timestamp_seconds",
    help: "When the oldest publication was submitted that waits for a transaction; nothing where none does.",
    value: ({ publications_queued_since }) => secondsOf(publications_queued_since),
  },
  {
    name: "publishing_oldest_unknown_timestamp_seconds",
    help: "When the oldest transaction was stored of which nobody has said what became of it; nothing where there is none.",
    value: ({ transactions_unknown_since }) => secondsOf(transactions_unknown_since),
  },
  {
    name: "press_invariants_looked_timestamp_seconds",
    help: "When it was looked last whether everything holds that the press promises; nothing where it never was. A worker looks each second.",
    value: ({ looked_at }) => secondsOf(looked_at),
  },
];

/** Of the coins that are not spent; a state without any is 0. */
const COIN_STATES = ["available", "reserved", "unknown", "dirty"] as const;

function secondsOf(time: Date | null): number | null {
  return time && time.getTime() / 1000;
}

function isStreamUsed({ stream_size, stream_seen_at, is_stream_held }: PressRow): boolean {
  return stream_size !== null || stream_seen_at !== null || is_stream_held;
}

/** With a time of its own: whoever asks for metrics does not wait for long. */
const PRESS_METRICS = {
  name: "press_metrics",
  text: "select * from press_gateway.press_metrics()",
  query_timeout: 2_000,
};

/** However often it is asked for. */
const KEPT_MILLISECONDS = 1_000;
const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const REQUESTS_BUCKETS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

export interface MetricsOptions {
  /** Connections of the login press_gateway, without a role. */
  readonly pool: Pick<Pool, "query">;
  readonly log: Logger;
}

/** What a pool tells of itself. */
type PoolCounts = Pick<Pool, "totalCount" | "idleCount" | "waitingCount">;

export class Metrics {
  readonly #pool: Pick<Pool, "query">;
  readonly #failures: FailureLog;
  readonly #registry = new Registry();
  readonly #ofPress: readonly { readonly gauge: Gauge; readonly value: PressGauge["value"] }[];
  readonly #coins: Gauge;
  readonly #satoshis: Gauge;
  readonly #violations: Gauge;
  readonly #isDatabaseUp: Gauge;
  readonly #batches: Histogram;

  constructor({ pool, log }: MetricsOptions) {
    this.#pool = pool;
    this.#failures = new FailureLog("the metrics of the press", log);
    this.#isDatabaseUp = this.#gauge("database_up", "Whether the database answers: 1 or 0.");
    this.#ofPress = PRESS_GAUGES.map(({ name, help, value }) => ({ gauge: this.#gauge(name, help), value }));
    this.#coins = this.#gauge("publishing_coins", "Coins that pay for publishing, by their state.", undefined, [
      "state",
    ]);
    this.#satoshis = this.#gauge("publishing_satoshis", "What these coins have together.", undefined, ["state"]);
    this.#violations = this.#gauge(
      "press_invariant_violations",
      "What does not hold that the press promises, by the promise (I1 to I14), at the last look.",
      undefined,
      ["invariant"],
    );
    this.#batches = new Histogram({
      name: "golden_press_gateway_issuing_batch_requests",
      help: "Requests that travelled to the database in one call.",
      buckets: REQUESTS_BUCKETS,
      registers: [this.#registry],
    });
  }

  /** Takes note of a call of the core that issues. */
  observeBatch(requests: number): void {
    this.#batches.observe(requests);
  }

  /** Shows a number that is read when it is asked for. */
  addCount(name: string, help: string, count: () => number): void {
    this.#gauge(`gateway_${name}`, help, (gauge) => gauge.set(count()));
  }

  /** Shows the use of pools of connections, by their purposes. */
  addPools(pools: ReadonlyMap<string, PoolCounts>): void {
    const addOfPools = (name: string, help: string, count: (pool: PoolCounts) => number) =>
      this.#gauge(
        `gateway_database_${name}`,
        help,
        (gauge) => {
          for (const [purpose, pool] of pools) gauge.set({ pool: purpose }, count(pool));
        },
        ["pool"],
      );
    addOfPools("connections", "Connections to the database.", (pool) => pool.totalCount);
    addOfPools("connections_busy", "Connections that are in use.", (pool) => pool.totalCount - pool.idleCount);
    addOfPools("waiting", "Those who wait for a connection.", (pool) => pool.waitingCount);
  }

  /** Takes note of every answer over HTTP, and of how long it took. */
  observeRequests(app: FastifyInstance): void {
    const requests = new Histogram({
      name: "golden_press_gateway_http_request_duration_seconds",
      help: "Answers over HTTP, by the pattern of their route and their status.",
      labelNames: ["route", "status"],
      buckets: SECONDS_BUCKETS,
      registers: [this.#registry],
    });
    app.addHook("onResponse", async ({ ws, routeOptions }, reply) => {
      if (ws || (routeOptions.config.isEndless && reply.statusCode === 200)) return;
      requests.observe({ route: routeOptions.url ?? "none", status: reply.statusCode }, reply.elapsedTime / 1000);
    });
  }

  /** All of it, in the text format of Prometheus. Without the database, what this process knows by itself. */
  async text(): Promise<string> {
    await this.#readPress();
    return `${await processRegistry().metrics()}\n${await this.#registry.metrics()}`;
  }

  async #readPress(): Promise<void> {
    const press = await this.#askPress();
    this.#isDatabaseUp.set(press === null ? 0 : 1);
    for (const { gauge, value } of this.#ofPress) {
      const shown = press && value(press);
      if (shown === null) gauge.remove();
      else gauge.set(shown);
    }
    this.#showCoins(press);
    this.#violations.reset();
    for (const [invariant, count] of Object.entries(press?.violations ?? {}))
      this.#violations.set({ invariant }, count);
  }

  #showCoins(press: PressRow | null): void {
    for (const state of COIN_STATES) {
      const { count, satoshis } = press?.pool?.[state] ?? { count: 0, satoshis: 0 };
      if (press === null) {
        this.#coins.remove({ state });
        this.#satoshis.remove({ state });
      } else {
        this.#coins.set({ state }, count);
        this.#satoshis.set({ state }, satoshis);
      }
    }
  }

  async #askPress(): Promise<PressRow | null> {
    try {
      const { rows } = await this.#pool.query<PressRow>(PRESS_METRICS);
      this.#failures.succeeded();
      return rows[0] ?? null;
    } catch (error) {
      this.#failures.failed(error);
      return null;
    }
  }

  #gauge(name: string, help: string, collect?: (gauge: Gauge) => void, labelNames: readonly string[] = []): Gauge {
    const gauge: Gauge = new Gauge({
      name: `golden_press_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      ...(collect === undefined ? null : { collect: () => collect(gauge) }),
    });
    return gauge;
  }
}

/** Of the process, which may have several gateways. */
let ofProcess: Registry | undefined;

function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/** Serves `/metrics`. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics): void {
  const text = kept(() => metrics.text(), KEPT_MILLISECONDS);
  app.get("/metrics", async (_request, reply) =>
    reply
      .header("cache-control", "no-store")
      .type(Registry.PROMETHEUS_CONTENT_TYPE)
      .send(await text()),
  );
}
