/* Starts a worker as a process of its own (workerProcess.ts), tells what it says, and ends it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { CheckpointFile } from "../../worker/checkpointStore.ts";
import { createSigningKey } from "../../worker/keys.ts";
import type { LedgerOptions, WorkerStep } from "../../worker/worker.ts";

/** The name of the ledger in these tests. */
export const ORIGIN = "press.example/ledger";

/** What a worker process is told. */
export interface Launch {
  /** Where {@link makeLedgerIn} put the key of the ledger. */
  readonly folder: string;
  /** The checkpoint store; that of the folder unless told. */
  readonly storeFile?: string;
  readonly databaseUrl: string;
  readonly signingKeyFile: string;
  readonly batchSize: number;
  /** How long its claims last; as long as those of every worker unless told. */
  readonly leaseSeconds?: number | undefined;
  /** Where it publishes events; nowhere unless told. */
  readonly natsUrl?: string;
  /** Where it fetches the rounds of beacons; nowhere unless told. */
  readonly beaconUrl?: string;
  /** Whom it asks about evidence, with the key of credentials; it checks none unless told. */
  readonly attesting?: Attesting;
  /** How it publishes on the chain; it does not unless told. */
  readonly publishing?: Publishing;
  /** Where it waits until it is told to go on: its first step of a kind, its n-th step of all, or nowhere. */
  readonly holdAt?: WorkerStep | number | undefined;
  /** More variables of its environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a worker process needs for evidence and credentials. */
export interface Attesting {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined: it signs no credentials. */
  readonly credentialKeyFile: string | undefined;
}

/** What a worker process needs to publish on the chain. */
export interface Publishing {
  readonly nodeUrl: string;
  /** How long a transaction is claimed, and an attempt to send it. */
  readonly reserveSeconds: number;
  readonly attemptSeconds: number;
  /** How many transactions it claims at once. */
  readonly batchSize: number;
  /** How long the node is waited for. */
  readonly timeoutMilliseconds: number;
}

/** Whose credentials these are. */
export const CREDENTIAL_ISSUER = { did: "did:web:press.example", baseUrl: "https://press.example" };

/** A worker process. */
export interface Launched {
  readonly child: ChildProcess;
  /** The steps that it has told. */
  readonly steps: readonly WorkerStep[];
  /** What it has signed with the key of credentials, in hex: the bytes, in their order. */
  readonly signed: readonly string[];
  /** Its log: JSON lines. */
  readonly output: string;
}

export function launchWorker(launch: Launch): Launched {
  const child = fork(join(import.meta.dirname, "workerProcess.ts"), {
    env: {
      ...process.env,
      WORKER_DATABASE_URL: launch.databaseUrl,
      SIGNING_KEY_FILE: launch.signingKeyFile,
      CHECKPOINT_KEY_FILE: join(launch.folder, "checkpoint-key.pem"),
      CHECKPOINT_STORE: launch.storeFile ?? join(launch.folder, "checkpoint"),
      LEDGER_ORIGIN: ORIGIN,
      BATCH_SIZE: String(launch.batchSize),
      LEASE_SECONDS: String(launch.leaseSeconds ?? ""),
      NATS_URL: launch.natsUrl ?? "",
      BEACON_URLS: launch.beaconUrl ?? "",
      ATTESTING: launch.attesting === undefined ? "" : JSON.stringify(launch.attesting),
      PUBLISHING: launch.publishing === undefined ? "" : JSON.stringify(launch.publishing),
      HOLD_AT: String(launch.holdAt ?? ""),
      ...launch.environment,
    },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const steps: WorkerStep[] = [];
  const signed: string[] = [];
  child.on("message", (message: WorkerStep | { readonly signed: string }) => {
    if (typeof message === "object") signed.push(message.signed);
    else steps.push(message);
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
  });
  child.once("exit", (code) => {
    if (code) console.error(`A worker has ended by itself (${code}). ${output.slice(-3_000)}`);
  });
  return {
    child,
    steps,
    signed,
    get output() {
      return output;
    },
  };
}

/** Makes the key of the ledger in a folder; its checkpoint store is there too. */
export async function makeLedgerIn(folder: string): Promise<LedgerOptions> {
  return {
    checkpointKey: await createSigningKey(join(folder, "checkpoint-key.pem")),
    store: new CheckpointFile(join(folder, "checkpoint")),
    origin: ORIGIN,
  };
}

/** Ends a process as a loss of power would, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
