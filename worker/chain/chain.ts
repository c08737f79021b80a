/** What a worker does about the public chain, as far as it may; and it says what waits for another. */
import type { Queryable } from "../guardedPool.ts";
import type { Log } from "../log.ts";
import { type Repeating, repeat } from "../repeat.ts";
import type { Broadcaster } from "./broadcaster.ts";
import type { PublishingStep } from "./publisher.ts";
import type { MakingOptions, PoolOptions } from "./queries.ts";
import type { ChainNetwork, WalletKey } from "./wallet.ts";

/** With what publications are paid for, and who brings them to the chain. */
export interface ChainOptions {
  /** Undefined: this worker makes no transactions. */
  readonly wallet: WalletKey | undefined;
  /** Undefined: this worker sends none. */
  readonly broadcaster: Broadcaster | undefined;
  readonly network: ChainNetwork;
  readonly feeSatoshisPerKilobyte: number;
  readonly windowMilliseconds: number;
  readonly transactionBytesMax: number;
  readonly poolTarget: number;
  readonly satoshisEach: number;
  /** 0: checkpoints are not published. */
  readonly anchorSeconds: number;
  /** For tests; otherwise as long as DESIGN has it. */
  readonly reserveSeconds?: number | undefined;
  readonly attemptSeconds?: number | undefined;
  readonly lookSeconds?: number | undefined;
  readonly batchSize?: number | undefined;
}

interface Context {
  readonly db: Queryable;
  readonly log: Log;
  readonly observe?: ((step: PublishingStep) => unknown) | undefined;
}

/** How long coins are claimed for a transaction that was not stored. */
const RESERVE_SECONDS = 300;
/** A request of ten seconds for each fifty transactions, and half a minute to find out who has spent a coin. */
const ATTEMPT_SECONDS = 90;
const LOOK_SECONDS = 10;
/** Of transactions: as many as are sent in one request. */
const BATCH_SIZE = 50;
/** Coins are made when a fifth of them is left. */
const LOW_SHARE = 0.2;

const PUBLISH_MILLISECONDS = 200;
const SEND_AGAIN_MILLISECONDS = 500;
const LOOK_MILLISECONDS = 1_000;
const SPLIT_MILLISECONDS = 1_000;
const ANCHOR_MILLISECONDS = 1_000;

/** Starts all of it. What it takes is loaded only where there is a chain to publish on. */
export async function startChain(options: ChainOptions | undefined, context: Context): Promise<Repeating[]> {
  const { log, db } = context;
  const { wallet, broadcaster } = options ?? {};
  if (options === undefined || wallet === undefined || broadcaster === undefined) {
    const missing = [
      ...(wallet === undefined ? ["a wallet (WALLET_KEY_FILE)"] : []),
      ...(broadcaster === undefined ? ["a way to the chain (CHAIN_NODE_URL or ARC_URL)"] : []),
    ];
    // Whoever has set one of them wants to publish.
    const level = missing.length === 1 ? "warn" : "info";
    log[level](`Records and checkpoints wait for a worker that has ${missing.join(" and ")}.`);
    return [];
  }
  const { Publisher } = await import("./publisher.ts");
  const address = wallet.address(options.network);
  const publisher = new Publisher({
    ...context,
    wallet,
    address,
    broadcaster,
    making: makingOf(options),
    pool: poolOf(options),
    attemptSeconds: options.attemptSeconds ?? ATTEMPT_SECONDS,
    lookSeconds: options.lookSeconds ?? LOOK_SECONDS,
  });
  log.info({ address, broadcaster: broadcaster.name }, "The worker publishes on the chain.");
  const loops = [
    repeat({
      name: "publish on the chain",
      pauseMilliseconds: PUBLISH_MILLISECONDS,
      log,
      act: () => publisher.drain(),
    }),
    repeat({
      name: "send transactions again",
      pauseMilliseconds: SEND_AGAIN_MILLISECONDS,
      log,
      act: () => publisher.sendAgain(),
    }),
    repeat({ name: "look for transactions", pauseMilliseconds: LOOK_MILLISECONDS, log, act: () => publisher.look() }),
    repeat({ name: "split coins", pauseMilliseconds: SPLIT_MILLISECONDS, log, act: () => publisher.split() }),
    repeat({
      name: "see whether the pool has coins",
      pauseMilliseconds: SPLIT_MILLISECONDS,
      log,
      act: () => publisher.tellOfPool(),
    }),
    ...startAnchoring(options.anchorSeconds, db, log),
  ];
  return [
    {
      async stop() {
        const stopped = publisher.stop();
        await Promise.all(loops.map((loop) => loop.stop()));
        await stopped;
      },
    },
  ];
}

async function anchor(db: Queryable, anchorSeconds: number): Promise<void> {
  const { anchorCheckpoint } = await import("./queries.ts");
  await anchorCheckpoint(db, anchorSeconds);
}

function startAnchoring(anchorSeconds: number, db: Queryable, log: Log): Repeating[] {
  if (anchorSeconds === 0) return [];
  return [
    repeat({
      name: "publish checkpoints",
      pauseMilliseconds: ANCHOR_MILLISECONDS,
      log,
      act: () => anchor(db, anchorSeconds),
    }),
  ];
}

function makingOf(options: ChainOptions): Omit<MakingOptions, "walletScript"> {
  return {
    feeSatoshisPerKilobyte: options.feeSatoshisPerKilobyte,
    windowMilliseconds: options.windowMilliseconds,
    transactionBytesMax: options.transactionBytesMax,
    batchSize: options.batchSize ?? BATCH_SIZE,
    reserveSeconds: options.reserveSeconds ?? RESERVE_SECONDS,
  };
}

function poolOf({ poolTarget, satoshisEach }: ChainOptions): PoolOptions {
  return { lowCount: Math.ceil(poolTarget * LOW_SHARE), targetCount: poolTarget, satoshisEach };
}
