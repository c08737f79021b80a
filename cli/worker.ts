import type { Configuration } from "../configuration.ts";
import { startTracing } from "../tracing/tracing.ts";
import { startWorker } from "../worker/worker.ts";
import { readAttestationOptions } from "./attestationOptions.ts";
import { readChainOptions } from "./chainOptions.ts";
import { openCheckpointStore } from "./checkpointStore.ts";
import { databaseUrl } from "./connection.ts";
import { readEventOptions } from "./eventOptions.ts";
import { makeLog, runService } from "./service.ts";
import { loadKey } from "./signingKey.ts";
import { tracingOf } from "./tracingOptions.ts";

export interface WorkerCommandOptions {
  /** The keys that are made when their files do not exist. */
  readonly createKey?: readonly ("signing" | "checkpoint" | "credential" | "wallet")[];
  /** Fills an empty checkpoint store with what the database says. */
  readonly adopt?: boolean;
}

/** `golden-press worker`: signs, keeps the ledger, checks evidence, publishes events, and records on the chain, until it is stopped. */
export async function worker(configuration: Configuration, options: WorkerCommandOptions): Promise<void> {
  const signingKey = await loadKey(configuration, "signingKey", options.createKey?.includes("signing"));
  const ledger = {
    checkpointKey: await loadKey(configuration, "checkpointKey", options.createKey?.includes("checkpoint")),
    store: await openCheckpointStore(configuration),
    origin: configuration.ledgerOrigin,
    adopt: options.adopt,
  };
  const log = makeLog("worker", configuration);
  const tracing = await startTracing({ part: "worker", ...tracingOf(configuration), log });
  const running = await startWorker({
    databaseUrl: await databaseUrl(configuration, "worker"),
    signingKey,
    ledger,
    events: await readEventOptions(configuration),
    beaconUrls: configuration.beaconUrls,
    attestations: await readAttestationOptions(configuration, options.createKey?.includes("credential")),
    chain: await readChainOptions(configuration, options.createKey?.includes("wallet")),
    watch: { pauseMilliseconds: configuration.watchPauseMilliseconds, overdueSeconds: configuration.overdueSeconds },
    log,
  });
  const stop = () => running.stop().finally(() => tracing.stop());
  await runService({ stop }, { publicKey: signingKey.publicKey, keyId: signingKey.keyId, vkey: running.vkey });
}
