import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect as connectTo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type ConnectionOptions, connect, type NatsConnection } from "@nats-io/transport-node";
import { SignJWT } from "jose";
import { until } from "../worker/support.ts";

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");

/** The services that run until they are stopped. */
export const SERVICES = ["postgres", "nats", "gateway", "worker"] as const;
export type Service = (typeof SERVICES)[number];

/** What `docker inspect` says of a container, as far as the tests look. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly State: {
    readonly Pid: number;
    readonly Status: string;
    readonly StartedAt: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[];
    readonly SecurityOpt: readonly string[];
  };
}

interface GraphqlAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** A press as docker-compose.yml describes it, in a project of its own. */
export class ComposePress {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string) {
    const name = `golden-press-test-${randomBytes(4).toString("hex")}`;
    this.#folder = folder;
    this.#env = {
      ...process.env,
      COMPOSE_PROJECT_NAME: name,
      GOLDEN_PRESS_IMAGE: name,
      GOLDEN_PRESS_SECRETS: join(folder, "secrets"),
      GOLDEN_PRESS_ADDRESS: "127.0.0.1:0",
      GOLDEN_PRESS_NATS_ADDRESS: "127.0.0.1:0",
      GRAPHIQL: "on",
      PUBLIC_URL: "https://press.example",
      REPOSITORY_API_URL: "http://127.0.0.1:9", // Nothing answers there.
      WALLET_KEY_FILE: "/run/secrets/wallet-key",
      CHAIN_NODE_URL_FILE: "/run/secrets/chain-node-url",
      CHAIN_NETWORK: "regtest",
      POSTGRES_IMAGE: process.env.TEST_PG_IMAGE,
      NODE_IMAGE: process.env.TEST_NODE_IMAGE,
      NATS_IMAGE: process.env.TEST_NATS_IMAGE,
    };
  }

  static async make(): Promise<ComposePress> {
    return new ComposePress(await mkdtemp(join(tmpdir(), "golden-press-compose-")));
  }

  /** Runs a command of Docker Compose, and answers with what it printed. */
  async compose(...args: string[]): Promise<string> {
    const { stdout } = await execute("docker", ["compose", "--env-file", "/dev/null", "--progress", "quiet", ...args], {
      cwd: ROOT,
      env: this.#env,
    });
    return stdout;
  }

  /** Starts what does not run, and waits until every service is healthy. */
  async up(): Promise<void> {
    await this.compose("up", "--detach");
    for (const service of SERVICES) await this.untilHealthy(service);
  }

  async container(service: string): Promise<Container> {
    const id = (await this.compose("ps", "--all", "--quiet", service)).trim();
    const { stdout } = await execute("docker", ["inspect", id], { env: this.#env });
    const [container] = JSON.parse(stdout) as [Container];
    return container;
  }

  /**
   * Waits until a service is healthy; after a crash, in another life than that which began at `not`.
   *
   * @throws when Docker gives it up, with the end of its log
   */
  async untilHealthy(service: Service, not?: string): Promise<void> {
    await until(async () => {
      const { StartedAt, Health } = (await this.container(service)).State;
      if (StartedAt === not) return false;
      if (Health?.Status === "unhealthy") throw new Error(await this.compose("logs", "--tail", "3", service));
      return Health?.Status === "healthy";
    });
  }

  /** Kills a service from outside, as the kernel would that has no memory left: Docker was not asked, and starts it again. */
  async crash(service: Service): Promise<void> {
    const { Id, State } = await this.container(service);
    const control = await readFile(`/proc/${State.Pid}/cgroup`, "utf8");
    if (!control.includes(Id))
      throw new Error(`Process ${State.Pid} is none of the container's: Docker runs elsewhere.`);
    process.kill(State.Pid, "SIGKILL");
    await this.untilHealthy(service, State.StartedAt);
  }

  secret(name: string): Promise<string> {
    return readFile(join(this.#folder, "secrets", name), "utf8");
  }

  /** Puts another text into a file that is there already, whose owner it keeps. */
  writeSecret(name: string, text: string): Promise<void> {
    return writeFile(join(this.#folder, "secrets", name), text);
  }

  /**
   * Lets containers reach a port of this machine's loopback address, until the process ends.
   *
   * @returns under which address and port they do
   */
  async open(port: number): Promise<string> {
    const format = "{{(index .IPAM.Config 0).Gateway}}";
    const { stdout } = await execute("docker", ["network", "inspect", "bridge", "--format", format], {
      env: this.#env,
    });
    const server = createServer((socket) => {
      const onward = connectTo(port, "127.0.0.1");
      for (const [from, to] of [
        [socket, onward],
        [onward, socket],
      ] as const)
        from.on("error", () => to.destroy()).pipe(to);
    });
    server.unref().listen(0, stdout.trim());
    await once(server, "listening");
    const { address, port: opened } = server.address() as AddressInfo;
    return `${address}:${opened}`;
  }

  /** Where the gateway is; Docker may give it another port whenever it starts. */
  async url(path: string): Promise<string> {
    return `http://${(await this.compose("port", "gateway", "5678")).trim()}${path}`;
  }

  /** What the gateway answers to a GET. */
  async read(path: string): Promise<string> {
    return (await fetch(await this.url(path))).text();
  }

  /** A connection to NATS from outside, as the user that takes events. */
  async nats(options: ConnectionOptions = {}): Promise<NatsConnection> {
    const servers = (await this.compose("port", "nats", "4222")).trim();
    return connect({
      servers,
      user: "consumer",
      pass: (await this.secret("nats-consumer-password")).trim(),
      ...options,
    });
  }

  /** The events that are in the stream, in its order. */
  async events(): Promise<string[]> {
    const connection = await this.nats();
    try {
      const { state } = await (await jetstreamManager(connection)).streams.info("GOLDEN_PRESS");
      const events: string[] = [];
      if (state.messages === 0) return events;
      const consumer = await jetstream(connection).consumers.get("GOLDEN_PRESS");
      for await (const message of await consumer.fetch({ max_messages: state.messages })) events.push(message.string());
      return events;
    } finally {
      await connection.close();
    }
  }

  /** Takes the volume of NATS away, and starts it anew. */
  async wipeNats(): Promise<void> {
    await this.compose("rm", "--stop", "--force", "nats");
    await execute("docker", ["volume", "rm", `${this.#env.COMPOSE_PROJECT_NAME}_nats-data`], { env: this.#env });
    await this.up();
  }

  /** A token as an issuer would make it that shares the secret. */
  async token(subject: string, role = "holder"): Promise<string> {
    return new SignJWT({ sub: subject, aud: "golden-press", role })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1h")
      .sign(Buffer.from((await this.secret("jwt-secret")).trim()));
  }

  async graphql<Data>(token: string, query: string): Promise<GraphqlAnswer<Data>> {
    const answer = await fetch(await this.url("/graphql"), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    });
    return (await answer.json()) as GraphqlAnswer<Data>;
  }

  /** Ends the project with everything that it made. */
  async remove(): Promise<void> {
    await this.compose("--profile", "tools", "down", "--volumes", "--timeout", "5");
    await execute("docker", ["image", "rm", this.#env.GOLDEN_PRESS_IMAGE ?? ""], { env: this.#env });
    await rm(this.#folder, { recursive: true });
  }
}
