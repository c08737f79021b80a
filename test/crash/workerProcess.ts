/* A worker as a process of its own, for tests that kill or pause it. It tells each step to its parent, and waits at the step HOLD_AT (its first
   of that name, or its n-th of all) until it is told to go on; the log goes to the standard output. */
import { once } from "node:events";
import { pino } from "pino";
import type { AttestationsOptions } from "../../worker/attestations/attestations.ts";
import type { ChainOptions } from "../../worker/chain/chain.ts";
import { CheckpointFile } from "../../worker/checkpointStore.ts";
import { readSigningKey, type SigningKey } from "../../worker/keys.ts";
import { startWorker, type WorkerStep } from "../../worker/worker.ts";
import { PREFIX, STREAM } from "../worker/eventNames.ts";
import { type Attesting, CREDENTIAL_ISSUER, type Publishing } from "./launchWorker.ts";

const {
  WORKER_DATABASE_URL = "",
  SIGNING_KEY_FILE = "",
  CHECKPOINT_KEY_FILE = "",
  CHECKPOINT_STORE = "",
} = process.env;
const { LEDGER_ORIGIN = "", NATS_URL = "", BEACON_URLS = "", HOLD_AT = "", BATCH_SIZE, LEASE_SECONDS } = process.env;
const { ATTESTING = "", PUBLISHING = "" } = process.env;
const steps: WorkerStep[] = [];

/** Whether the step that was just reached is the one to wait at. */
function isHeld(step: WorkerStep): boolean {
  return HOLD_AT === step ? steps.indexOf(step) === steps.length - 1 : HOLD_AT === String(steps.length);
}

function tell(message: WorkerStep | { readonly signed: string }): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined); // The parent may leave meanwhile.
}

/** The key, each of whose signatures is told before anybody else can have it. */
function witnessed(key: SigningKey): SigningKey {
  const sign = key.sign.bind(key);
  key.sign = (message) => {
    tell({ signed: Buffer.from(message).toString("hex") });
    return sign(message);
  };
  return key;
}

async function attestations(): Promise<AttestationsOptions | undefined> {
  if (ATTESTING === "") return undefined;
  const { issuer, clientId, credentialKeyFile } = JSON.parse(ATTESTING) as Attesting;
  const issuers = [{ issuer, clientId }];
  if (credentialKeyFile === undefined) return { issuers };
  const key = witnessed(await readSigningKey(credentialKeyFile));
  return { issuers, credentials: { key, issuer: CREDENTIAL_ISSUER } };
}

/** Loaded only where a test publishes: it takes a while. */
async function chain(): Promise<ChainOptions | undefined> {
  if (PUBLISHING === "") return undefined;
  const { nodeUrl: url, timeoutMilliseconds, ...options } = JSON.parse(PUBLISHING) as Publishing;
  const [{ chainOptions }, { NodeBroadcaster }] = await Promise.all([
    import("../worker/chain/chainOptions.ts"),
    import("../../worker/chain/node.ts"),
  ]);
  return chainOptions(url, { ...options, broadcaster: new NodeBroadcaster({ url, timeoutMilliseconds }) });
}

const worker = await startWorker({
  databaseUrl: WORKER_DATABASE_URL,
  signingKey: await readSigningKey(SIGNING_KEY_FILE),
  ledger: {
    checkpointKey: await readSigningKey(CHECKPOINT_KEY_FILE),
    store: new CheckpointFile(CHECKPOINT_STORE),
    origin: LEDGER_ORIGIN,
  },
  events: NATS_URL === "" ? undefined : { natsUrls: [NATS_URL], prefix: PREFIX, stream: STREAM, replicas: 1 },
  beaconUrls: BEACON_URLS === "" ? [] : [BEACON_URLS],
  attestations: await attestations(),
  chain: await chain(),
  log: pino(),
  batchSize: Number(BATCH_SIZE),
  leaseSeconds: LEASE_SECONDS === "" ? undefined : Number(LEASE_SECONDS),
  async observe(step) {
    steps.push(step);
    const told = isHeld(step) ? once(process, "message") : undefined;
    tell(step);
    await told;
  },
});
await once(process, "disconnect");
await worker.stop();
