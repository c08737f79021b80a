/* A whole press of its own, of real processes on this machine: PostgreSQL as durable as in production, two gateways, two workers, a nats-server where
   there is one, a node of a chain of its own, a provider of identities and a beacon. Between them are links that faults can cut. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import pg from "pg";
import { commandOf, type EmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { freePort } from "../../db/freePort.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { cleanUpAfterDeath } from "../../db/throwaway.ts";
import { EMBEDDED_DATABASE, urlAs } from "../../start/home.ts";
import { formatVkey } from "../../verifier/index.ts";
import { createSigningKey } from "../../worker/keys.ts";
import { type BeaconServer, startBeacon } from "../beacon.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { openPool, type TestDatabase } from "../database.ts";
import { CLIENT_ID, IdentityProvider } from "../identityProvider.ts";
import { TestNats } from "../nats.ts";
import { natsServerPath } from "../requirements.ts";
import { WALLET_KEY } from "../worker/chain/chainOptions.ts";
import { PressProcess } from "./pressProcess.ts";
import { WeakLink } from "./weakLink.ts";

export const ORIGIN = "endurance.golden-press.local/ledger";
/** Where credentials say that the press is. */
export const PUBLIC_URL = "https://endurance.golden-press.local";
export const EVENT_STREAM = "ENDURANCE";
const LOGINS = ["press_gateway", "press_worker", "press_auditor", "operator"] as const;
/** Records are gathered for so long: short, so that what they wait for is not that. */
const PUBLISH_WINDOW_SECONDS = 1;

/** The keys that workers sign with. */
export type KeyKind = "signing" | "checkpoint" | "credential";

/** A key that workers had, or have. */
export interface PressKey {
  readonly kind: KeyKind;
  readonly keyId: string;
  readonly publicKey: string;
}

export class EndurancePress {
  /** Everything of the press is in it. */
  readonly folder: string;
  /** What tokens are made with. */
  readonly secret = randomBytes(32).toString("hex");
  readonly gateways: PressProcess[] = [];
  readonly workers: PressProcess[] = [];
  /** From each process to what it needs, and from the clients to the gateways. */
  readonly links: WeakLink[] = [];
  /** In their order, the newest of each kind last. */
  readonly keys: PressKey[] = [];
  readonly node: RegtestNode;
  readonly nats: TestNats | undefined;
  readonly beacon: BeaconServer;
  readonly provider: IdentityProvider;
  /** For the tests' tools: straight to the server, past every link. */
  readonly database: TestDatabase;
  #server: EmbeddedServer;
  readonly #password = randomBytes(16).toString("hex");
  readonly #keyFiles = new Map<KeyKind, string>();
  readonly #gatewayPorts: number[] = [];
  readonly #pools = new Map<string, pg.Pool>();

  private constructor(
    folder: string,
    server: EmbeddedServer,
    others: Pick<EndurancePress, "node" | "nats" | "beacon" | "provider">,
  ) {
    this.folder = folder;
    this.#server = server;
    this.node = others.node;
    this.nats = others.nats;
    this.beacon = others.beacon;
    this.provider = others.provider;
    this.database = {
      name: EMBEDDED_DATABASE,
      operatorLogin: "operator",
      url: (as) => this.#url(as),
      pool: (as, max = 4) => this.#pool(as, max),
      drop: async () => undefined,
    };
  }

  static async start(): Promise<EndurancePress> {
    const folder = await mkdtemp(join(tmpdir(), "golden-press-endurance-"));
    await chmod(folder, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
    const home = join(folder, "database");
    for (const name of ["database", "logs"]) await mkdir(join(folder, name), { mode: 0o755 });
    await mkdir(join(folder, "secrets"), { mode: 0o700 });
    cleanUpAfterDeath(home);
    const [server, node, nats, beacon, provider] = await Promise.all([
      startEmbeddedServer({ home, log: () => undefined }),
      RegtestNode.start(),
      natsServerPath() === undefined ? undefined : TestNats.start(),
      startBeacon(),
      IdentityProvider.start(),
    ]);
    const press = new EndurancePress(folder, server, { node, nats, beacon, provider });
    await press.#install();
    await press.#startProcesses();
    return press;
  }

  /** Where clients reach a gateway, through a link. */
  gatewayUrl(index: number): string {
    return `http://127.0.0.1:${this.link(`clients → gateway ${index + 1}`).port}`;
  }

  /** Where those reach it who must be able to look at any time. */
  directGatewayUrl(index: number): string {
    return `http://127.0.0.1:${this.#gatewayPorts[index]}`;
  }

  /** Where callers of the SQL functions log in, through a link, as `operator`. */
  get sqlUrl(): string {
    return through(this.link("callers of SQL → database"), this.#url("operator"));
  }

  link(name: string): WeakLink {
    const link = this.links.find((candidate) => candidate.name === name);
    if (link === undefined) throw new Error(`There is no link ${name}.`);
    return link;
  }

  get processes(): readonly PressProcess[] {
    return [...this.gateways, ...this.workers];
  }

  get logFolder(): string {
    return join(this.folder, "logs");
  }

  /** The process of PostgreSQL that all others come from. */
  async postmaster(): Promise<number> {
    return Number(
      (await readFile(join(this.folder, "database", "postgres", "postmaster.pid"), "utf8")).split("\n", 1)[0],
    );
  }

  /** Ends PostgreSQL as a loss of power would. */
  async killDatabase(): Promise<void> {
    const pid = await this.postmaster();
    process.kill(pid, "SIGKILL");
    while ((await commandOf(pid)) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Starts it again. The connections that are there are those of the tools, which open new ones by themselves. */
  async startDatabase(): Promise<void> {
    this.#server = await startEmbeddedServer({ home: join(this.folder, "database"), log: () => undefined });
  }

  /** How many events NATS has, by its own account; undefined where there is none. */
  async streamSize(): Promise<number | undefined> {
    if (this.nats === undefined) return undefined;
    const connection = await this.nats.connect({ reconnect: false });
    try {
      const { streams } = await jetstreamManager(connection);
      return (await streams.info(EVENT_STREAM)).state.last_seq;
    } finally {
      await connection.close();
    }
  }

  /** Makes another key; workers have it from their next start. */
  async makeKey(kind: KeyKind): Promise<PressKey> {
    const file = join(this.folder, "secrets", `${kind}-${this.keys.length}.pem`);
    const { keyId, publicKey } = await createSigningKey(file);
    const key = { kind, keyId, publicKey };
    this.#keyFiles.set(kind, file);
    this.keys.push(key);
    return key;
  }

  /** The verifier keys of the ledger, in their order. */
  get vkeys(): string[] {
    return this.keys
      .filter(({ kind }) => kind === "checkpoint")
      .map(({ publicKey }) => formatVkey(ORIGIN, Buffer.from(publicKey, "hex")));
  }

  /** The environment in which a person runs a command of the press. */
  get commandEnv(): NodeJS.ProcessEnv {
    return {
      ...this.#commonEnv(),
      DATABASE_URL: this.#url("operator"),
      CHECKPOINT_STORE: this.#storeOf(1),
    };
  }

  async stop(): Promise<void> {
    for (const link of this.links) link.heal();
    await Promise.all(this.processes.map((part) => part.close()));
    for (const link of this.links) link.close();
    for (const pool of this.#pools.values()) await pool.end();
    await Promise.all([this.nats?.stop(), this.node.stop(), this.beacon.close(), this.provider.close()]);
    await this.#server.stop();
  }

  /** Removes its folder, with the logs. */
  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  async #install(): Promise<void> {
    await createDatabaseIfMissing(this.#server.superuserUrl("postgres"), EMBEDDED_DATABASE);
    await installDatabase({ url: this.#url("superuser"), own: true, includeCurrent: true });
    const client = new pg.Client({ connectionString: this.#url("superuser") });
    await client.connect();
    try {
      await client.query("create role operator login in role press_operator");
      for (const login of LOGINS) await setLoginPassword(client, login, this.#password);
    } finally {
      await client.end();
    }
    await this.beacon.addTo(this.database);
  }

  async #startProcesses(): Promise<void> {
    for (const kind of ["signing", "checkpoint", "credential"] as const) await this.makeKey(kind);
    const database = () => this.#server.port;
    const open = async (name: string, to: () => number) => {
      const link = await WeakLink.open(name, to);
      this.links.push(link);
      return link;
    };
    await open("callers of SQL → database", database);
    for (const number of [1, 2]) {
      const toDatabase = await open(`worker ${number} → database`, database);
      const toNode = await open(`worker ${number} → node`, () => this.node.port);
      const { nats } = this;
      const toNats = nats && (await open(`worker ${number} → NATS`, () => nats.port));
      this.workers.push(
        await PressProcess.create({
          name: `worker-${number}`,
          // A second worker has a store of its own, which knows nothing at first.
          command: () => ["worker", ...(existsSync(this.#storeOf(number)) ? [] : ["--adopt"])],
          logFolder: this.logFolder,
          env: () => this.#workerEnv(number, { toDatabase, toNode, toNats }),
        }),
      );
    }
    for (const number of [1, 2]) {
      const port = await freePort();
      this.#gatewayPorts.push(port);
      const toDatabase = await open(`gateway ${number} → database`, database);
      await open(`clients → gateway ${number}`, () => port);
      this.gateways.push(
        await PressProcess.create({
          name: `gateway-${number}`,
          command: () => ["gateway"],
          logFolder: this.logFolder,
          env: () => this.#gatewayEnv(port, toDatabase),
        }),
      );
    }
    // The first of each compiles what the second finds compiled, and the first worker gives the ledger its name.
    for (const index of [0, 1]) {
      const pair = [this.workers[index], this.gateways[index]].filter((part) => part !== undefined);
      for (const part of pair) part.start();
      await Promise.all(pair.map((part) => part.untilReady()));
    }
  }

  #workerEnv(
    number: number,
    { toDatabase, toNode, toNats }: { toDatabase: WeakLink; toNode: WeakLink; toNats: WeakLink | undefined },
  ): NodeJS.ProcessEnv {
    return {
      ...this.#commonEnv(),
      WORKER_DATABASE_URL: through(toDatabase, this.#url("press_worker")),
      SIGNING_KEY_FILE: this.#keyFiles.get("signing"),
      CHECKPOINT_KEY_FILE: this.#keyFiles.get("checkpoint"),
      CREDENTIAL_KEY_FILE: this.#keyFiles.get("credential"),
      CHECKPOINT_STORE: this.#storeOf(number),
      CHAIN_NODE_URL: through(toNode, this.node.url),
      WALLET_KEY,
      CHAIN_NETWORK: "regtest",
      PUBLISH_WINDOW_SECONDS: String(PUBLISH_WINDOW_SECONDS),
      UTXO_POOL_TARGET: "40",
      ANCHOR_INTERVAL_SECONDS: "20",
      ...(toNats && { NATS_URL: `nats://127.0.0.1:${toNats.port}`, EVENT_STREAM }),
      BEACON_URLS: this.beacon.url,
      ATTESTATION_ISSUERS: `${this.provider.issuer}=${CLIENT_ID}`,
    };
  }

  #gatewayEnv(port: number, toDatabase: WeakLink): NodeJS.ProcessEnv {
    return {
      ...this.#commonEnv(),
      GATEWAY_DATABASE_URL: through(toDatabase, this.#url("press_gateway")),
      PORT: String(port),
      JWT_SECRET: this.secret,
      ATTESTATION_ISSUERS: `${this.provider.issuer}=${CLIENT_ID}`,
    };
  }

  /** Nothing of what this process finds in its own, so that it touches no other press. */
  #commonEnv(): NodeJS.ProcessEnv {
    const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env;
    const machine = Object.entries({ PATH, HOME, TMPDIR, NODE_COMPILE_CACHE }).filter(([, text]) => text !== undefined);
    return {
      ...Object.fromEntries(machine),
      GRAPHILE_ENV: "production",
      LEDGER_ORIGIN: ORIGIN,
      PUBLIC_URL,
      LOG_LEVEL: "info",
    };
  }

  #storeOf(worker: number): string {
    return join(this.folder, "secrets", `checkpoint-${worker}`);
  }

  #url(as: Parameters<TestDatabase["url"]>[0]): string {
    const url = this.#server.superuserUrl(EMBEDDED_DATABASE);
    if (as === "superuser") return url;
    if (as !== "owner") return urlAs(url, as, this.#password);
    const owner = new URL(url);
    owner.searchParams.set("options", "-c role=press_owner");
    return owner.href;
  }

  #pool(as: Parameters<TestDatabase["url"]>[0], max: number): pg.Pool {
    const pool = this.#pools.get(as) ?? openPool(this.#url(as), max);
    this.#pools.set(as, pool);
    return pool;
  }
}

function through(link: WeakLink, url: string): string {
  const changed = new URL(url);
  changed.port = String(link.port);
  return changed.href;
}
