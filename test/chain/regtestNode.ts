/* A real node of a chain of its own, on a free port of the loopback address, which a test may mine on, kill, pause and start again. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { endWith } from "../nats.ts";

/** What the node answered instead of a result. */
export class NodeRpcError extends Error {
  override readonly name = "NodeRpcError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A coin that somebody may spend. */
export interface FundedCoin {
  readonly txid: string;
  readonly outputIndex: number;
  readonly satoshis: number;
}

/** A transaction as the node tells of it. */
export interface NodeTransaction {
  readonly txid: string;
  readonly hex: string;
  readonly confirmations: number;
  readonly blockhash: string | null;
  readonly vin: readonly { readonly txid?: string; readonly vout?: number }[];
  readonly vout: readonly {
    readonly value: number;
    readonly n: number;
    readonly scriptPubKey: { readonly hex: string };
  }[];
}

const SATOSHIS = 100_000_000;

/** A node in a process of its own. It mines only when it is told to, and its first blocks are there when it has started. */
export class RegtestNode {
  readonly folder: string;
  readonly #credentials = `press:${randomBytes(12).toString("hex")}`;
  #port = 0;
  #process: ChildProcess | undefined;
  /** How many transactions its mempool had before anybody could send it one. */
  #heldAtStart = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Nothing of it outlives the test's process. */
  static async start(): Promise<RegtestNode> {
    const node = new RegtestNode(await mkdtemp(join(tmpdir(), "golden-press-node-")));
    await node.start();
    return node;
  }

  /** With its user and password; the same after every start. */
  get url(): string {
    return `http://${this.#credentials}@127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it again: it has its chain, and an empty mempool. */
  async start(): Promise<void> {
    const script = join(import.meta.dirname, "regtestNodeProcess.ts");
    const args = ["--disable-warning=DEP0176", script, this.folder, String(this.#port), this.#credentials];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    endWith(child);
    this.#process = child;
    const exit = once(child, "exit").then(() => Promise.reject(new Error("The node has not started.")));
    exit.catch(() => undefined);
    const line = once(createInterface(child.stdout), "line") as Promise<[string]>;
    const [ready] = await Promise.race([line, exit]);
    this.#port = Number(/^ready on port (\d+),/.exec(ready)?.[1]); // Its own choice at its first start.
    this.#heldAtStart = Number(/, with (\d+) in its mempool$/.exec(ready)?.[1]);
  }

  /** Ends it as a loss of power would, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  /**
   * Kills it, and starts it with an empty mempool.
   *
   * @returns how many transactions are in it, before anybody who goes on can have sent one again
   */
  async restart(): Promise<number> {
    await this.kill();
    await this.start();
    return this.#heldAtStart;
  }

  /** Stops it with SIGSTOP: it takes connections and answers nothing. {@link resume} lets it go on. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.#end("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }

  /** @throws {NodeRpcError} */
  async rpc<Result = unknown>(method: string, ...params: unknown[]): Promise<Result> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Basic ${Buffer.from(this.#credentials).toString("base64")}`,
      },
      body: JSON.stringify({ jsonrpc: "1.0", id: "test", method, params }),
    });
    const { result, error } = (await response.json()) as { result: Result; error: NodeRpcError | null };
    if (error !== null) throw new NodeRpcError(error.code, error.message);
    return result;
  }

  /**
   * Mines what the mempool has.
   *
   * @returns the hashes of the blocks
   */
  mine(count = 1): Promise<string[]> {
    return this.rpc("generate", count);
  }

  /**
   * Mines one block with these transactions and nothing else, also such as the mempool has others instead of.
   *
   * @returns its hash
   */
  mineOnly(raws: readonly string[]): Promise<string> {
    return this.rpc("test_mineonly", raws);
  }

  /**
   * Takes the newest blocks away and puts a longer branch in their place, which has these transactions and nothing else. What was in the blocks
   * goes back into the mempool, unless it contradicts these.
   *
   * @returns the hash of the new tip
   */
  reorganize(depth: number, raws: readonly string[] = []): Promise<string> {
    return this.rpc("test_reorganize", depth, raws);
  }

  /** What a transaction has to pay at least; nothing unless it is set. */
  async setFee(satoshisPerKilobyte: number): Promise<void> {
    await this.rpc("test_setfee", satoshisPerKilobyte);
  }

  /** Makes coins for a script, of which all are mined unless told otherwise. */
  async fund(script: string, satoshis: number, count = 1, isMined = true): Promise<FundedCoin[]> {
    const raw = await this.rpc<string>("test_pay", script, satoshis, count);
    const txid = await this.rpc<string>("sendrawtransaction", raw);
    if (isMined) await this.mine();
    return Array.from({ length: count }, (_, outputIndex) => ({ txid, outputIndex, satoshis }));
  }

  /** A transaction that spends a coin to this node itself, made and signed by it with the key of the coin. It is not sent. */
  spendByHand(
    coin: { readonly txid: string; readonly outputIndex: number },
    privateKey: string,
    fee = 30,
  ): Promise<string> {
    return this.rpc("test_spend", coin.txid, coin.outputIndex, privateKey, fee);
  }

  send(raw: string): Promise<string> {
    return this.rpc("sendrawtransaction", raw);
  }

  /** Undefined when the node knows of no such transaction. */
  async transaction(txid: string): Promise<NodeTransaction | undefined> {
    try {
      return await this.rpc<NodeTransaction>("getrawtransaction", txid, true);
    } catch (error) {
      if ((error as NodeRpcError).code === -5) return undefined;
      throw error;
    }
  }

  mempool(): Promise<string[]> {
    return this.rpc("getrawmempool");
  }

  /** Every transaction of the chain but coinbases, in its order, then those of the mempool. */
  async transactions(): Promise<NodeTransaction[]> {
    const txids: string[] = [];
    const height = await this.rpc<number>("getblockcount");
    for (let index = 1; index <= height; index += 1) {
      const { tx } = await this.rpc<{ tx: string[] }>("getblockbyheight", index);
      txids.push(...tx.slice(1));
    }
    txids.push(...(await this.mempool()));
    const found = await Promise.all(txids.map((txid) => this.transaction(txid)));
    return found.filter((transaction) => transaction !== undefined);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGCONT");
    child.kill(signal);
    await exit;
  }
}

/** The satoshis of an amount as JSON-RPC tells it. */
export function toSatoshis(amount: number): number {
  return Math.round(amount * SATOSHIS);
}
