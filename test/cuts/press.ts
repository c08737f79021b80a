/* A press of real processes, a gateway and a worker, each of whose connections leads through a proxy of ours. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { freePort } from "../../db/freePort.ts";
import { createSigningKey } from "../../worker/keys.ts";
import { Client } from "../chain/client.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { kill, type Launched, launchWorker, makeLedgerIn } from "../crash/launchWorker.ts";
import { CLIENT_ID, IdentityProvider } from "../identityProvider.ts";
import { endWith, TestNats } from "../nats.ts";
import { missingRequirement } from "../requirements.ts";
import { until } from "../worker/support.ts";
import { OwnDatabase, whenThere } from "./ownDatabase.ts";
import { WireProxy } from "./proxy.ts";
import { jsonRpc, nats, postgres } from "./wire.ts";

/** From whom to whom: where a cut is made. */
export type Way = "gateway–database" | "worker–database" | "worker–node" | "worker–NATS";

const SECRET = "the secret of a gateway that is cut off";
/** How long a transaction and an attempt are claimed, and the node is waited for: a press has minutes, and there is nobody to wait for them here. */
const CLAIM_SECONDS = 2;
const NODE_MILLISECONDS = 1_000;
/** How long a client waits before it asks again. */
const PATIENCE_MILLISECONDS = 5_000;

/** Of what a process has said last, as much is shown. */
const LOG_LENGTH = 3_000;

/** What the gateway has answered. */
export interface GatewayAnswer {
  readonly data: unknown;
  readonly errors: readonly {
    readonly message: string;
    readonly extensions: { readonly code?: string; readonly retryable?: boolean };
  }[];
}

export class CutPress {
  readonly database: OwnDatabase;
  readonly node: RegtestNode;
  readonly provider: IdentityProvider;
  /** Undefined where there is no nats-server. */
  readonly nats: TestNats | undefined;
  readonly proxies: ReadonlyMap<Way, WireProxy>;
  /** Whose records are published. */
  readonly client = new Client();
  readonly #folder: string;
  readonly #gatewayPort: number;
  readonly #fallen = Promise.withResolvers<never>();
  /** Those that a test has killed. */
  readonly #killed = new WeakSet<ChildProcess>();
  #gateway: ChildProcess | undefined;
  #gatewayLog = "";
  #worker: Launched | undefined;

  private constructor(parts: {
    database: OwnDatabase;
    node: RegtestNode;
    provider: IdentityProvider;
    nats: TestNats | undefined;
    proxies: ReadonlyMap<Way, WireProxy>;
    folder: string;
    gatewayPort: number;
  }) {
    this.database = parts.database;
    this.node = parts.node;
    this.provider = parts.provider;
    this.nats = parts.nats;
    this.proxies = parts.proxies;
    this.#fallen.promise.catch(() => undefined); // Who waits for it hears of it.
    this.#folder = parts.folder;
    this.#gatewayPort = parts.gatewayPort;
  }

  static async start(): Promise<CutPress> {
    const [database, node, provider, stream, folder, gatewayPort] = await Promise.all([
      OwnDatabase.start(),
      RegtestNode.start(),
      IdentityProvider.start(),
      missingRequirement("nats-server") === undefined ? TestNats.start() : undefined,
      mkdtemp(join(tmpdir(), "golden-press-cuts-")),
      freePort(),
    ]);
    // On another port, if somebody has its own when it is started again.
    const databaseUrl = () => new URL(database.url("superuser"));
    const proxies = new Map<Way, WireProxy>([
      ["gateway–database", await WireProxy.start(databaseUrl, postgres)],
      ["worker–database", await WireProxy.start(databaseUrl, postgres)],
      ["worker–node", await WireProxy.start(new URL(node.url), jsonRpc)],
    ]);
    if (stream !== undefined) proxies.set("worker–NATS", await WireProxy.start(new URL(stream.url), nats));
    for (const file of ["signing-key.pem", "credential-key.pem"]) await createSigningKey(join(folder, file));
    await makeLedgerIn(folder);
    const press = new CutPress({ database, node, provider, nats: stream, proxies, folder, gatewayPort });
    await Promise.all([press.startWorker(), press.startGateway()]);
    await until(async () => {
      const [row] = await database.ask<{ name: string | null }>(
        "owner",
        "select press_private.ledger_origin() as name",
      );
      return row?.name != null;
    });
    await press.client.register(database.pool("operator"), "alice");
    await database.ask("operator", "select press.set_rules(checks_per_hour => 1000000)");
    return press;
  }

  proxy(way: Way): WireProxy {
    const proxy = this.proxies.get(way);
    if (proxy === undefined) throw new Error(`There is no way ${way} without a nats-server.`);
    return proxy;
  }

  /** Kills the process of ours that goes this way. */
  async killProcess(way: Way): Promise<void> {
    const child = way === "gateway–database" ? this.#gateway : this.#worker?.child;
    if (child !== undefined) await this.#kill(child);
  }

  /** Starts the process that was killed, and returns when it is at work. */
  async startProcess(way: Way): Promise<void> {
    if (way === "gateway–database") await this.startGateway();
    else await this.startWorker();
  }

  /** As `npm run gateway` does, in a process of its own. */
  async startGateway(): Promise<void> {
    const gateway = spawn(process.execPath, [join(import.meta.dirname, "../../press.ts"), "gateway"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...process.env,
        GATEWAY_DATABASE_URL: this.proxy("gateway–database").through(this.database.url("press_gateway")),
        PORT: String(this.#gatewayPort),
        JWT_SECRET: SECRET,
        LOG_LEVEL: "error",
      },
    });
    endWith(gateway);
    this.#gateway = gateway;
    gateway.stdout.on("data", (chunk: Buffer) => {
      this.#gatewayLog = `${this.#gatewayLog}${chunk}`.slice(-LOG_LENGTH);
    });
    this.#watch("gateway", gateway, () => this.#gatewayLog);
    const isAlive = () =>
      fetch(`${this.#gatewayUrl}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await Promise.race([until(isAlive), this.fallen]);
  }

  async startWorker(): Promise<void> {
    const stream = this.proxies.get("worker–NATS");
    const credentialKeyFile = join(this.#folder, "credential-key.pem");
    const worker = launchWorker({
      folder: this.#folder,
      databaseUrl: this.proxy("worker–database").through(this.database.url("press_worker")),
      signingKeyFile: join(this.#folder, "signing-key.pem"),
      batchSize: 250,
      attesting: { issuer: this.provider.issuer, clientId: CLIENT_ID, credentialKeyFile },
      publishing: {
        nodeUrl: this.proxy("worker–node").through(this.node.url),
        reserveSeconds: CLAIM_SECONDS,
        attemptSeconds: CLAIM_SECONDS,
        batchSize: 50,
        timeoutMilliseconds: NODE_MILLISECONDS,
      },
      ...(stream === undefined || this.nats === undefined ? null : { natsUrl: stream.through(this.nats.url) }),
    });
    this.#worker = worker;
    this.#watch("worker", worker.child, () => worker.output);
    await Promise.race([until(() => worker.output.includes("The worker signs.")), this.fallen]);
  }

  /** Fails when a process ends by itself. */
  get fallen(): Promise<never> {
    return this.#fallen.promise;
  }

  /** What the gateway has said last, and the worker. */
  get log(): string {
    return `${this.#gatewayLog}\n${this.#worker?.output.slice(-LOG_LENGTH) ?? ""}`;
  }

  /** One request; undefined: nothing was answered, or nothing within a client's patience. */
  async request(
    subject: string,
    query: string,
    variables: object,
    role?: "operator",
  ): Promise<GatewayAnswer | undefined> {
    try {
      const response = await fetch(`${this.#gatewayUrl}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await makeToken(subject, role)}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      });
      const { data, errors = [] } = (await response.json()) as GatewayAnswer;
      return { data, errors };
    } catch (error) {
      if (error instanceof TypeError || (error as Error).name === "TimeoutError") return undefined;
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const proxy of this.proxies.values()) proxy.heal();
    for (const child of [this.#gateway, this.#worker?.child]) if (child !== undefined) await this.#kill(child);
    await Promise.all([...this.proxies.values()].map((proxy) => proxy.stop()));
    await Promise.all([
      this.nats?.stop(),
      this.node.stop(),
      this.provider.close(),
      whenThere(() => this.database.drop()),
    ]);
    await rm(this.#folder, { recursive: true });
  }

  #watch(name: string, child: ChildProcess, said: () => string): void {
    child.once("exit", (code) => {
      if (this.#killed.has(child)) return;
      this.#fallen.reject(new Error(`The ${name} has ended by itself (${code}). ${said().slice(-LOG_LENGTH)}`));
    });
  }

  #kill(child: ChildProcess): Promise<void> {
    this.#killed.add(child);
    return kill(child);
  }

  get #gatewayUrl(): string {
    return `http://127.0.0.1:${this.#gatewayPort}`;
  }
}

function makeToken(subject: string, role?: "operator"): Promise<string> {
  return new SignJWT({ sub: subject, aud: "golden-press", ...(role === undefined ? null : { role }) })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(Buffer.from(SECRET));
}
