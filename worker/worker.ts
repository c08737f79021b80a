import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { DatabaseSockets } from "../db/databaseSockets.ts";
import { failUnreplicated } from "../db/unreplicated.ts";
import { outsideSpans } from "../tracing/spans.ts";
import { tracePool } from "../tracing/tracePool.ts";
import { type AttestationsOptions, type AttestationsStep, startAttestations } from "./attestations/attestations.ts";
import { type ChainOptions, startChain } from "./chain/chain.ts";
import type { PublishingStep } from "./chain/publisher.ts";
import type { CheckpointStore } from "./checkpointStore.ts";
import { type CheckpointStep, Checkpoints } from "./checkpoints.ts";
import { type DrawStep, Draws } from "./draws.ts";
import { closeDueEditions, recordClosedEditions } from "./editions.ts";
import type { EventPublisher, PublisherStep } from "./events/publisher.ts";
import type { Reconciler } from "./events/reconciler.ts";
import type { EventOptions } from "./events/stream.ts";
import { GuardedPool, type Queryable } from "./guardedPool.ts";
import { Integrator } from "./integrator.ts";
import { runJobs } from "./jobs.ts";
import { type SigningKey, SigningKeyError } from "./keys.ts";
import { errorDetails, type Log } from "./log.ts";
import { type Repeating, repeat } from "./repeat.ts";
import { checkDatabase } from "./rights.ts";
import { Signer, type SignerCounts, type SignerOptions, type Step } from "./signer.ts";
import { makeTicketsSignTask } from "./tasks/tickets__sign.ts";
import { WATCH_PAUSE_MILLISECONDS, Watch, type WatchOptions } from "./watch.ts";

/** What a worker needs. */
export interface WorkerOptions extends Pick<SignerOptions, "batchSize" | "leaseSeconds"> {
  /** A URL of the login `press_worker`. */
  readonly databaseUrl: string;
  /** Signs tickets. */
  readonly signingKey: SigningKey;
  readonly ledger: LedgerOptions;
  /** Where events are published; nowhere unless told. */
  readonly events?: EventOptions | undefined;
  /** Where the rounds of beacons are fetched that decide draws; nowhere unless told. */
  readonly beaconUrls?: readonly string[] | undefined;
  /** Whose word counts as evidence, and what credentials are signed with; nobody's and nothing unless told. */
  readonly attestations?: AttestationsOptions | undefined;
  /** How records and checkpoints get onto the public chain; they wait unless told. */
  readonly chain?: ChainOptions | undefined;
  /** How often it is looked whether everything holds that the press promises; each second unless told. */
  readonly watch?: WatchOptions | undefined;
  readonly log: Log;
  /** Is told each step, and awaited, so that a test can hold the worker exactly between two. */
  readonly observe?: ((step: WorkerStep) => unknown) | undefined;
}

/** What a worker needs for the ledger. */
export interface LedgerOptions {
  /** Signs checkpoints: never the key of the tickets. */
  readonly checkpointKey: SigningKey;
  readonly store: CheckpointStore;
  /** The name of the ledger. */
  readonly origin: string;
  /** Whether an empty store may be filled with what the database says. */
  readonly adopt?: boolean | undefined;
}

/** After which step the observer is called. */
export type WorkerStep =
  | Step
  | CheckpointStep
  | "integrated"
  | PublisherStep
  | DrawStep
  | AttestationsStep
  | PublishingStep;

/** A worker at work. */
export interface Worker {
  /** The verifier key of the ledger. */
  readonly vkey: string;
  /** What became of the tickets that it had in hand. */
  readonly counts: SignerCounts;
  /**
   * Finishes the batch in hand, ends its jobs and its connections, and takes nothing new; a database that does not answer is given up. Calling it
   * again changes nothing.
   */
  stop(): Promise<void>;
}

/** Jobs wake the worker at once; this is how long a ticket waits when there was no job, or when its worker was killed. */
const LOOK_MILLISECONDS = 200;
/** A database that was away may come back as an older one: the press is to be stopped before much is issued in it. */
const LOOK_AGAIN_MILLISECONDS = 500;
const CLOSE_EDITIONS_MILLISECONDS = 1_000;
/** People wait for a draw, and for a draft to be ready. */
const DRAW_MILLISECONDS = 250;
const FETCH_BEACONS_MILLISECONDS = 1_000;
const RESTART_JOBS_MILLISECONDS = 1_000;
/** Between two chunks of a comparison: it reads no more than 5,000 events a second. */
const COMPARE_EVENTS_MILLISECONDS = 200;
/** graphile-worker calls itself stopped a moment before the end of its last job is written; without it the job stays locked for hours. */
const LAST_JOB_MILLISECONDS = 300;

/**
 * Starts a worker: registers its public keys, then signs whatever is pending and keeps the ledger, woken by jobs and looking by itself,
 * closes editions whose time has come, makes their draws, checks what people prove who they are with, publishes records on the chain, and watches whether everything that is promised holds. Any number of workers share the work. It lives through restarts of the database; and when the
 * database turns out to be another one than the ledger's, it stops the press and waits.
 *
 * @throws with one sentence when the database or the login is not as it should be, the database refuses a key, for example because it is
 *   retired, or the checkpoint store cannot be used
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { signingKey, ledger, log, observe } = options;
  let publishing: Publishing | undefined;
  const checkpoints = new Checkpoints({
    ...ledger,
    key: ledger.checkpointKey,
    log,
    async observe(step) {
      if (step === "checkpointPublished") outsideSpans(() => publishing?.publisher.wake());
      await observe?.(step);
    },
  });
  const sockets = new DatabaseSockets();
  const pool = openPool(options.databaseUrl, sockets, log);
  try {
    await checkDatabase(pool);
    await checkpoints.begin(pool, { adopt: ledger.adopt ?? false });
    await registerKeys(pool, keysByPurpose(options));
  } catch (error) {
    await pool.end();
    throw error;
  }
  const db = new GuardedPool(pool, (client) => checkpoints.requireSameLedger(client));
  const integrator = new Integrator({ db, checkpoints, observe });
  const signer = new Signer({
    ...options,
    db,
    key: signingKey,
    async observe(step) {
      if (step === "stored") outsideSpans(() => integrator.wake());
      await observe?.(step);
    },
  });
  publishing = options.events && (await preparePublishing(options.events, { ...options, db }));
  const draws = new Draws({ db, key: signingKey, ledger, beaconUrls: options.beaconUrls ?? [], log, observe });
  const repeating = [
    ...startLoops({ pool, db, signer, integrator, draws, publishing, log }),
    startWatch(options.watch ?? {}, { db, log }),
    ...(await startAttestations(options.attestations ?? {}, { ...options, db })),
    ...(await startChain(options.chain, { ...options, db })),
  ];
  log.info({ keyId: signingKey.keyId, ledger: checkpoints.vkey }, "The worker signs.");

  async function stop(): Promise<void> {
    publishing?.publisher.hurry();
    await Promise.all([signer.stop(), ...repeating.map((repetition) => repetition.stop())]);
    await integrator.stop();
    await publishing?.publisher.stop();
    await sleep(LAST_JOB_MILLISECONDS);
    await pool.end();
    log.info(signer.counts, "The worker has stopped.");
  }
  let stopping: Promise<void> | undefined;
  return {
    vkey: checkpoints.vkey,
    get counts() {
      return signer.counts;
    },
    stop() {
      stopping ??= sockets.whileEnding(stop, () => log.warn("The database does not answer and is given up, to stop."));
      return stopping;
    },
  };
}

/** What a key signs, as the database calls it. */
type Purpose = "ticket" | "checkpoint" | "credential";

function keysByPurpose({ signingKey, ledger, attestations }: WorkerOptions): Map<Purpose, SigningKey> {
  const keys = new Map<Purpose, SigningKey>([
    ["ticket", signingKey],
    ["checkpoint", ledger.checkpointKey],
  ]);
  const credentialKey = attestations?.credentials?.key;
  return credentialKey === undefined ? keys : keys.set("credential", credentialKey);
}

/** @throws {SigningKeyError} when the same key is to serve for two purposes */
async function registerKeys(pool: pg.Pool, keys: ReadonlyMap<Purpose, SigningKey>): Promise<void> {
  const purposes = new Map<string, Purpose>();
  for (const [purpose, { publicKey }] of keys) {
    const other = purposes.get(publicKey);
    if (other !== undefined) {
      throw new SigningKeyError(
        `The key of the ${other}s is also set as the key of the ${purpose}s, and a key serves for one purpose only: make another with \`golden-press keys create FILE\`.`,
      );
    }
    purposes.set(publicKey, purpose);
  }
  for (const [purpose, { publicKey }] of keys) {
    await pool.query("select from press_worker.register_signing_key($1, $2)", [publicKey, purpose]);
  }
}

/** What keeps the stream of the events. */
interface Publishing {
  readonly publisher: EventPublisher;
  readonly reconciler: Reconciler;
}

/** What is needed for it is loaded only where there are events to publish. */
async function preparePublishing(
  events: EventOptions,
  { db, ledger, log, observe, leaseSeconds }: WorkerOptions & { readonly db: Queryable },
): Promise<Publishing> {
  const [{ EventPublisher }, { Reconciler }] = await Promise.all([
    import("./events/publisher.ts"),
    import("./events/reconciler.ts"),
  ]);
  const source = { db, origin: ledger.origin, prefix: events.prefix };
  const publisher = new EventPublisher({ source, events, log, observe, leaseSeconds });
  return { publisher, reconciler: new Reconciler({ source, hold: publisher.hold, repair: publisher.repair, log }) };
}

interface Loops {
  readonly pool: pg.Pool;
  readonly db: Queryable;
  readonly signer: Signer;
  readonly integrator: Integrator;
  readonly draws: Draws;
  readonly publishing: Publishing | undefined;
  readonly log: Log;
}

function startLoops({ pool, db, signer, integrator, draws, publishing, log }: Loops): Repeating[] {
  const taskList = { tickets__sign: makeTicketsSignTask(signer) };
  return [
    repeat({
      name: "run jobs",
      pauseMilliseconds: RESTART_JOBS_MILLISECONDS,
      log,
      act: (signal) => runJobs(pool, taskList, log, signal),
    }),
    repeat({ name: "sign what is pending", pauseMilliseconds: LOOK_MILLISECONDS, log, act: () => signer.drain() }),
    repeat({
      name: "keep the ledger",
      pauseMilliseconds: LOOK_MILLISECONDS,
      pauseMaxMilliseconds: LOOK_AGAIN_MILLISECONDS,
      log,
      act: () => integrator.catchUp(),
    }),
    repeat({
      name: "close editions",
      pauseMilliseconds: CLOSE_EDITIONS_MILLISECONDS,
      log,
      act: () => closeDueEditions(db, log),
    }),
    repeat({
      name: "record closed editions",
      pauseMilliseconds: CLOSE_EDITIONS_MILLISECONDS,
      log,
      act: () => recordClosedEditions(db, log),
    }),
    ...startDraws(draws, log),
    ...(publishing === undefined ? [] : startPublishing(publishing, log)),
  ];
}

function startWatch(options: WatchOptions, needs: { readonly db: Queryable; readonly log: Log }): Repeating {
  const watch = new Watch({ ...options, ...needs });
  return repeat({
    name: "watch what is promised",
    pauseMilliseconds: options.pauseMilliseconds ?? WATCH_PAUSE_MILLISECONDS,
    log: needs.log,
    act: () => watch.look(),
  });
}

function startDraws(draws: Draws, log: Log): Repeating[] {
  return [
    repeat({
      name: "commit to the draws of drafts",
      pauseMilliseconds: DRAW_MILLISECONDS,
      log,
      act: () => draws.commit(),
    }),
    repeat({ name: "make draws", pauseMilliseconds: DRAW_MILLISECONDS, log, act: () => draws.make() }),
    repeat({
      name: "fetch the rounds of beacons",
      pauseMilliseconds: FETCH_BEACONS_MILLISECONDS,
      log,
      act: () => draws.fetchBeacons(),
    }),
  ];
}

function startPublishing({ publisher, reconciler }: Publishing, log: Log): Repeating[] {
  return [
    repeat({
      name: "publish events",
      pauseMilliseconds: LOOK_MILLISECONDS,
      log,
      act: () => publisher.catchUp(),
    }),
    repeat({
      name: "compare the stream of events with the ledger",
      pauseMilliseconds: COMPARE_EVENTS_MILLISECONDS,
      log,
      act: () => reconciler.step(),
    }),
  ];
}

/**
 * One connection listens for jobs, one works on them, one closes editions, one records that, three are for draws, one keeps the ledger, two
 * sign, one publishes events while it reads the next ones, and one compares them; two are for attestations, one of each kind, one signs
 * credentials, one publishes what was revoked, and one forgets; seven are for the chain, and one watches; no query waits for ever on a network that is gone.
 */
function openPool(databaseUrl: string, sockets: DatabaseSockets, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: "golden-press-worker",
    max: 26,
    connectionTimeoutMillis: 5_000,
    query_timeout: 20_000,
    keepAlive: true,
    stream: sockets.make,
  });
  const lost = (error: Error) => log.debug(errorDetails(error), "A connection to the database was lost.");
  pool.on("error", lost);
  pool.on("connect", (client) => client.on("error", lost)); // The pool itself listens to idle clients only.
  failUnreplicated(pool);
  tracePool(pool);
  return pool;
}
