/** The press as a row uses it: a database of its own, editions, processes, and the check after every run. */
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import type pg from "pg";
import type { RunResult, SqlCallers } from "../processes/sqlCallers.ts";
import type { WorkerProcess, WorkerStart } from "../processes/worker.ts";
import { type Actions, Child } from "./children.ts";
import { type Acknowledged, requireAcknowledged, requireCount, requireLaws } from "./invariants.ts";
import type { Bench } from "./row.ts";

const CAP = 1_000_000_000;

/** What a run of callers is told; the rest is the same for all. */
export interface Issuing {
  readonly slugs: readonly string[];
  readonly callers: number;
  readonly batchSize: number;
  readonly milliseconds?: number;
  readonly holderPrefix?: string;
}

export class BenchPress {
  readonly database: string;
  readonly #bench: Bench;
  readonly #signingKey = makeSigningKey();
  readonly #checkpointKey = makeSigningKey();
  #editions = 0;

  private constructor(bench: Bench, database: string) {
    this.#bench = bench;
    this.database = database;
  }

  /** Makes a database with an empty press, which is dropped when the row ends. */
  static async open(bench: Bench, database: string): Promise<BenchPress> {
    bench.onEnd(() => bench.server.dropDatabase(database));
    await bench.server.createDatabase(database);
    return new BenchPress(bench, database);
  }

  url(login?: "press_gateway" | "press_worker"): string {
    return this.#bench.server.url(this.database, login);
  }

  /** What a worker of this press is started with: each time the same keys and the same checkpoint store, on the disk of the database. */
  get worker(): WorkerStart {
    return {
      databaseUrl: this.url("press_worker"),
      signingKey: this.#signingKey,
      checkpointKey: this.#checkpointKey,
      checkpointStore: join(this.#bench.server.home, `${this.database}-checkpoint`),
      origin: "bench.golden-press.local/ledger",
    };
  }

  /** Starts a worker in a process of its own, which ends with the row, or before. */
  async startWorker(more: Pick<WorkerStart, "events" | "chain" | "isSilent"> = {}): Promise<Child<WorkerProcess>> {
    const worker = startProcess<WorkerProcess>(this.#bench, "worker");
    await worker.ask("start", { ...this.worker, ...more });
    return worker;
  }

  /** Lends a session of the superuser. */
  session<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    return this.#bench.server.with(this.database, work);
  }

  /** Runs one statement as the superuser. */
  async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.session(async (client) => (await client.query<Row>(text, values)).rows);
  }

  /** New open editions of a name that no other run has used, without a cap that anybody could reach. */
  async openEditions(count: number, perHolderLimit: number): Promise<string[]> {
    const slugs = Array.from({ length: count }, () => `edition-${++this.#editions}`);
    await this.query(
      `select press.open_edition((press.create_edition(slug, 'A measured edition', $2, $3)).slug) from unnest($1::text[]) slug`,
      [slugs, CAP, perHolderLimit],
    );
    return slugs;
  }

  /** People who hold nothing yet: `holder-1` to `holder-N`. */
  async makeHolders(count: number): Promise<void> {
    await this.query(
      "insert into press.holders (subject) select 'holder-' || n from generate_series(1, $1::integer) n",
      [count],
    );
    await this.query("vacuum analyze press.holders");
  }

  /** Lets callers issue in closed loop, each ticket to another holder, checks the rows, and returns tickets a second. */
  async issue(callers: Child<SqlCallers>, issuing: Issuing): Promise<number> {
    const result = await this.issueUnchecked(callers, issuing);
    await this.check(issuing.slugs, result.acknowledged);
    return perSecond(result);
  }

  /** The same for who wants to look before the check does. */
  issueUnchecked(callers: Child<SqlCallers>, issuing: Issuing): Promise<RunResult> {
    return callers.ask("issue", {
      url: this.url("press_gateway"),
      milliseconds: this.#bench.rounds.milliseconds,
      holderPrefix: "holder-",
      ...issuing,
    });
  }

  /** Holds the editions of a run to the laws and to what their callers were told, all of it. */
  check(slugs: readonly string[], acknowledged: Acknowledged): Promise<void> {
    return this.session(async (client) => {
      await requireCount(client, slugs, acknowledged.size);
      await requireAcknowledged(client, acknowledged);
      await requireLaws(client, slugs);
    });
  }
}

export function perSecond({ granted, milliseconds }: Pick<RunResult, "granted" | "milliseconds">): number {
  return granted / (milliseconds / 1000);
}

/** How callers of the core are called in tables: `2 callers × 1000`. */
export function callersName(callers: number, batchSize: number): string {
  return `${callers} ${callers === 1 ? "caller" : "callers"} × ${batchSize}`;
}

/** Starts one of the files in `processes/`; it ends with the row. */
export function startProcess<Served extends Actions>(bench: Bench, name: string): Child<Served> {
  const child = new Child<Served>(join(import.meta.dirname, "..", "processes", `${name}.ts`), {
    GRAPHILE_ENV: "production",
  });
  bench.onEnd(() => child.stop());
  return child;
}

/** A key that is worth nothing. */
export function makeSigningKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}
