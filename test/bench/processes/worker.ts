/** The worker, as it is in production, in a process of its own; and beside it, in another, the bare signing that it is compared with. */
import { hash, randomBytes } from "node:crypto";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { getPublicKey, hashes, sign } from "@noble/ed25519";
import { pino } from "pino";
import { CheckpointFile } from "../../../worker/checkpointStore.ts";
import type { EventOptions } from "../../../worker/events/stream.ts";
import { SigningKey } from "../../../worker/keys.ts";
import { startWorker, type Worker } from "../../../worker/worker.ts";
import { chainOptions } from "../../worker/chain/chainOptions.ts";
import { serve } from "../harness/children.ts";

export interface WorkerStart {
  readonly databaseUrl: string;
  /** PKCS#8 PEM; made by the bench and worth nothing. */
  readonly signingKey: string;
  /** The same for the checkpoints of the ledger. */
  readonly checkpointKey: string;
  /** The file of the checkpoint store. */
  readonly checkpointStore: string;
  /** The name of the ledger. */
  readonly origin: string;
  /** Where events are published; nowhere unless told. */
  readonly events?: EventOptions | undefined;
  /** Where it publishes on the chain; nowhere unless told. */
  readonly chain?: { readonly nodeUrl: string; readonly windowMilliseconds: number } | undefined;
  /** For a worker that is to meet with failures. */
  readonly isSilent?: boolean | undefined;
}

/** How much was done with how much. */
export interface Work {
  readonly tickets: number;
  readonly seconds: number;
  /** Of this process alone. */
  readonly cpuSeconds: number;
}

export type WorkerProcess = typeof actions;
const actions = { start, drain, signBare };
let worker: Worker | undefined;
if (import.meta.main) serve(actions, async () => worker?.stop());

async function start(start: WorkerStart): Promise<void> {
  worker = await startWorker(optionsOf(start));
}

function optionsOf(options: WorkerStart) {
  const { databaseUrl, signingKey, checkpointKey, checkpointStore, origin, events, chain, isSilent } = options;
  const ledger = {
    checkpointKey: new SigningKey(checkpointKey),
    store: new CheckpointFile(checkpointStore),
    origin,
  };
  const log = pino({ name: "worker", level: isSilent ? "silent" : "error" });
  return {
    databaseUrl,
    signingKey: new SigningKey(signingKey),
    ledger,
    events,
    chain: chain && publishing(chain),
    log,
  };
}

/** Looks as seldom as in production. */
function publishing({ nodeUrl, windowMilliseconds }: NonNullable<WorkerStart["chain"]>) {
  return chainOptions(nodeUrl, { windowMilliseconds, lookSeconds: undefined });
}

/** Starts a worker, and measures from its first claim until it has stored as many envelopes as tickets are pending. */
async function drain({ tickets, ...options }: WorkerStart & { readonly tickets: number }): Promise<Work> {
  const { promise: done, resolve } = Promise.withResolvers<Work>();
  let begun: Usage | undefined;
  const draining = await startWorker({
    ...optionsOf(options),
    observe: (step) => {
      begun ??= usage();
      if (step === "stored" && (worker?.counts.attached ?? 0) >= tickets) resolve({ tickets, ...usedSince(begun) });
    },
  });
  worker = draining;
  const work = await done;
  await draining.stop();
  return work;
}

/** Signs messages of the length of an envelope with the same function and the same hash as the worker, and does nothing else. */
async function signBare({ milliseconds }: { readonly milliseconds: number }): Promise<Work> {
  hashes.sha512 = (message) => hash("sha512", message, "buffer");
  const seed = randomBytes(32);
  const message = randomBytes(MESSAGE_BYTES);
  getPublicKey(seed); // Its tables are made at the first use.
  const begun = usage();
  let tickets = 0;
  while (performance.now() - begun.at < milliseconds) {
    for (let turn = 0; turn < 16; turn += 1) sign(message, seed);
    tickets += 16;
    await yieldToEvents();
  }
  return { tickets, ...usedSince(begun) };
}

/** What the worker signs for a ticket: the envelope without its signature. */
const MESSAGE_BYTES = 240;

interface Usage {
  readonly at: number;
  readonly cpu: NodeJS.CpuUsage;
}

function usage(): Usage {
  return { at: performance.now(), cpu: process.cpuUsage() };
}

function usedSince({ at, cpu }: Usage): Pick<Work, "seconds" | "cpuSeconds"> {
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - at) / 1000, cpuSeconds: (user + system) / 1e6 };
}
