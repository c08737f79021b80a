/* A node that lies, stalls, answers twice and dies: a proxy in front of a real one's JSON-RPC, which does one of nine things, by chance, to each
   request that sends transactions. Of blocks it lists the transactions in another order. Everything else it passes on. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseTransaction } from "../../worker/chain/transaction.ts";
import { random } from "../random.ts";
import type { RegtestNode } from "./regtestNode.ts";

/** What a broadcaster may do with a transaction. */
export const OUTCOMES = [
  /** The node takes it; nothing is answered. */
  "acceptedAndSilent",
  /** The node takes it; the connection breaks. */
  "acceptedAndReset",
  /** Somebody with the key spends a coin of it first. */
  "conflict",
  /** The node does not get it, and its parents are said to be unknown. */
  "missingInputs",
  /** An error of the server, before or after the node took it. */
  "serverError",
  /** The node gets it when nobody waits for the answer any more. */
  "slow",
  /** It is mined, and then the block is left. */
  "reorganization",
  /** The node gets it twice, and the second answer is given. */
  "duplicate",
  /** It is said to be taken and is not, or to be refused and is taken. */
  "lie",
] as const;

export type HostileOutcome = (typeof OUTCOMES)[number];

export interface HostileOptions {
  /** With which double spends are made by hand. */
  readonly privateKey: string;
  /** How long those who ask wait for an answer. */
  readonly timeoutMilliseconds: number;
}

interface RpcCall {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

interface RpcAnswer {
  readonly id: unknown;
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
}

const MISSING = { code: -25, message: "Missing inputs" };
const REFUSED = { code: -26, message: "64: dust" };

export class HostileBroadcaster {
  readonly #node: RegtestNode;
  readonly #options: HostileOptions;
  readonly #server: Server;
  /** How often each thing was done. */
  readonly counts = new Map<HostileOutcome | "honest", number>();
  /** What is done next, before chance decides again. */
  readonly next: (HostileOutcome | "honest")[] = [];
  /** Ends all of it: from then on everything is passed on. */
  isHonest = false;

  private constructor(node: RegtestNode, options: HostileOptions) {
    this.#node = node;
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(node: RegtestNode, options: HostileOptions): Promise<HostileBroadcaster> {
    const hostile = new HostileBroadcaster(node, options);
    await new Promise<void>((resolve) => hostile.#server.listen(0, "127.0.0.1", resolve));
    return hostile;
  }

  /** Instead of the node's. */
  get url(): string {
    const url = new URL(this.#node.url);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** In which transactions were sent. */
  get requestsCount(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const calls = JSON.parse(await readBody(request)) as RpcCall[];
    const raws = calls.filter(({ method }) => method === "sendrawtransaction").map(({ params }) => String(params[0]));
    const isOfBlock = !this.isHonest && calls.some(({ method }) => method === "getblock");
    if (isOfBlock) return void response.end(JSON.stringify((await this.#pass(calls)).map(inAnotherOrder)));
    const outcome = raws.length === 0 || this.isHonest ? "honest" : (this.next.shift() ?? random.pick(OUTCOMES));
    if (raws.length > 0) this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
    const answers = await this.#do(outcome, calls, raws, response);
    if (answers !== undefined) response.end(JSON.stringify(answers));
  }

  /** @returns what is answered; undefined when nothing is, or was already */
  async #do(
    outcome: HostileOutcome | "honest",
    calls: readonly RpcCall[],
    raws: readonly string[],
    response: ServerResponse,
  ): Promise<unknown> {
    switch (outcome) {
      case "acceptedAndSilent":
        await this.#pass(calls);
        return undefined;
      case "acceptedAndReset":
        await this.#pass(calls);
        response.destroy();
        return undefined;
      case "conflict":
        for (const raw of raws) await this.#spendFirst(raw);
        return this.#pass(calls);
      case "missingInputs":
        return calls.map(({ id }) => ({ id, result: null, error: MISSING }));
      case "serverError":
        if (random.integer(2) === 0) await this.#pass(calls);
        response.writeHead(503).end("Service Unavailable");
        return undefined;
      case "slow":
        await sleep(this.#options.timeoutMilliseconds * 2);
        return this.#pass(calls);
      case "reorganization": {
        const answers = await this.#pass(calls);
        await this.#node.mine();
        await this.#node.reorganize(1);
        return answers;
      }
      case "duplicate":
        await this.#pass(calls);
        return this.#pass(calls);
      case "lie":
        if (random.integer(2) === 0) {
          return calls.map(({ id }, index) => ({ id, result: parseTransaction(raws[index] ?? "").txid, error: null }));
        }
        await this.#pass(calls);
        return calls.map(({ id }) => ({ id, result: null, error: REFUSED }));
      default:
        return this.#pass(calls);
    }
  }

  async #pass(calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    const { username, password, origin } = new URL(this.#node.url);
    const response = await fetch(origin, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
      body: JSON.stringify(calls),
    });
    return (await response.json()) as RpcAnswer[];
  }

  /** What cannot be spent by hand, because it is spent already, is left alone. */
  async #spendFirst(raw: string): Promise<void> {
    const [coin] = parseTransaction(raw).inputs;
    if (coin === undefined) return;
    const other = await this.#node.spendByHand(coin, this.#options.privateKey, 31).catch(() => undefined);
    if (other !== undefined) await this.#node.send(other).catch(() => undefined);
  }
}

/** Of a block whose transactions are told: these turned round. */
function inAnotherOrder(answer: RpcAnswer): RpcAnswer {
  const { tx: txids } = (answer.result ?? {}) as { tx?: readonly string[] };
  return txids === undefined ? answer : { ...answer, result: { ...(answer.result as object), tx: txids.toReversed() } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
